"""Payment card numbers: the ranges and lengths that issuers use, with the Luhn check digit.

Presidio's own recognizer misses Mastercard's 2-series, Maestro's 12 to 19 digits and the 15-digit JCB numbers.
"""

from __future__ import annotations

import re

from presidio_analyzer import Pattern, PatternRecognizer

EXAMPLES: tuple[tuple[str, list[tuple[str, str]]], ...] = (
    ("card 4111 1111 1111 1111 was charged", [("4111 1111 1111 1111", "CREDIT_CARD")]),
    (
        "378282246310005 and 5555-5555-5555-4444",
        [(n, "CREDIT_CARD") for n in ("378282246310005", "5555-5555-5555-4444")],
    ),
    ("2223003122003222, 6304000000000000", [(n, "CREDIT_CARD") for n in ("2223003122003222", "6304000000000000")]),
    ("４１１１１１１１１１１１１１１１", [("４１１１１１１１１１１１１１１１", "CREDIT_CARD")]),
    ("batch 4111111111111112, order 1234567890123452", []),
)

RANGES: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("4", "4", (13, 16, 19)),
    ("51", "55", (16,)),
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),
    ("37", "37", (15,)),
    ("300", "305", (14,)),
    ("36", "36", (14,)),
    ("38", "39", (14,)),
    ("6011", "6011", (16, 17, 18, 19)),
    ("644", "659", (16, 17, 18, 19)),
    ("62", "62", (16, 17, 18, 19)),
    ("35", "35", (16,)),
    ("2131", "2131", (15,)),
    ("1800", "1800", (15,)),
    ("50", "50", (12, 13, 14, 15, 16, 17, 18, 19)),
    ("56", "58", (12, 13, 14, 15, 16, 17, 18, 19)),
    ("63", "63", (12, 13, 14, 15, 16, 17, 18, 19)),
    ("67", "67", (12, 13, 14, 15, 16, 17, 18, 19)),
)
"""First and last prefix of a range, and the lengths issued in it (ISO/IEC 7812 ranges as the schemes publish them)."""


WORDS = ["card", "credit", "debit", "maestro", "visa", "cc", "kartu", "kad"]
SHORT = 13
"""Digits up to which a Maestro number is not told from other numbers by its check digit alone."""


class PaymentCardRecognizer(PatternRecognizer):
    """Score 1.0: range, length and check digit fit; 0.3 for short Maestro numbers, more beside a word for cards."""

    def __init__(self) -> None:
        pattern = Pattern("card", r"(?<![\w.-])\d(?:[ -]?\d){11,18}(?![\w-])", 0.3)
        super().__init__("CREDIT_CARD", name="PaymentCardRecognizer", patterns=[pattern], context=WORDS)

    def validate_result(self, pattern_text: str) -> bool | None:
        if len(re.split("[ -]", pattern_text)[0]) < 4:  # no scheme prints a first group of fewer
            return False
        digits = "".join(c for c in pattern_text if c.isdigit())
        issued = any(low <= digits[: len(low)] <= high and len(digits) in lengths for low, high, lengths in RANGES)
        if not issued or not luhn(digits):
            return False
        return None if len(digits) <= SHORT and digits[0] in "56" else True


def luhn(digits: str) -> bool:
    """Whether the last digit of ``digits`` is the check digit of the others (ISO/IEC 7812-1)."""
    total = 0
    for at, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if at % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0
