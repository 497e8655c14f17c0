"""Finds a passage of Markdown again among the characters of a page, to mark it on the page's picture.

Both sides are reduced to letters and digits, so that hyphens at line ends, blanks, the marks of lists and the bars of
tables do not matter. The passage is looked for in parts (lines, cells, sentences): a part may stand anywhere on the
page, for a table's cells are read in another order than they are painted, and a part that stands more than once is
taken where its neighbours are. Does not cover words that the loader read otherwise than the page's own text says.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

PARTS = re.compile(r"\n|(?<!\\)\||(?<=[.!?;:])\s")
ITEM = re.compile(r"^\s*(?:[-*•]|#{1,6})\s+", re.MULTILINE)
SHORT = 12
"""Letters below which a part counts only near a longer one that was found."""
NEAR = 400
PIECE = 4
"""Letters below which a piece of a part that is not found whole is not looked for."""

Span = tuple[int, int]


def reduced(text: str) -> str:
    """Letters and digits of ``text`` in one form."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def find(characters: Sequence[str], passage: str) -> tuple[list[tuple[int, int]], float]:
    """Ranges [start, end) of ``characters`` that hold ``passage``, and the share of its letters found (0 to 1)."""
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(characters):
        for letter in reduced(character):
            letters.append(letter)
            places.append(place)
    page = "".join(letters)
    begins = frozenset(
        at for at, place in enumerate(places)
        if at == 0 or any(character.isspace() for character in characters[places[at - 1] + 1 : place])
    )  # fmt: skip
    parts = [[word for word in map(reduced, part.split()) if word] for part in PARTS.split(ITEM.sub("", passage))]
    parts = [part for part in parts if part]
    found = _long(page, parts)
    _short(page, begins, ["".join(part) for part in parts], found)
    ranges: list[tuple[int, int]] = []
    for start, end in sorted(span for spans in found.values() for span in spans):
        first, last = places[start], places[end - 1] + 1
        if ranges and first <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], last))
        else:
            ranges.append((first, last))
    total = sum(len(word) for part in parts for word in part)
    hit = sum(end - start for spans in found.values() for start, end in spans)
    return ranges, min(1.0, hit / total) if total else 0.0


def _long(page: str, parts: list[list[str]]) -> dict[int, list[Span]]:
    """Where the longer parts stand: those that stand once first, others nearest to these, then pieces of the rest."""
    found: dict[int, list[Span]] = {}
    again: list[tuple[int, list[int]]] = []
    broken: list[int] = []
    for number, words in enumerate(parts):
        part = "".join(words)
        if len(part) < SHORT:
            continue
        starts = _all(page, part)
        if len(starts) == 1:
            found[number] = [(starts[0], starts[0] + len(part))]
        elif starts:
            again.append((number, starts))
        else:
            broken.append(number)
    for number, starts in again:
        start = _nearest(starts, found, number)
        found[number] = [(start, start + sum(map(len, parts[number])))]
    for number in broken:
        if pieces := _pieces(page, parts[number], found, number):
            found[number] = pieces
    return found


def _short(page: str, begins: frozenset[int], parts: list[str], found: dict[int, list[Span]]) -> None:
    """Adds short parts (cells, ends of lines) that stand near what was found, or anywhere when nothing was.

    They must begin where a word does: 721 is not in 128,721.
    """
    for number in sorted(range(len(parts)), key=lambda each: -len(parts[each])):
        if number in found or len(parts[number]) >= SHORT:
            continue
        if starts := [start for start in _all(page, parts[number]) if start in begins]:
            start = _nearest(starts, found, number)
            if _near(start, found) and (found or len(starts) == 1 or len(parts[number]) > 3):
                found[number] = [(start, start + len(parts[number]))]


def _all(page: str, part: str) -> list[int]:
    starts: list[int] = []
    at = page.find(part)
    while at >= 0 and len(starts) < 200:
        starts.append(at)
        at = page.find(part, at + 1)
    return starts


def _near(start: int, found: dict[int, list[Span]]) -> bool:
    return not found or min(abs(start - at) for spans in found.values() for at, _ in spans) <= NEAR


def _nearest(starts: list[int], found: dict[int, list[Span]], number: int) -> int:
    """Of ``starts`` the one nearest to where the part's neighbour in the passage stands."""
    if not found:
        return starts[0]
    neighbour = min(found, key=lambda other: (abs(other - number), other > number))
    spans = found[neighbour]
    at = spans[-1][1] if neighbour < number else spans[0][0]
    return min(starts, key=lambda start: (abs(start - at), start < at))


def _pieces(page: str, words: list[str], found: dict[int, list[Span]], number: int) -> list[Span]:
    """Runs of ``words`` that stand on the page: a cell over several lines, or a sentence that ends on the next page."""
    spans: list[Span] = []
    at = 0
    while at < len(words):
        run, end = words[at], at + 1
        while end < len(words) and run + words[end] in page:
            run, end = run + words[end], end + 1
        if len(run) >= PIECE and (starts := _all(page, run)):
            known = {0: spans} if spans else found
            start = _nearest(starts, known, 1 if spans else number)
            if len(run) >= SHORT or _near(start, known):
                spans.append((start, start + len(run)))
        at = end
    return spans
