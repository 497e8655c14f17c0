"""Telephone numbers of Southeast Asia, the US, the UK and Germany, and any in international form.

Presidio's own recognizer runs once per region over the text and takes order numbers for telephones. Here a number has
to look like one (a "+", a leading 0, or the usual grouping), be valid in its region, and not stand after a word that
says what else it is. A bare run of digits is taken beside a word such as "call", and without one only where it is a
Singapore mobile number. It misses national numbers of other countries.
"""

from __future__ import annotations

import re
from typing import Any

import phonenumbers
from presidio_analyzer import EntityRecognizer, LocalRecognizer, RecognizerResult

from assistant.privacy.identifier import OTHER_WORDS

EXAMPLES: tuple[tuple[str, list[tuple[str, str]]], ...] = (
    ("Call me on +65 9123 4567 please.", [("+65 9123 4567", "PHONE_NUMBER")]),
    ("My mobile is 91234567.", [("91234567", "PHONE_NUMBER")]),
    ("Tan, 9123-4567, left early", [("9123-4567", "PHONE_NUMBER")]),
    ("office line 6123 4567", [("6123 4567", "PHONE_NUMBER")]),
    ("ring 012-345 6789 in KL", [("012-345 6789", "PHONE_NUMBER")]),
    ("WhatsApp 0812-3456-7890", [("0812-3456-7890", "PHONE_NUMBER")]),
    ("(212) 555-0187 or 212.555.0187", [("(212) 555-0187", "PHONE_NUMBER"), ("212.555.0187", "PHONE_NUMBER")]),
    ("020 7946 0958 in London, 030 901820 in Berlin", [(n, "PHONE_NUMBER") for n in ("020 7946 0958", "030 901820")]),
    ("+62 812 3456 7890 / +44 20 7946 0958", [(n, "PHONE_NUMBER") for n in ("+62 812 3456 7890", "+44 20 7946 0958")]),
    ("Phone: 467 3395, +41 (0)96 471 07 95", [(n, "PHONE_NUMBER") for n in ("467 3395", "+41 (0)96 471 07 95")]),
    ("โทร 081-234-5678 หรือ 02-123-4567", [("081-234-5678", "PHONE_NUMBER"), ("02-123-4567", "PHONE_NUMBER")]),
    ("gọi 0912 345 678, tawagan 0917 123 4567", [(n, "PHONE_NUMBER") for n in ("0912 345 678", "0917 123 4567")]),
    ("Desk: 345-899-3560x4587", [("345-899-3560x4587", "PHONE_NUMBER")]),
    ("policy number 91234567, claim 81234567", []),
    ("Invoice 6123 4567 of 2026-01-01 over SGD 91234567", []),
    ("between 0900-1800, 2024-2026, version 4.2.1, 12.5 percent of 1,500", []),
    ("order 2125550187", []),
)

REGIONS = ("SG", "MY", "ID", "TH", "VN", "PH", "US", "GB", "DE")
CANDIDATE = re.compile(
    r"(?<![^\W\u0e00-\u0e7f])(?<![.,/@#-])(?:\+\s?|\()?\d(?:[\d]|[ .()/-]{1,2}(?=[\d(])){5,19}"
    r"(?:\s?(?:x|ext\.?)\s?\d{1,6})?(?![\w@]|[.,]\d|%)"
)
EXTENSION = re.compile(r"\s?(?:x|ext\.?)\s?\d+$")
DATE = re.compile(
    r"\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}|\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}|[012]\d{3} ?[-/ ] ?[012]\d{3}"
    r"|\d{1,2}(?:\.\d{1,2}){2,}"
)
GROUPED = {
    "SG": re.compile(r"[3689]\d{3}[ -]\d{4}"),
    "US": re.compile(r"(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}"),
}
NATIONAL = re.compile(r"\(?0[1-9][\d ()/.-]{6,}")
MOST_DIGITS = 13
"""Of a number written without its country."""
MOBILE = re.compile(r"[89]\d{7}")
SAYS_PHONE = re.compile(
    r"\b(?:phone|telephone|tel|mobile|mob|cell(?:phone)?|hp|handphone|call(?:ed|ing)?|ring|dial|text(?:ed)?|sms|"
    r"whats?app|contact|reach|answer(?:ing)?|hotline|line|fax|number is|no\.? is|telepon|telp|telefon|hubungi|ponsel|"
    r"handphone|nomor hp|no\.? hp|điện thoại|số máy|gọi|di động|zalo|tawagan|numero)\b|โทร|เบอร์|มือถือ",
    re.IGNORECASE,
)
LABELLED = re.compile(
    r"\b(?:(?:tele)?phone|tel|mobile|mob|cell(?:phone)?|handphone|hp|fax|desk|whats?app)"
    r"(?: (?:number|no))?\.?(?:\s*[:=#]| is)?\s*$"
    r"|\b(?:call|reach|ring|dial|phone|text|sms|answer)(?:ed|ing)? (?:\w+ ){0,3}(?:at|on) $",
    re.IGNORECASE,
)
SAYS_OTHER = re.compile(
    r"(?:\b(?:policy|polis|claim|invoice|order|po|ref(?:erence)?|case|ticket|account|acct|employee|staff|payroll|"
    r"cost|project|contract|section|clause|article|version|form|doc(?:ument)?|uen|registration|id|amount|total|sum|budget|"
    r"sgd|usd|myr|idr|eur|gbp|rm|rp)\b[^\d\n.;?!]{0,24}|[$€£]\s?)$",
    re.IGNORECASE,
)


class TelephoneRecognizer(LocalRecognizer):
    """Score 0.75 beside a word for telephones or in international form, else 0.55."""

    def __init__(self) -> None:
        super().__init__(supported_entities=["PHONE_NUMBER"], name="TelephoneRecognizer")

    def load(self) -> None:
        """Nothing to load."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Findings in ``text``."""
        found = []
        for match in CANDIDATE.finditer(text):
            start, end = match.span()
            score = _score(
                EXTENSION.sub("", match.group().strip()), text[max(0, start - 48) : start], text[end : end + 16]
            )
            if score:
                found.append(RecognizerResult("PHONE_NUMBER", start, end, score, recognition_metadata=self._origin()))
        return EntityRecognizer.remove_duplicates(found)

    def _origin(self) -> dict[str, str]:
        keys = RecognizerResult
        return {keys.RECOGNIZER_NAME_KEY: type(self).__name__, keys.RECOGNIZER_IDENTIFIER_KEY: self.id}


def _score(number: str, before: str, after: str) -> float:
    digits = sum(c.isdigit() for c in number)
    if number.startswith("+"):
        return 0.75 if _valid(number, None) else 0.5 if digits >= 9 else 0.0
    said = bool(SAYS_PHONE.search(before))
    if DATE.fullmatch(number) or not _counts(after) or digits > MOST_DIGITS:
        return 0.0
    if not said and (SAYS_OTHER.search(before) or OTHER_WORDS.search(before[-32:])):
        return 0.0
    if number.isdigit() and digits >= 12 and not said and not number.startswith("08"):
        return 0.0
    for region in REGIONS:
        grouped = GROUPED.get(region)
        if grouped is not None:
            formed = grouped.fullmatch(number) is not None
            plain = number.isdigit() and (said or (region == "SG" and MOBILE.fullmatch(number) is not None))
        else:
            formed = NATIONAL.fullmatch(number) is not None and digits >= 9 and (digits < len(number) or digits >= 10)
            plain = False
        if (formed or plain) and _valid(number, region):
            return 0.75 if said else 0.55
    return 0.5 if digits >= 7 and LABELLED.search(before) else 0.0


def _valid(number: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


def _counts(after: str) -> bool:
    """Whether what follows leaves it a telephone number: not an amount of something."""
    return not re.match(
        r"\s?(?:%|percent|per cent|dollars?|sgd|usd|myr|idr|eur|gbp|hours|days|weeks|years)\b", after, re.I
    )
