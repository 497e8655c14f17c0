"""What answers: chat model factories, one file per kind of tier."""
