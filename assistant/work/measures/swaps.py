"""Small lies for the grounding measure: a supported sentence with one thing swapped, everything else word for word.

``swapped`` gives for one sentence a variant of each kind that it allows: another figure, date, unit, name, a negation
more or less. Where it can it takes the other value from the passages themselves, so that words alone do not give
it away. A variant that happens to be true as well is possible and not found out; it counts against the check.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

KINDS = ("figure", "date", "unit", "name", "negation", "citation")
"""``citation`` is made by the measure: the same sentence, another passage."""

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
MONTH = re.compile(rf"\b({'|'.join(MONTHS)})\b")
YEAR = re.compile(r"(?<![\d,.$€£-])(1[0-9]{3}|20[0-9]{2})(?![\d,%]|\.\d)")
NUMBER = re.compile(r"(?<![\w.,])\d+(?:,\d{3})*(?:\.\d+)?(?![\w]|,\d|\.\d)")
WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "twenty", "thirty", "fifty")
WORD = re.compile(rf"\b({'|'.join(WORDS)})\b", re.IGNORECASE)
UNITS = (("days", "weeks"), ("day", "week"), ("months", "years"), ("month", "year"), ("hours", "minutes"),
         ("hour", "minute"), ("million", "billion"), ("hundred", "thousand"), ("km", "miles"), ("kilometres", "miles"),
         ("kilometers", "miles"), ("metres", "feet"), ("meters", "feet"), ("percent", "pounds"), ("%", " euros"),
         ("inches", "feet"), ("degrees", "grams"), ("kg", "pounds"), ("$", "€"), ("GB", "TB"),
         ("MB", "GB"))  # fmt: skip
NAME = re.compile(r"(?<=[a-z,;] )(?:[A-Z][a-z]{2,}(?:['’-][A-Z]?[a-z]+)?)(?: [A-Z][a-z]{2,})*\b")
AUX = re.compile(
    r"\b(is|are|was|were|can|will|would|should|must|may|could|has been|have been|does|do|did)\b(?! not|n't)"
)
NOT = re.compile(r"\b(is|are|was|were|can|will|would|should|must|may|could|does|do|did)(?: not|n't|n’t)\b|\bcannot\b")


def swapped(sentence: str, passages: Sequence[str], rng: random.Random) -> dict[str, str]:
    """kind -> ``sentence`` with one thing of that kind swapped, for each kind it holds."""
    made = {
        "figure": _figure(sentence, passages, rng),
        "date": _date(sentence, rng),
        "unit": _unit(sentence, rng),
        "name": _name(sentence, passages, rng),
        "negation": _negation(sentence),
    }
    return {kind: text for kind, text in made.items() if text and text != sentence}


def _put(sentence: str, match: re.Match[str], new: str) -> str:
    return sentence[: match.start()] + new + sentence[match.end() :]


def _figure(sentence: str, passages: Sequence[str], rng: random.Random) -> str:
    dated = {m.span() for m in YEAR.finditer(sentence)}
    found = [m for m in NUMBER.finditer(sentence) if m.span() not in dated and not _in_mark(sentence, m)]
    if found:
        match = rng.choice(found)
        own = match.group()
        others = sorted(
            {m.group() for p in passages for m in NUMBER.finditer(p) if _like(m.group(), own)}
            - {own, *NUMBER.findall(sentence)}
        )
        return _put(sentence, match, rng.choice(others) if others and rng.random() < 0.5 else _altered(own, rng))
    words = list(WORD.finditer(sentence))
    if not words:
        return ""
    match = rng.choice(words)
    return _put(sentence, match, rng.choice([w for w in WORDS if w != match.group().lower()]))


def _in_mark(sentence: str, match: re.Match[str]) -> bool:
    return sentence[match.start() - 1 : match.start()] == "["


def _like(one: str, other: str) -> bool:
    return abs(len(one) - len(other)) <= 1 and not YEAR.fullmatch(one)


def _altered(number: str, rng: random.Random) -> str:
    """Another number of the same form: one digit changed."""
    at = rng.choice([i for i, c in enumerate(number) if c.isdigit()])
    return number[:at] + rng.choice([d for d in "123456789" if d != number[at]]) + number[at + 1 :]


def _date(sentence: str, rng: random.Random) -> str:
    found = [*MONTH.finditer(sentence), *YEAR.finditer(sentence)]
    if not found:
        return ""
    match = rng.choice(found)
    if match.group() in MONTHS:
        return _put(sentence, match, rng.choice([m for m in MONTHS if m != match.group()]))
    return _put(sentence, match, str(int(match.group()) + rng.choice((-10, -3, -2, -1, 1, 2, 3, 10))))


def _unit(sentence: str, rng: random.Random) -> str:
    found = []
    for one, other in UNITS:
        for old, new in ((one, other), (other, one)):
            pattern = re.escape(old) if old in ("%", "$", "€") else rf"(?<=\w ){old.strip()}\b"
            near = ((m, sentence[max(0, m.start() - 12) : m.end() + 8]) for m in re.finditer(pattern, sentence))
            found += [(m, new) for m, around in near if NUMBER.search(around) or WORD.search(around)]
    if not found:
        return ""
    match, new = rng.choice(found)
    return _put(sentence, match, new)


def _name(sentence: str, passages: Sequence[str], rng: random.Random) -> str:
    found = [m for m in NAME.finditer(sentence) if m.group() not in MONTHS]
    if not found:
        return ""
    match = rng.choice(found)
    words = set(re.findall(r"\w+", sentence))
    others = sorted({m.group() for p in passages for m in NAME.finditer(p)} - {m.group() for m in found} - set(MONTHS))
    others = [o for o in others if not words & set(o.split())]
    return _put(sentence, match, rng.choice(others)) if others else ""


def _negation(sentence: str) -> str:
    """A "not" taken out, or one put behind the first auxiliary verb."""
    match = NOT.search(sentence)
    if match:
        return _put(sentence, match, match.group(1) or "can")
    match = AUX.search(sentence)
    return _put(sentence, match, f"{match.group()} not") if match else ""
