"""Where a long text may be cut: at sentence ends first, then at clauses, then between words."""

from __future__ import annotations

import re

WORD = re.compile(r"\S*\w\S*")
SENTENCE_END = re.compile(r"(?<=[.!?:;])[\"')\]”’]*\s+(?=[\"'(\[“‘]?[A-Z0-9])|(?<=[。！？])|\n")
CLAUSE_END = re.compile(r"(?<=[,;:)])\s+")
NOT_AN_END = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|cf|vs|no|nos|mr|mrs|ms|dr|prof|st|approx|art|sec|para|fig|p|pp)|\b[A-Z])\.$",
    re.IGNORECASE,
)


def words(text: str) -> int:
    """Words of ``text``: runs without blanks that hold a letter or digit; long runs count by their length."""
    return sum(1 + len(match[0]) // 24 for match in WORD.finditer(text))


def cut(text: str, start: int, end: int, limit: int) -> list[tuple[int, int]]:
    """Spans that cover ``text[start:end]`` but for blanks at cuts, each of at most ``limit`` words."""
    return _pack(text, _split(text, start, end, limit, (SENTENCE_END, CLAUSE_END)), limit)


def _split(text: str, start: int, end: int, limit: int, marks: tuple[re.Pattern[str], ...]) -> list[tuple[int, int]]:
    start, end = _trim(text, start, end)
    if start >= end:
        return []
    if words(text[start:end]) <= limit:
        return [(start, end)]
    if not marks:
        return _by_words(text, start, end, limit)
    spans: list[tuple[int, int]] = []
    at = start
    for match in marks[0].finditer(text, start, end):
        if NOT_AN_END.search(text, max(at, match.start() - 8), match.start()):
            continue
        spans += _split(text, at, match.end(), limit, marks[1:])
        at = match.end()
    return spans + _split(text, at, end, limit, marks[1:])


def _by_words(text: str, start: int, end: int, limit: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    first, last, count = start, start, 0
    for match in re.compile(rf"\S{{1,{24 * (limit - 1)}}}").finditer(text, start, end):
        size = words(match[0])
        if count and count + size > limit:
            spans.append((first, last))
            first, count = match.start(), 0
        count, last = count + size, match.end()
    return [*spans, (first, last)]


def _pack(text: str, spans: list[tuple[int, int]], limit: int) -> list[tuple[int, int]]:
    """Neighbouring spans joined while they stay within ``limit``."""
    packed: list[tuple[int, int]] = []
    for start, end in spans:
        if packed and words(text[packed[-1][0] : end]) <= limit:
            packed[-1] = (packed[-1][0], end)
        else:
            packed.append((start, end))
    return packed


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
