"""Titles before a name: Mr, Dr., Encik, Ibu and their like in the languages of the region and of Europe."""

from __future__ import annotations

import re

from presidio_analyzer import Pattern, PatternRecognizer

EXAMPLES: tuple[tuple[str, list[tuple[str, str]]], ...] = (
    ("Ask Mrs. Labrie or Encik Azman.", [("Mrs.", "TITLE"), ("Encik", "TITLE")]),
    ("this is dr. wells", [("dr.", "TITLE")]),
    ("Do not miss the deadline, Mr and Mrs are titles.", []),
)


class TitleRecognizer(PatternRecognizer):
    """Score 0.6."""

    def __init__(self) -> None:
        dotted = Pattern("title with a stop", r"(?i:(?<!\w)(?:mr|mrs|ms|dr|prof|mme|hr|fr)\.)(?=\s+\w)", 0.6)
        words = (
            r"Mr|Mrs|Ms|Miss|Mdm|Dr|Prof|Professor|Puan|Encik|Cik|Datuk|Dato|Bapak|Ibu|Khun|Herr|Frau|Monsieur|Madame"
        )
        plain = Pattern("title", rf"(?<!\w)(?:{words})(?=\s+[^\W\d_a-z])", 0.6)
        super().__init__("TITLE", name="TitleRecognizer", patterns=[dotted, plain], global_regex_flags=re.MULTILINE)
