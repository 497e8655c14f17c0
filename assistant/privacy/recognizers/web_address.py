"""Web addresses: with a scheme, or beginning with "www.".

Presidio's own recognizer tries every known suffix at every letter, which takes longer than all others together and
grows with the square of a long word; it also takes "e.g.Is" for an address. Bare host names are not found here.
"""

from __future__ import annotations

from presidio_analyzer import Pattern, PatternRecognizer

EXAMPLES: tuple[tuple[str, list[tuple[str, str]]], ...] = (
    ("See https://portal.harbourline.example/leave?y=1 now", [("https://portal.harbourline.example/leave?y=1", "URL")]),
    ("See www.harbourline.example.", [("www.harbourline.example", "URL")]),
    ("Read the policy.It is short, e.g. section 4.2.1 of handbook.pdf", []),
)


class WebAddressRecognizer(PatternRecognizer):
    """Score 0.6."""

    def __init__(self) -> None:
        pattern = Pattern("address", r"\b(?:(?:https?|ftp)://|www\.)[^\s<>\"'()\[\]]*[^\s<>\"'()\[\].,;:!?]", 0.6)
        super().__init__("URL", name="WebAddressRecognizer", patterns=[pattern])
