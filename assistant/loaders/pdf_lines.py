"""A PDF page as lines of text in reading order, each with its place, size and weight.

Positions are in points, y upwards, turned so that the page's text runs left to right. Text columns are read one after
the other when the file itself writes them so. Text turned by a right angle against the rest of its page comes last.
Lines of a script that runs from right to left are put together from the right.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from statistics import median

from assistant.loaders.pdf_text import Piece

SPACE = 0.15
"""Gap in em between two pieces of text from which a space is read."""
CELL_GAP = 1.1
"""Gap in em from which two pieces on a line are two cells."""
COLUMN_LINES = 6
PROSE = 15
"""Median length in characters from which lines are running text and not cells."""
FROM_RIGHT = ("R", "AL")


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


def page_lines(pieces: list[Piece], number: int) -> list[Line]:
    """Lines of a page's ``pieces`` in reading order; ``number`` counts from 1."""
    weight: dict[int, int] = {}
    for piece in pieces:
        weight[piece.turn] = weight.get(piece.turn, 0) + len(piece.text)
    turns = sorted(weight, key=lambda turn: -weight[turn])
    return [line for turn in turns for line in _lines([p for p in pieces if p.turn == turn], number)]


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
    from_right = _from_right("".join(piece.text for piece in row))
    for piece in sorted(row, key=lambda p: p.x0):
        last = cells[-1] if cells else None
        if last is None or piece.x0 - last.x1 >= CELL_GAP * max(piece.size, last.size):
            cells.append(piece)
            continue
        apart = piece.text.startswith(" ") or piece.x0 - last.x1 > SPACE * piece.size
        longer = piece if len(piece.text) > len(last.text) else last
        cells[-1] = replace(
            last,
            text=(" " if apart else "").join((piece.text, last.text) if from_right else (last.text, piece.text)),
            x1=max(last.x1, piece.x1),
            size=longer.size,
            bold=last.bold and piece.bold,
        )
    cells = [replace(cell, text=" ".join(cell.text.split())) for cell in cells]
    return cells


def _from_right(text: str) -> bool:
    """Whether most letters of ``text`` belong to a script that runs from right to left."""
    sides = [unicodedata.bidirectional(char) for char in text if char.isalpha()]
    return 2 * sum(side in FROM_RIGHT for side in sides) > len(sides)


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
