"""Presidio recognizers that need code, one file each: a public class and ``EXAMPLES``, which is its test.

A row of ``EXAMPLES`` is ``(text, [(matched text, entity), ...])``; an empty list is a negative. A new file is found
by ``engine.py`` and replaces Presidio's own recognizer for the same entity.
"""
