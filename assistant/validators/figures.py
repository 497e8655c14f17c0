"""Figures in a text: numbers with their unit or currency, and dates, brought to one form.

1,000 = 1000 = "one thousand"; 12.50 = 12.5; 26-week = 26 weeks; "1 April 2026" = "April 1, 2026" = 2026-04-01;
S$ = SGD; per cent = %. A dollar sign alone fits any dollar. Fractions in words and roman numerals are not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


def _words(text: str) -> list[str]:
    return text.split()


MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sept sep", "october oct", "november nov", "december dec"),
        1,
    )
    for name in names.split()
}  # fmt: skip
SMALL = {
    word: value
    for value, word in enumerate(
        _words(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
            "seventeen eighteen nineteen"
        )
    )
}
TENS = {w: v * 10 for v, w in enumerate(_words("twenty thirty forty fifty sixty seventy eighty ninety"), 2)}
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "k": 1000, "m": 10**6, "mn": 10**6,
          "bn": 10**9}  # fmt: skip
UNITS = {
    form: unit
    for unit, forms in {
        "second": "second seconds", "minute": "minute minutes min mins", "hour": "hour hours hr hrs",
        "day": "day days", "week": "week weeks", "month": "month months", "year": "year years yr yrs",
        "%": "% percent percentage", "km": "km kilometre kilometres kilometer kilometers", "mile": "mile miles",
        "metre": "metre metres meter meters", "kg": "kg kilogram kilograms", "gb": "gb", "mb": "mb", "time": "times",
        "person": "people persons employees", "page": "page pages", "point": "points",
    }.items()
    for form in forms.split()
}  # fmt: skip
CURRENCIES = {
    form: code
    for code, forms in {
        "SGD": "sgd s$", "USD": "usd us$", "EUR": "eur € euro euros", "GBP": "gbp £ pound pounds",
        "MYR": "myr rm ringgit", "IDR": "idr rp rupiah", "AUD": "aud a$", "$": "$ dollar dollars",
        "JPY": "jpy ¥ yen", "INR": "inr ₹ rupees",
    }.items()
    for form in forms.split()
}  # fmt: skip
DOLLARS = frozenset({"SGD", "USD", "AUD", "$"})

TOKEN = re.compile(
    r"\d{4}-\d{2}-\d{2}|\d+(?:[.,]\d{3})*(?:\.\d+)+(?:\.\d+)*|\d{1,3}(?:,\d{3})+|\d+|(?:US|S|A)\$|[$€£¥₹%]"
    r"|<[A-Z][A-Z0-9_]*_\d+>|[^\W\d_]+(?:['’][^\W\d_]+)?"
)
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
DATE = re.compile(
    rf"\b(?P<y1>\d{{4}})-(?P<m1>\d{{2}})-(?P<d1>\d{{2}})\b"
    rf"|\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m2>{_MONTH})\b\.?(?:,? (?P<y2>\d{{4}}))?"
    rf"|\b(?P<m3>{_MONTH})\b\.? (?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d|[.,]\d)(?:,? (?P<y3>\d{{4}}))?"
    rf"|\b(?P<m4>{_MONTH})\b\.? (?P<y4>\d{{4}})\b",
    re.IGNORECASE,
)


PLAN = re.compile(r"(?<=\d)\([a-z]\)")
"""A letter that names a section, as in 401(k), is no factor of a thousand."""


@dataclass(frozen=True)
class Figure:
    """``value`` in normal form ("1000", "4.2.1"); ``unit`` and ``currency`` where they stand beside it."""

    value: str
    unit: str = ""
    currency: str = ""

    def stated_by(self, other: Figure) -> bool:
        """Whether ``other`` says the same; what one of them leaves open fits."""
        money = not self.currency or not other.currency or self.currency == other.currency
        dollars = {self.currency, other.currency} <= DOLLARS and "$" in (self.currency, other.currency)
        unit = not self.unit or not other.unit or self.unit == other.unit
        mixed = self._share_of_money(other) or other._share_of_money(self)
        return self.value == other.value and unit and (money or dollars) and not mixed

    def _share_of_money(self, other: Figure) -> bool:
        """Whether this is an amount of money and ``other`` a share, a length or a time without any currency."""
        return bool(self.currency) and not self.unit and bool(other.unit) and not other.currency

    def rivals(self, other: Figure) -> bool:
        """Whether it is a different value of the same unit or currency."""
        return self.value != other.value and (self.unit, self.currency) == (other.unit, other.currency)


@dataclass(frozen=True)
class Day:
    """A date; parts that are not given are 0."""

    year: int
    month: int
    day: int

    def stated_by(self, other: Day) -> bool:
        """Whether ``other`` gives every part that this one gives, or is only less exact about the year."""
        same = self.month == other.month and (not self.day or self.day == other.day)
        return same and (not self.year or not other.year or self.year == other.year)


def dates(text: str) -> tuple[list[Day], str]:
    """The dates in ``text``, and the text without them (blanks in their place)."""
    found = []
    for match in DATE.finditer(text):
        part = {name[0]: value for name, value in match.groupdict().items() if value}
        month = part["m"] if part["m"].isdigit() else MONTHS[part["m"].lower()]
        found.append(Day(int(part.get("y", 0)), int(month), int(part.get("d", 0))))
    return found, DATE.sub(lambda m: " " * len(m.group()), text)


def figures(text: str) -> list[Figure]:
    """The numbers in ``text`` (dates taken out before), words such as "twenty-six" included.

    "one" counts only before a unit: elsewhere it is mostly a pronoun.
    """
    tokens = TOKEN.findall(PLAN.sub(" ", text))
    lower = [token.lower() for token in tokens]
    found = []
    at = 0
    while at < len(tokens):
        value, length = _number(lower, at)
        if length:
            figure = Figure(value, _unit(lower, at + length), _currency(lower, at, at + length))
            if lower[at : at + length] != ["one"] or figure.unit or figure.currency:
                found.append(figure)
        at += max(1, length)
    return found


def _number(tokens: list[str], at: int) -> tuple[str, int]:
    """(normal form, tokens used) of the number that begins at ``at``; length 0 where none does."""
    token = tokens[at]
    if token[0].isdecimal():
        if token.count(".") > 1 or "-" in token:
            return token, 1
        value = float(token.replace(",", ""))
        if at + 1 < len(tokens) and tokens[at + 1] in SCALES:
            return _plain(value * SCALES[tokens[at + 1]]), 2
        return _plain(value), 1
    total, group, used = 0, 0, 0
    while at + used < len(tokens):
        word = tokens[at + used]
        if word in SMALL:
            if used and tokens[at + used - 1] in SMALL:
                break
            group += SMALL[word]
        elif word in TENS:
            if used and (tokens[at + used - 1] in TENS or tokens[at + used - 1] in SMALL):
                break
            group += TENS[word]
        elif word in ("hundred", "thousand", "million", "billion") and used:
            scale = SCALES[word]
            group = max(group, 1) * scale
            if scale >= 1000:
                total, group = total + group, 0
        elif not (word == "and" and used and tokens[at + used - 1] in SCALES and _continues(tokens, at + used + 1)):
            break
        used += 1
    return (_plain(float(total + group)), used) if used else ("", 0)


def _continues(tokens: list[str], at: int) -> bool:
    return at < len(tokens) and (tokens[at] in SMALL or tokens[at] in TENS)


def _plain(value: float) -> str:
    return f"{value:.10g}"


def _unit(tokens: list[str], after: int) -> str:
    """The unit right behind a number; one word may stand between ("26 calendar weeks")."""
    for word in tokens[after : after + 2]:
        if word in UNITS:
            return UNITS[word]
        if word[0].isdecimal() or word in SMALL or word in TENS or word in ("and", "or", "to", "of", "per"):
            if word == "per" and tokens[after + 1 : after + 2] == ["cent"]:
                return "%"
            return ""
    return ""


def _currency(tokens: list[str], start: int, end: int) -> str:
    before = tokens[start - 1] if start else ""
    after = tokens[end] if end < len(tokens) else ""
    return CURRENCIES.get(before, "") or CURRENCIES.get(after, "")
