"""A document's blocks as one text and passage-sized chunks along its structure.

Promises: a chunk never crosses a heading of level 1 or 2, nor a page but where a paragraph does or little stands
before; it holds at most ``MOST_WORDS`` words and is exactly ``whole_text[start:end]``. One exception: a later part of a
split table repeats the table's header in its text, and ``start`` to ``end`` are its own rows alone. A heading with
nothing under it is in no chunk, unless the document is all headings. Chunk ids name the document version and its text,
so a changed text has new ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.ingest.sentences import cut, words
from assistant.values import Block, Chunk, LoadedDocument

TARGET_WORDS = 120
MOST_WORDS = 200
"""With title and headings about what the encoder sees at once (256 tokens)."""
WHOLE_TABLE_WORDS = 180
TINY_WORDS = 40
"""A section below this many words may share a chunk with its neighbours under one heading of level 2."""
HARD_LEVEL = 2

Path = tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class _Unit:
    """A stretch that is not cut further. ``top`` is where it starts with the headings right above it."""

    start: int
    end: int
    top: int
    path: Path
    page: int | None
    kind: str
    header: str = ""

    @property
    def section(self) -> Path:
        """Headings that no chunk crosses."""
        return tuple(step for step in self.path if step[0] <= HARD_LEVEL)


def chunk(document_key: str, loaded: LoadedDocument, *, target_words: int = TARGET_WORDS) -> tuple[str, list[Chunk]]:
    """The whole text (Markdown) of ``loaded`` and its chunks in order."""
    text, placed = _whole(loaded.blocks)
    units = list(_units(text, placed, target_words))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    found = []
    for position, group in enumerate(_groups(text, units, target_words)):
        heading = _common(group)
        first = group[0]
        start = first.top if len(first.path) > len(heading) else first.start
        body = text[start : group[-1].end]
        found.append(
            Chunk(
                id=f"{document_key}#{digest}-{position}",
                document_key=document_key,
                position=position,
                heading=tuple(title for _, title in heading),
                page=first.page,
                text=f"{first.header}\n{body}" if first.header else body,
                start=start,
                end=group[-1].end,
            )
        )
    return text, found


def _whole(blocks: tuple[Block, ...]) -> tuple[str, list[tuple[Block, int, int]]]:
    """All blocks as one Markdown text, and where each lies in it."""
    parts: list[str] = []
    placed: list[tuple[Block, int, int]] = []
    at = 0
    for block in blocks:
        body = block.text.encode("utf-8", "replace").decode().replace("\0", " ").strip("\n")
        if not body.strip():
            continue
        body = f"{'#' * block.level} {body}" if block.kind == "heading" else body
        placed.append((block, at, at + len(body)))
        parts.append(body)
        at += len(body) + 2
    return "\n\n".join(parts), placed


def _units(text: str, placed: list[tuple[Block, int, int]], target: int) -> Iterator[_Unit]:
    path: Path = ()
    top: int | None = None
    only_headings = all(block.kind == "heading" for block, _, _ in placed)
    for block, start, end in placed:
        if only_headings:
            yield from (_Unit(a, b, a, (), block.page, "heading") for a, b in cut(text, start, end, MOST_WORDS))
        elif block.kind == "heading":
            path = (*(step for step in path if step[0] < block.level), (block.level, block.text.strip()))
            top = None if block.level <= HARD_LEVEL else start if top is None else top
        else:
            yield from _body(text, block, start, end, start if top is None else top, path, target)
            top = None


def _body(text: str, block: Block, start: int, end: int, top: int, path: Path, target: int) -> list[_Unit]:
    size = words(text[start:end])
    if block.kind == "table":
        if size <= WHOLE_TABLE_WORDS:
            return [_Unit(start, end, top, path, block.page, "table")]
        return _table(text, start, end, top, path, block.page)
    limit = target if size > target + TINY_WORDS or block.kind == "list" else MOST_WORDS
    spans = cut(text, start, end, limit)
    return [_Unit(a, b, top if n == 0 else a, path, block.page, block.kind) for n, (a, b) in enumerate(spans)]


def _table(text: str, start: int, end: int, top: int, path: Path, page: int | None) -> list[_Unit]:
    """Parts of a long table, each of whole rows; later ones carry the header."""
    lines: list[tuple[int, int]] = []
    at = start
    for line in text[start:end].split("\n"):
        lines.append((at, at + len(line)))
        at += len(line) + 1
    if len(lines) < 3:
        return [_Unit(a, b, a, path, page, "part") for a, b in cut(text, start, end, MOST_WORDS)]
    header = text[start : lines[1][1]]
    head_words = words(header)
    if head_words > WHOLE_TABLE_WORDS // 2:
        header, head_words = "", 0
    room = WHOLE_TABLE_WORDS - head_words
    parts: list[list[tuple[int, int]]] = [[]]
    for a, b in lines[2:]:
        if parts[-1] and words(text[parts[-1][0][0] : b]) > room:
            parts.append([])
        parts[-1].append((a, b))
    units: list[_Unit] = []
    if not header:
        units += [_Unit(a, b, a, path, page, "part") for a, b in cut(text, start, lines[1][1], MOST_WORDS)]
    for n, rows in enumerate(parts):
        a, b = rows[0][0], rows[-1][1]
        if words(text[a:b]) > MOST_WORDS - head_words:
            if n == 0 and header:
                units.append(_Unit(start, lines[1][1], top, path, page, "part"))
            units += [_Unit(x, y, x, path, page, "part") for x, y in cut(text, a, b, MOST_WORDS)]
        elif n == 0 and header:
            units.append(_Unit(start, b, top, path, page, "part"))
        else:
            units.append(_Unit(a, b, a, path, page, "part", header))
    return units


def _groups(text: str, units: list[_Unit], target: int) -> list[list[_Unit]]:
    """Units packed to about ``target`` words; a short rest joins what stands before it."""
    groups: list[list[_Unit]] = []
    for unit in units:
        if groups and _joins(text, groups[-1], unit, target):
            groups[-1].append(unit)
        else:
            groups.append([unit])
    merged: list[list[_Unit]] = []
    for group in groups:
        short = words(text[group[0].start : group[-1].end]) < TINY_WORDS // 2
        if merged and short and _joins(text, merged[-1], group[0], target + TINY_WORDS, last=group[-1]):
            merged[-1] += group
        else:
            merged.append(group)
    return merged


def _joins(text: str, group: list[_Unit], unit: _Unit, limit: int, last: _Unit | None = None) -> bool:
    """Whether ``unit`` may stand in one chunk with ``group``."""
    if unit.kind == "part" or group[-1].kind == "part" or unit.section != group[0].section:
        return False
    size = words(text[group[0].top : (last or unit).end])
    if unit.page != group[0].page and words(text[group[0].start : group[-1].end]) >= TINY_WORDS:
        return False
    if unit.path != group[-1].path:
        own = words(text[group[-1].start : group[-1].end])
        return size <= limit and min(own, words(text[unit.start : unit.end])) < TINY_WORDS
    introduces = group[-1].kind == "paragraph" and text[group[-1].end - 1] == ":" and unit.kind in ("table", "list")
    return size <= (WHOLE_TABLE_WORDS if introduces else limit)


def _common(group: list[_Unit]) -> Path:
    """The headings that all units of ``group`` stand under."""
    path = group[0].path
    for unit in group[1:]:
        same = 0
        while same < min(len(path), len(unit.path)) and path[same] == unit.path[same]:
            same += 1
        path = path[:same]
    return path
