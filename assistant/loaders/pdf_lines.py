"""A PDF page as lines of text in reading order, each with its place, size and weight.

Positions are in points, y upwards, turned so that the page's text runs left to right. Text columns are read one after
the other when the file itself writes them so. Slanted text (watermarks) is left out; text turned by a right angle
against the rest of its page comes last. Does not cover text painted white or invisible: a scan's own text layer is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from pypdf import PageObject
from pypdf.generic._font import Font

SPACE = 0.15
"""Gap in em between two pieces of text from which a space is read."""
CELL_GAP = 1.1
"""Gap in em from which two pieces on a line are two cells."""
COLUMN_LINES = 6
PROSE = 15
"""Median length in characters from which lines are running text and not cells."""
HEAVY = ("bold", "black", "heavy", "semibold", "demi")


@dataclass(frozen=True)
class Piece:
    """Text as the file paints it, from ``x0`` to ``x1`` on base line ``y``; ``turn`` in quarter turns."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    turn: int = 0
    column: int = 0


@dataclass(frozen=True)
class Line:
    """Cells of one line from left to right; a line of running text has one."""

    cells: tuple[Piece, ...]
    page: int

    @property
    def text(self) -> str:
        return " ".join(cell.text for cell in self.cells)

    @property
    def y(self) -> float:
        return self.cells[0].y

    @property
    def x0(self) -> float:
        return self.cells[0].x0

    @property
    def size(self) -> float:
        return max(self.cells, key=lambda cell: len(cell.text)).size

    @property
    def bold(self) -> bool:
        return all(cell.bold for cell in self.cells)

    @property
    def column(self) -> int:
        return self.cells[0].column


def page_lines(page: PageObject, number: int) -> list[Line]:
    """Lines of ``page`` in reading order; ``number`` counts from 1."""
    pieces = _pieces(page)
    if not pieces:
        return []
    weight: dict[int, int] = {}
    for piece in pieces:
        weight[piece.turn] = weight.get(piece.turn, 0) + len(piece.text)
    turns = sorted(weight, key=lambda turn: -weight[turn])
    return [line for turn in turns for line in _lines([p for p in pieces if p.turn == turn], number)]


def _pieces(page: PageObject) -> list[Piece]:
    pieces: list[Piece] = []
    fonts: dict[int, Font | None] = {}
    pen: list[tuple[tuple[float, float], float]] = []

    def visit(text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
        text = text.replace("\n", " ").replace("\u00a0", " ")
        if not text.strip():
            return
        m = _times(tm, cm)
        turn = _turn(m)
        scale = math.hypot(m[2], m[3]) * abs(size)
        if turn is None or not 0 < scale < 1000:
            return
        place = _turned(m[4], m[5], turn)
        goes_on = bool(pen) and pen[0][0] == place
        x = pen[0][1] if goes_on else place[0]
        stretch = math.hypot(m[0], m[1]) * abs(size)
        end = x + _width(text if goes_on else text.strip(), font, fonts) * stretch
        pen[:] = [(place, end)]
        name = str(font.get("/BaseFont", "")).lower() if font else ""
        pieces.append(Piece(text, x, end, place[1], scale, any(word in name for word in HEAVY), turn))

    page.extract_text(visitor_text=visit)
    return pieces


def _times(a: list[float], b: list[float]) -> tuple[float, float, float, float, float, float]:
    return (
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    )


def _turn(m: tuple[float, ...]) -> int | None:
    """Quarter turns of the writing direction, None when it is slanted."""
    angle = math.degrees(math.atan2(m[1], m[0])) % 360
    quarter = round(angle / 90)
    return quarter % 4 if abs(angle - quarter * 90) < 5 else None


def _turned(x: float, y: float, turn: int) -> tuple[float, float]:
    return ((x, y), (y, -x), (-x, -y), (-y, x))[turn]


def _width(text: str, font: Any, fonts: dict[int, Font | None]) -> float:
    """Width of ``text`` in em, by the font's own widths where it states them."""
    key = id(font)
    if key not in fonts:
        try:
            fonts[key] = Font.from_font_resource(font) if font is not None else None
        except Exception:  # a damaged font still shows text; half an em a letter will do
            fonts[key] = None
    known = fonts[key]
    width = known.get_text_width(text) / 1000 if known else 0.0
    return width if 0.1 < width / len(text) < 1.5 else 0.5 * len(text)


def _lines(pieces: list[Piece], number: int) -> list[Line]:
    found: list[Line] = []
    placed = _columns(pieces)
    for column in sorted({piece.column for piece in placed}):
        rows: list[list[Piece]] = []
        for piece in sorted((p for p in placed if p.column == column), key=lambda p: -p.y):
            if rows and abs(rows[-1][0].y - piece.y) < 0.4 * max(piece.size, rows[-1][0].size):
                rows[-1].append(piece)
            else:
                rows.append([piece])
        found += [Line(tuple(_cells(row)), number) for row in rows]
    return found


def _cells(row: list[Piece]) -> list[Piece]:
    """Pieces of one line joined to cells; pieces that start at one place keep the file's order."""
    cells: list[Piece] = []
    for piece in sorted(row, key=lambda p: p.x0):
        last = cells[-1] if cells else None
        if last is None or piece.x0 - last.x1 >= CELL_GAP * max(piece.size, last.size):
            cells.append(piece)
            continue
        apart = piece.x0 - last.x1 > SPACE * piece.size
        longer = piece if len(piece.text) > len(last.text) else last
        cells[-1] = replace(
            last,
            text=f"{last.text}{' ' if apart else ''}{piece.text}",
            x1=max(last.x1, piece.x1),
            size=longer.size,
            bold=last.bold and piece.bold,
        )
    return [replace(cell, text=" ".join(cell.text.split())) for cell in cells]


def _columns(pieces: list[Piece]) -> list[Piece]:
    """``pieces`` with their text column: a long run of lines right of an earlier one, beside it, is a new column."""
    runs: list[list[Piece]] = [[]]
    for piece in pieces:
        if runs[-1] and piece.y > runs[-1][-1].y + 6 * piece.size:
            runs.append([])
        runs[-1].append(piece)
    column, placed = 0, []
    before: list[Piece] = []
    for run in runs:
        if before and _beside(before, run):
            column += 1
        if len({round(p.y) for p in run}) >= COLUMN_LINES:
            before = run
        placed += [replace(piece, column=column) for piece in run]
    return placed if column else pieces


def _beside(left: list[Piece], right: list[Piece]) -> bool:
    """Whether both are blocks of running text at one height, ``right`` but for stray lines right of ``left``."""
    spans = [_row_spans(block) for block in (left, right)]
    if any(len(rows) < COLUMN_LINES or median(length for _, _, length in rows.values()) < PROSE for rows in spans):
        return False
    overlap = min(max(rows) for rows in spans) - max(min(rows) for rows in spans)
    ends = sorted(x1 for _, x1, _ in spans[0].values())
    starts = sorted(x0 for x0, _, _ in spans[1].values())
    tenth = (len(ends) // 10, len(starts) // 10)
    return overlap > 4 * right[0].size and starts[tenth[1]] > ends[-1 - tenth[0]] - right[0].size


def _row_spans(pieces: list[Piece]) -> dict[int, tuple[float, float, int]]:
    """By height: from where to where a line goes, and its length in characters."""
    rows: dict[int, tuple[float, float, int]] = {}
    for piece in pieces:
        x0, x1, length = rows.get(round(piece.y), (piece.x0, piece.x1, 0))
        rows[round(piece.y)] = (min(x0, piece.x0), max(x1, piece.x1), length + len(piece.text))
    return rows
