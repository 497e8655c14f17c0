"""Tools that an agent may call, one file each."""
