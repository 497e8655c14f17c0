"""Makes text plain before it is searched, and remembers where each character came from.

NFKC (full-width forms, ligatures), digits of other scripts, dashes; zero-width, bidirectional and other invisible
characters removed; spelled-out e-mail addresses ("jane [at] firm (dot) com") written as addresses. Promise: every
position of the plain text maps to the span of the original that it was made of, so a finding can be cut out of the
original. Letters that only look alike (Cyrillic а for Latin a) are not folded.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

INVISIBLE = frozenset("\u034f\u115f\u1160\u3164\uffa0\u180b\u180c\u180d") | {chr(c) for c in range(0xFE00, 0xFE10)}
DASHES = frozenset("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d")

_LOCAL = r"(?<![\w.+%-])[A-Za-z0-9][\w.+%-]{0,63}"
_LABEL = r"[A-Za-z0-9][A-Za-z0-9-]{0,62}"
_DOT_SPELLED = r"(?:\s?[\[({<]\s?(?:dot|punkt|\.)\s?[\])}>]\s?|\s(?:dot)\s)"
_AT_SPELLED = r"(?:\s?[\[({<]\s?(?:at|@)\s?[\])}>]\s?)"
SPELLED = re.compile(
    rf"{_LOCAL}(?:{_DOT_SPELLED}[\w+%-]{{1,64}}){{0,3}}"
    rf"(?:(?P<at1>{_AT_SPELLED}|\s?@\s|\s@\s?){_LABEL}(?:(?:{_DOT_SPELLED}|\.){_LABEL}){{1,4}}"
    rf"|(?P<at2>\sat\s|@){_LABEL}(?:\.{_LABEL}){{0,3}}(?:{_DOT_SPELLED}{_LABEL}){{1,4}})",
    re.IGNORECASE,
)
DOT = re.compile(_DOT_SPELLED, re.IGNORECASE)


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


def normalise(text: str) -> Plain:
    """``text`` made plain."""
    if text.isascii():
        if not SPELLED.search(text):
            return Plain(text, None, None)
        chars, starts, ends = list(text), list(range(len(text))), list(range(1, len(text) + 1))
    else:
        chars, starts, ends = _characters(text)
    plain = "".join(chars)
    for match in reversed(list(SPELLED.finditer(plain))):
        at = match.span("at1") if match.group("at1") else match.span("at2")
        cuts = [(m.span(), ".") for m in DOT.finditer(plain, *match.span()) if not _overlap(m.span(), at)]
        for (start, end), sign in sorted([*cuts, (at, "@")], reverse=True):
            chars[start:end] = [sign]
            starts[start:end], ends[start:end] = [starts[start]], [ends[end - 1]]
    return Plain("".join(chars), tuple(starts), tuple(ends))


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
