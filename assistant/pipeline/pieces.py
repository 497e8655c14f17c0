"""Cuts a stream of text into pieces that can be checked: sentences, list items, table rows.

Promise: the pieces depend on the text alone and not on how it was cut into deltas, and joined they are the text.
A boundary is only taken once the next character that is not a space is known. Keys in PEM form and fenced code
are held from their opening marker to their end; an address is never cut, for it holds no space.
"""

from __future__ import annotations

import re

STOP = re.compile(r"[.!?。！？…]+[\"'”’)\]*_]*(?:\s*\[\d{1,3}\])*[.!?]?")
ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|etc|no|nos|mr|mrs|ms|dr|prof|st|vs|approx|dept|sec|art|fig|vol|pp?|[A-Za-z])|^\s*\d{1,3})\.$",
    re.IGNORECASE,
)
HELD = (("-----BEGIN", re.compile(r"-----END[^\n]*?-----")), ("```", re.compile(r"```")))
CITATION_AHEAD = re.compile(r"\s*\[\d{0,3}$")


class Pieces:
    """Feed deltas in, take pieces out; ``flush`` gives the rest at the end."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, delta: str) -> list[str]:
        """Pieces that are complete now."""
        self._held += delta
        return self._take(final=False)

    def flush(self) -> list[str]:
        """Everything that is left, as pieces."""
        pieces = self._take(final=True)
        if self._held:
            pieces.append(self._held)
            self._held = ""
        return pieces

    def _take(self, final: bool) -> list[str]:
        pieces = []
        while (end := _boundary(self._held, final)) is not None:
            pieces.append(self._held[:end])
            self._held = self._held[end:]
        return pieces


def split(text: str) -> list[str]:
    """The pieces of a whole text."""
    pieces = Pieces()
    return [*pieces.feed(text), *pieces.flush()]


def _boundary(text: str, final: bool) -> int | None:
    """Where the first piece of ``text`` ends (its trailing space included), or None while that is not known."""
    search_from = 0
    for marker, closing in HELD:
        at = text.find(marker)
        first = _plain_boundary(text, 0)
        if at >= 0 and (first is None or at < first):
            match = closing.search(text, at + len(marker))
            if match is None:
                return None
            search_from = max(search_from, match.end())
    return _plain_boundary(text, search_from)


def _plain_boundary(text: str, start: int) -> int | None:
    newline = text.find("\n", start)
    for match in STOP.finditer(text, start):
        if 0 <= newline < match.end():
            break
        after = text[match.end() :]
        space = len(after) - len(after.lstrip())
        if space == 0 or space == len(after):
            continue  # no space follows, or what follows it is not known yet
        if CITATION_AHEAD.fullmatch(after[: space + 4]) or re.match(r"\s*\[\d", after):
            continue  # a citation belongs to the sentence before it
        if ABBREVIATION.search(text[: match.end()].rstrip("]0123456789[ ")) and not re.search(r"\]\W*$", match.group()):
            continue
        return match.end() + space
    if newline < 0:
        return None
    rest = text[newline:]
    space = len(rest) - len(rest.lstrip())
    if space == len(rest):
        return None
    return newline + space
