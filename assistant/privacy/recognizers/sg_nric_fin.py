"""Singapore's NRIC and FIN, with their check letter; Presidio's own recognizer has none.

Weights 2 7 6 5 4 3 2, plus 4 for T and G and 3 for M, modulo 11, looked up per series (the algorithm is not
published by the issuer; it is the one that is commonly used to check them). A wrong check letter counts only beside a
word such as NRIC: somebody mistyped it, and it still points at a person.
"""

from __future__ import annotations

from presidio_analyzer import Pattern, PatternRecognizer

EXAMPLES: tuple[tuple[str, list[tuple[str, str]]], ...] = (
    ("My NRIC is S1234567D.", [("S1234567D", "SG_NRIC_FIN")]),
    ("t0000001e and F1234567N and G1234567X", [(n, "SG_NRIC_FIN") for n in ("t0000001e", "F1234567N", "G1234567X")]),
    ("FIN M1234567K", [("M1234567K", "SG_NRIC_FIN")]),
    ("his nric: S1234567A", [("S1234567A", "SG_NRIC_FIN")]),
    ("Ｓ１２３４５６７Ｄ is mine", [("Ｓ１２３４５６７Ｄ", "SG_NRIC_FIN")]),
    ("Form S1234567A is due in week S12, part F12345678Z.", []),
    ("Which policy covers product G7654321B?", []),
)

WEIGHTS = (2, 7, 6, 5, 4, 3, 2)
LETTERS = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "F": "XWUTRQPNMLK", "G": "XWUTRQPNMLK", "M": "XWUTRQPNJLK"}
OFFSET = {"S": 0, "T": 4, "F": 0, "G": 4, "M": 3}


class SgNricFinRecognizer(PatternRecognizer):
    """Score 1.0 with the right check letter, else 0.3 and more with context."""

    def __init__(self) -> None:
        pattern = Pattern("nric", r"(?<![A-Za-z0-9])[STFGM][0-9]{7}[A-Z](?![A-Za-z0-9])", 0.3)
        words = ["nric", "fin", "ic", "identity", "identification", "id"]
        super().__init__("SG_NRIC_FIN", name="SgNricFinRecognizer", patterns=[pattern], context=words)

    def validate_result(self, pattern_text: str) -> bool | None:
        return True if check_letter(pattern_text[0].upper(), pattern_text[1:8]) == pattern_text[8].upper() else None


def check_letter(series: str, digits: str) -> str:
    """The letter that ends ``series`` + seven ``digits``."""
    total = OFFSET[series] + sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits, strict=True))
    return LETTERS[series][total % 11]
