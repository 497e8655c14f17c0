"""Measures of speed and memory, one file per bench; each has the plain alternative in the same run."""
