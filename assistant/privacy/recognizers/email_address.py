"""E-mail addresses, internal ones too.

Presidio's own recognizer drops every address whose last label is not on the public suffix list, and so misses
``jane@firm.example`` or ``ops@mail.corp``. Here a public suffix makes a finding certain and its absence only less so.
"""

from __future__ import annotations

import tldextract
from presidio_analyzer import Pattern, PatternRecognizer

EXAMPLES: tuple[tuple[str, list[tuple[str, str]]], ...] = (
    ("Write to jane.tan@harbourline.example today.", [("jane.tan@harbourline.example", "EMAIL_ADDRESS")]),
    ("ops@mail.corp and a_b+c@firm.co.uk", [("ops@mail.corp", "EMAIL_ADDRESS"), ("a_b+c@firm.co.uk", "EMAIL_ADDRESS")]),
    ("jane [at] harbourline (dot) com", [("jane [at] harbourline (dot) com", "EMAIL_ADDRESS")]),
    ("jane dot tan at harbourline dot com", [("jane dot tan at harbourline dot com", "EMAIL_ADDRESS")]),
    ("ｊａｎｅ＠ｆｉｒｍ．ｃｏｍ please", [("ｊａｎｅ＠ｆｉｒｍ．ｃｏｍ", "EMAIL_ADDRESS")]),
    ("ja\u200bne@fi\u200drm.com", [("ja\u200bne@fi\u200drm.com", "EMAIL_ADDRESS")]),
    ("Mention @everyone, or buy 5 @ 3.50 each.", []),
    ("We meet at 10 at the office. Dot your i's.", []),
)


class EmailAddressRecognizer(PatternRecognizer):
    """Score 0.7, or 1.0 under a public suffix."""

    def __init__(self) -> None:
        local = r"(?<![\w.!#$%&'*+/=?^`{|}~-])[\w!#$%&'*+/=?^`{|}~.-]{1,64}"
        pattern = Pattern("address", local + r"@(?:[\w-]{1,63}\.){1,6}[^\W\d_][\w-]{1,62}", 0.7)
        super().__init__("EMAIL_ADDRESS", name="EmailAddressRecognizer", patterns=[pattern])

    def validate_result(self, pattern_text: str) -> bool | None:
        return True if tldextract.extract(pattern_text).fqdn else None
