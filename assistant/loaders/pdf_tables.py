"""Tables in the lines of a PDF page, found by cells that stand in columns.

A table is a run of lines of which most have two or more cells, all falling into the same columns. Lines that stand
close together belong to one row where the table sets its rows apart, else a row begins with text in its first column.
Does not cover tables whose cells touch, columns of running text, or cells merged over columns (read as one cell).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from assistant.loaders.pdf_lines import Line
from assistant.loaders.pdf_text import Piece

ROW_GAP = 1.45
"""Distance of base lines in em from which lines are two rows; text inside a cell is set at about 1.2."""
BREAK = 3.6
"""Distance in em that ends a table."""
LONG_CELL = 60


@dataclass(frozen=True)
class Table:
    """Rows of cells, and how many lines of the page they take."""

    rows: tuple[tuple[str, ...], ...]
    lines: int


def table_at(lines: list[Line], start: int) -> Table | None:
    """The table that begins with ``lines[start]``, if one does."""
    if len(lines[start].cells) < 2 and not _wraps_into(lines, start):
        return None
    run = _run(lines, start)
    while len(run) >= 2:
        columns = _columns(run)
        rows = _rows(run, columns) if columns else []
        if len(rows) >= 2 and sum(1 for row in rows if sum(map(bool, row)) >= 2) * 2 > len(rows):
            return Table(tuple(tuple(row) for row in rows), len(run))
        run = run[:-1]
        while run and len(run[-1].cells) < 2:
            run = run[:-1]
    return None


def _wraps_into(lines: list[Line], start: int) -> bool:
    """Whether ``lines[start]`` is the first line of a taller cell in a row whose other cells stand lower."""
    if start + 1 >= len(lines):
        return False
    line, following = lines[start], lines[start + 1]
    return (
        len(following.cells) >= 2
        and line.column == following.column
        and line.y - following.y < line.size * ROW_GAP
        and line.x0 > following.cells[0].x1
    )


def _run(lines: list[Line], start: int) -> list[Line]:
    """Lines from ``start`` that could be of one table: no wide gap, and single cells only within its columns."""
    run = [lines[start]]
    for line in lines[start + 1 :]:
        last = run[-1]
        gap = last.y - line.y
        if gap > BREAK * max(line.size, last.size) or line.column != last.column or line.page != last.page:
            break
        if len(line.cells) < 2 and not _fits(line.cells[0], run, gap):
            break
        run.append(line)
    while len(run) > 1 and len(run[-1].cells) < 2 and run[-2].y - run[-1].y > ROW_GAP * run[-1].size:
        run.pop()
    return run


def _fits(cell: Piece, run: list[Line], gap: float) -> bool:
    """Whether a lone cell lies in one column of ``run``; in the first one only as a wrapped or short line."""
    starts = [other.cells for other in run if len(other.cells) >= 2]
    if not starts:
        return True
    first_end = min(cells[1].x0 for cells in starts)
    if cell.x0 < first_end - 1:
        return cell.x1 < first_end and (gap < ROW_GAP * cell.size or len(cell.text) < LONG_CELL)
    return True


def _columns(run: list[Line]) -> list[tuple[float, float]]:
    """Spans of the columns: cells that overlap sideways are one; empty when two cells of a line meet."""
    spans = sorted((cell.x0, cell.x1) for line in run for cell in line.cells)
    columns: list[tuple[float, float]] = []
    for x0, x1 in spans:
        if columns and x0 < columns[-1][1] - 1:
            columns[-1] = (columns[-1][0], max(columns[-1][1], x1))
        else:
            columns.append((x0, x1))
    fits = all(len({_column(columns, cell) for cell in line.cells}) == len(line.cells) for line in run)
    return columns if len(columns) >= 2 and fits else []


def _column(columns: list[tuple[float, float]], cell: Piece) -> int:
    return max(i for i, (x0, _) in enumerate(columns) if x0 <= cell.x0 + 1)


def _rows(run: list[Line], columns: list[tuple[float, float]]) -> list[list[str]]:
    gaps = [(a.y - b.y) / max(a.size, b.size) for a, b in pairwise(run)]
    close = [pair for pair, gap in zip(pairwise(run), gaps, strict=True) if gap < ROW_GAP]
    whole = [pair for pair in close if all(_is_whole(line, columns) for line in pair)]
    set_apart = len(close) < len(gaps) and 2 * len(whole) <= len(close)
    rows: list[list[str]] = []
    for i, line in enumerate(run):
        starts_first = _column(columns, line.cells[0]) == 0
        new = not rows or (gaps[i - 1] >= ROW_GAP if set_apart else starts_first)
        if new:
            rows.append([""] * len(columns))
        for cell in line.cells:
            at = _column(columns, cell)
            rows[-1][at] = f"{rows[-1][at]} {cell.text}".strip()
    return rows


def _is_whole(line: Line, columns: list[tuple[float, float]]) -> bool:
    """Whether ``line`` alone looks like a row: text in the first column and in most others."""
    return _column(columns, line.cells[0]) == 0 and 2 * len(line.cells) > len(columns)
