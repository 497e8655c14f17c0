"""Tables in the lines of a PDF page, found by cells that stand in columns.

A table is a run of lines of which most have two or more cells, all falling into the same columns. Lines that stand
close together belong to one row where the table sets its rows apart, else a row begins with text in its first column.
Does not cover tables whose cells touch, columns of running text, or cells merged over columns (read as one cell).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from assistant.loaders.pdf_lines import Line
from assistant.loaders.pdf_text import Piece

ROW_GAP = 1.45
"""Distance of base lines in em from which lines are two rows; text inside a cell is set at about 1.2."""
BREAK = 3.6
"""Distance in em that ends a table."""
LONG_CELL = 60
CURRENCY = re.compile(r"^(?:[A-Z]{0,3}[$€£¥₹]|[A-Z]{3}|RM|Rp)$")
CLOSING = re.compile(r"^[)%]{1,2}$")
FIGURE = re.compile(r"^[(\-–—+$€£¥₹]*\s*[\d.,]*\d[\d.,]*\s*[)%]*$|^[-–—]+%?$")


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
        rows = _without_marks(_rows(run, columns)) if columns else []
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
    for at, line in enumerate(lines[start + 1 :], start + 1):
        last = run[-1]
        gap = last.y - line.y
        if gap > BREAK * max(line.size, last.size) or line.column != last.column or line.page != last.page:
            break
        if len(line.cells) < 2 and not _fits(line.cells[0], run, gap) and not _is_long_label(lines, at, run):
            break
        run.append(line)
    while len(run) > 1 and len(run[-1].cells) < 2 and run[-2].y - run[-1].y > ROW_GAP * run[-1].size:
        run.pop()
    return run


def _is_long_label(lines: list[Line], at: int, run: list[Line]) -> bool:
    """Whether the lone ``lines[at]`` is a label that runs on under the other columns: set like a row, rows after it."""
    rows = [line for line in run if len(line.cells) >= 2]
    following = next((n for n in range(at + 1, min(at + 3, len(lines))) if len(lines[n].cells) >= 2), None)
    if len(rows) < 2 or following is None:
        return False
    usual = median(a.y - b.y for a, b in pairwise(run))
    near = [run[-1], *lines[at : following + 1]]
    steps = [a.y - b.y for a, b in pairwise(near)]
    first = min(line.cells[0].x0 for line in rows)
    second = min(line.cells[1].x0 for line in rows)
    return (
        all(0 < step <= 1.3 * usual for step in steps)
        and all(line.page == run[0].page and line.column == run[0].column for line in near)
        and first - 2 < lines[at].x0 < (first + second) / 2
        and lines[following].cells[1].x0 > second - 2 * lines[at].size
    )


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
    seconds = [line.cells[1].x0 for line in run if len(line.cells) >= 2]
    first_end = min(seconds, default=0.0)  # a lone label may run on under the other columns
    placed = [line for line in run if len(line.cells) >= 2 or not line.x0 < first_end <= line.cells[0].x1]
    spans = sorted((cell.x0, cell.x1) for line in placed for cell in line.cells)
    columns: list[tuple[float, float]] = []
    for x0, x1 in spans:
        if columns and x0 < columns[-1][1] - 1:
            columns[-1] = (columns[-1][0], max(columns[-1][1], x1))
        else:
            columns.append((x0, x1))
    fits = all(len({_column(columns, cell) for cell in line.cells}) == len(line.cells) for line in run)
    return columns if len(columns) >= 2 and fits else []


def _column(columns: list[tuple[float, float]], cell: Piece) -> int:
    return max((i for i, (x0, _) in enumerate(columns) if x0 <= cell.x0 + 1), default=0)


def _rows(run: list[Line], columns: list[tuple[float, float]]) -> list[list[str]]:
    gaps = [(a.y - b.y) / max(a.size, b.size) for a, b in pairwise(run)]
    close = [pair for pair, gap in zip(pairwise(run), gaps, strict=True) if gap < ROW_GAP]
    whole = [pair for pair in close if all(_is_whole(line, columns) for line in pair)]
    set_apart = len(close) < len(gaps) and 2 * len(whole) <= len(close)
    figures = _holds_figures(run, columns)
    rows: list[list[str]] = []
    for i, line in enumerate(run):
        starts_first = _column(columns, line.cells[0]) == 0
        new = not rows or (gaps[i - 1] >= ROW_GAP if set_apart else starts_first)
        if rows and figures:
            new = _new_of_figures(line, columns, rows[-1], new)
        if new:
            rows.append([""] * len(columns))
        for cell in line.cells:
            at = _column(columns, cell)
            rows[-1][at] = f"{rows[-1][at]} {cell.text}".strip()
    return rows


def _holds_figures(run: list[Line], columns: list[tuple[float, float]]) -> bool:
    """Whether most cells right of the first column are figures."""
    cells = [cell.text for line in run for cell in line.cells if _column(columns, cell) > 0]
    cells = [text for text in cells if not CURRENCY.match(text)]
    return len(cells) > 3 and sum(bool(FIGURE.match(text)) for text in cells) > 0.6 * len(cells)


def _new_of_figures(line: Line, columns: list[tuple[float, float]], row: list[str], new: bool) -> bool:
    """Whether ``line`` begins a row in a table of figures, which do not wrap but whose labels do."""
    placed = [(_column(columns, cell), cell.text) for cell in line.cells]
    if any(at > 0 and FIGURE.match(text) and FIGURE.match(row[at]) for at, text in placed):
        return True
    first = placed[0][1] if placed[0][0] == 0 else ""
    filled = any(FIGURE.match(text) for text in row[1:])
    if first and not filled and first[0].islower():
        return False
    return True if first and filled and not first[0].islower() else new


def _without_marks(rows: list[list[str]]) -> list[list[str]]:
    """``rows`` with columns that hold only currency signs joined to the next, only closing signs to the one before."""
    at = 0
    while rows and at < len(rows[0]):
        cells = [row[at] for row in rows if row[at]]
        signs = sum(bool(CURRENCY.match(cell)) for cell in cells)
        if signs and at + 1 < len(rows[0]) and all(CURRENCY.match(r[at]) or not (r[at] and r[at + 1]) for r in rows):
            rows = [[*row[:at], row[at] + row[at + 1], *row[at + 2 :]] for row in rows]
        elif cells and at > 0 and all(CLOSING.match(cell) for cell in cells):
            rows = [[*row[: at - 1], row[at - 1] + row[at], *row[at + 1 :]] for row in rows]
        else:
            at += 1
    return rows


def _is_whole(line: Line, columns: list[tuple[float, float]]) -> bool:
    """Whether ``line`` alone looks like a row: text in the first column and in most others."""
    return _column(columns, line.cells[0]) == 0 and 2 * len(line.cells) > len(columns)
