"""International bank account numbers, in any case, with their check digits and the length of their country.

Two letters, two check digits, up to thirty more; modulo 97 is 1 (ISO 13616); lengths as in the SWIFT IBAN registry.
Presidio's own recognizer takes capitals alone.
"""

from __future__ import annotations

import re
from typing import Any

from presidio_analyzer import LocalRecognizer, RecognizerResult

EXAMPLES: tuple[tuple[str, list[tuple[str, str]]], ...] = (
    ("IBAN DE89 3704 0044 0532 0130 00 please", [("DE89 3704 0044 0532 0130 00", "IBAN_CODE")]),
    ("my iban is gb82west12345698765432", [("gb82west12345698765432", "IBAN_CODE")]),
    ("DE89 3704 0044 0532 0130 01 has a wrong digit, XX89370400440532013000 no country", []),
)
LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15,
    "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19,
    "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
BEGINNING = re.compile(r"(?<![A-Za-z0-9-])([A-Za-z]{2})\d{2}[ -]?(?=[A-Za-z0-9]{3})")


class IbanRecognizer(LocalRecognizer):
    """Score 1.0: country, length and check digits fit."""

    def __init__(self) -> None:
        super().__init__(supported_entities=["IBAN_CODE"], name="IbanRecognizer")

    def load(self) -> None:
        """Nothing to load."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Findings in ``text``."""
        keys = RecognizerResult
        origin = {keys.RECOGNIZER_NAME_KEY: type(self).__name__, keys.RECOGNIZER_IDENTIFIER_KEY: self.id}
        return [
            RecognizerResult("IBAN_CODE", match.start(), end, 1.0, recognition_metadata=dict(origin))
            for match in BEGINNING.finditer(text)
            if (end := _end(text, match.start(), LENGTHS.get(match.group(1).upper(), 0)))
        ]


def _end(text: str, start: int, length: int) -> int:
    """Where an account number of ``length`` letters and digits that begins at ``start`` ends; 0 if there is none."""
    value, at = "", start
    while at < len(text) and len(value) < length:
        if text[at].isascii() and text[at].isalnum():
            value += text[at]
        elif text[at] not in " -" or text[at - 1] in " -":
            return 0
        at += 1
    whole = len(value) == length and not (at < len(text) and text[at].isalnum())
    number = "".join(str(int(c, 36)) for c in value[4:] + value[:4])
    return at if length and whole and int(number) % 97 == 1 else 0
