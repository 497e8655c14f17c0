"""Measures of quality, one file per area; each runs the shipped pipeline's own stage over a file of cases."""
