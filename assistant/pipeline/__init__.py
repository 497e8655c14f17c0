"""A chat turn. Read turn.py first; every other file is one stage of it, or what carries it."""
