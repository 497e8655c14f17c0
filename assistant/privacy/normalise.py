"""Makes text plain before it is searched, and remembers where each character came from.

NFKC (full-width forms, ligatures), digits of other scripts, dashes; zero-width, bidirectional and other invisible
characters and stray combining marks removed; letters of other alphabets that look Latin, in a word that also holds
Latin letters or digits, written as Latin (a choice of Unicode's confusables, UTS 39); spelled-out e-mail addresses
("jane [at] firm (dot) com") written as addresses; digits that are spelled out, or spaced one by one, written as one
number; an O or l among many digits read as the digit it looks like.
Promise: every position of the plain text maps to the span of the original that it was made of, so a finding can be cut
out of the original. What hides in an encoding (base64, hexadecimal, URL) is for ``encoded.py``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

INVISIBLE = frozenset("\u034f\u115f\u1160\u3164\uffa0\u180b\u180c\u180d") | {chr(c) for c in range(0xFE00, 0xFE10)}
DASHES = frozenset("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d")
STACKED = range(0x0300, 0x0370)
"""Combining marks of the Latin script; over a digit or sign they only hide it."""
ALIKE = dict(zip("АВЕЅІЈКМНОРСТХҮУаеіјкморсухԁԛԝһѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορυχ",
                 "ABESIJKMHOPCTXYYaeijkmopcyxdqwhsABEZHIKMNOPTYXaiknopux", strict=True))  # fmt: skip
"""Cyrillic and Greek letters to the Latin ones that they look like."""

_LOCAL = r"(?<![\w.+%-])[A-Za-z0-9][\w.+%-]{0,63}"
_LABEL = r"[A-Za-z0-9][A-Za-z0-9-]{0,62}"
_DOT_SPELLED = r"(?:\s?[\[({<]\s?(?:dot|punkt|titik|chấm|จุด|\.)\s?[\])}>]\s?|\s(?:dot|titik)\s)"
_AT_SPELLED = r"(?:\s?[\[({<]\s?(?:at|et|@)\s?[\])}>]\s?)"
SPELLED = re.compile(
    rf"{_LOCAL}(?:{_DOT_SPELLED}[\w+%-]{{1,64}}){{0,3}}"
    rf"(?:(?P<at1>{_AT_SPELLED}|\s?@\s|\s@\s?){_LABEL}(?:(?:{_DOT_SPELLED}|\.){_LABEL}){{1,4}}"
    rf"|(?P<at2>\sat\s|@){_LABEL}(?:\.{_LABEL}){{0,3}}(?:{_DOT_SPELLED}{_LABEL}){{1,4}})",
    re.IGNORECASE,
)
DOT = re.compile(_DOT_SPELLED, re.IGNORECASE)

NUMBERS = {
    "0": "zero oh nol sifar kosong không ศูนย์ null", "1": "one satu một หนึ่ง", "2": "two dua hai สอง",
    "3": "three tiga ba สาม", "4": "four empat bốn tư สี่", "5": "five lima năm lăm ห้า", "6": "six enam sáu หก",
    "7": "seven tujuh bảy เจ็ด", "8": "eight delapan lapan tám แปด", "9": "nine sembilan chín เก้า",
}  # fmt: skip
DIGIT_OF = {word: digit for digit, words in NUMBERS.items() for word in words.split()}
_NUMBER_WORD = "|".join(sorted(map(re.escape, DIGIT_OF), key=len, reverse=True))
_BETWEEN = r"(?:[ \t]?[,.\n·-]?[ \t]?)"
SPELLED_DIGITS = re.compile(
    rf"(?<![^\W\d_])(?:[A-Za-z]{_BETWEEN})?(?:(?:{_NUMBER_WORD}){_BETWEEN}){{5,24}}(?:{_NUMBER_WORD})"
    rf"(?:{_BETWEEN}[A-Za-z])?(?!\w)",
    re.IGNORECASE,
)
NUMBER_WORD = re.compile(_NUMBER_WORD, re.IGNORECASE)
WORD_OR_LETTER = re.compile(rf"{_NUMBER_WORD}|[A-Za-z]", re.IGNORECASE)
SPACED_DIGITS = re.compile(
    r"(?<!\w)(?:[A-Za-z][ \n]{1,3})?(?:\d(?:[ \n]{1,3}|[ ]?[-·_][ ]?)){6,24}\d(?:[ \n]{1,3}[A-Za-z])?(?!\w)"
)
INSIDE = re.compile(r"[A-Za-z0-9]")
WORDS = re.compile(r"\w+")
LOOKS_LIKE = {"O": "0", "o": "0", "l": "1", "I": "1", "|": "1", "S": "5", "B": "8", "Z": "2"}
MOSTLY_DIGITS = re.compile(r"(?<![\w@.])(?=(?:[^\W_]|[ ./-]){8,24}(?![\w@]))[\dOolI]+(?:[ ./-][\dOolI]+){0,6}(?![\w@])")


@dataclass(frozen=True)
class Plain:
    """Plain ``text``; ``starts[i]`` and ``ends[i]`` bound what character ``i`` was made of in the original."""

    text: str
    starts: tuple[int, ...] | None
    ends: tuple[int, ...] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where ``text[start:end]`` (not empty) stands in the original."""
        if self.starts is None or self.ends is None:
            return start, end
        return min(self.starts[start:end]), max(self.ends[start:end])


Edit = tuple[int, int, str]
"""``text[start:end]`` is to become a text of no more characters."""


def normalise(text: str) -> Plain:
    """``text`` made plain."""
    if text.isascii():
        edits = _edits(text)
        if not edits:
            return Plain(text, None, None)
        chars, starts, ends = list(text), list(range(len(text))), list(range(1, len(text) + 1))
    else:
        chars, starts, ends = _characters(text)
        _latin(chars)
        edits = _edits("".join(chars))
    for start, end, new in sorted(edits, reverse=True):
        _replace(chars, starts, ends, start, end, new)
    return Plain("".join(chars), tuple(starts), tuple(ends))


def _edits(plain: str) -> list[Edit]:
    """What is to be rewritten in ``plain``; no two overlap."""
    edits = [*_addresses(plain), *_numbers(plain)]
    edits.sort()
    kept: list[Edit] = []
    for edit in edits:
        if not kept or edit[0] >= kept[-1][1]:
            kept.append(edit)
    return kept


def _addresses(plain: str) -> Iterator[Edit]:
    for match in SPELLED.finditer(plain):
        at = match.span("at1") if match.group("at1") else match.span("at2")
        for dot in DOT.finditer(plain, *match.span()):
            if not _overlap(dot.span(), at):
                yield (*dot.span(), ".")
        if plain[at[0] : at[1]] != "@":
            yield (*at, "@")


def _numbers(plain: str) -> Iterator[Edit]:
    spelled = SPELLED_DIGITS.finditer(plain) if len(NUMBER_WORD.findall(plain)) >= 6 else ()
    for match in spelled:
        parts = WORD_OR_LETTER.findall(match.group())
        yield (*match.span(), "".join(DIGIT_OF.get(part.lower(), part) for part in parts))
    for match in SPACED_DIGITS.finditer(plain):
        yield (*match.span(), "".join(INSIDE.findall(match.group())))
    for match in MOSTLY_DIGITS.finditer(plain):
        value = match.group()
        digits = sum(c.isdigit() for c in value)
        letters = [(match.start() + at, c) for at, c in enumerate(value) if c.isalpha()]
        if letters and digits >= 8 and digits >= 4 * len(letters):
            yield from ((at, at + 1, LOOKS_LIKE[c]) for at, c in letters)


def _replace(chars: list[str], starts: list[int], ends: list[int], start: int, end: int, new: str) -> None:
    """Write ``new`` over a stretch; its characters share the stretch's places in order, the last takes the rest."""
    size = len(new)
    cut = [start + (end - start) * at // size for at in range(size)] + [end]
    places = [(starts[cut[at]], ends[cut[at + 1] - 1]) for at in range(size)]
    chars[start:end] = list(new)
    starts[start:end] = [place[0] for place in places]
    ends[start:end] = [place[1] for place in places]


def _overlap(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def _characters(text: str) -> tuple[list[str], list[int], list[int]]:
    """Visible characters of ``text``, composed and folded cluster by cluster, with their spans."""
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    cluster, begin, last = "", 0, 0

    def close() -> None:
        for out in unicodedata.normalize("NFKC", cluster):
            if ord(out) in STACKED and chars:
                continue  # no letter takes this mark, so it is there to break a word up
            chars.append(_fold(out))
            starts.append(begin)
            ends.append(last)

    for at, char in enumerate(text):
        if unicodedata.category(char) == "Cf" or char in INVISIBLE:
            continue
        if cluster and unicodedata.combining(char):
            cluster, last = cluster + char, at + 1
            continue
        close()
        cluster, begin, last = char, at, at + 1
    close()
    return chars, starts, ends


def _latin(chars: list[str]) -> None:
    """Fold letters that look Latin, word by word, where the word holds Latin letters or digits as well."""
    plain = "".join(chars)
    if not any(c in ALIKE for c in plain):
        return
    for match in WORDS.finditer(plain):
        word = match.group()
        if any(c in ALIKE for c in word) and any(c.isascii() for c in word):
            folded = [ALIKE.get(c, c) for c in word]
            if all(c.isascii() or c == "_" for c in folded):
                chars[match.start() : match.end()] = folded


def _fold(char: str) -> str:
    if char.isascii():
        return char
    if char in DASHES:
        return "-"
    if char.isspace():
        return " "
    if unicodedata.category(char) == "Nd":
        return str(unicodedata.decimal(char))
    return char
