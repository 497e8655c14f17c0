"""XLSX: each visible sheet as a heading and Markdown tables, numbers as the sheet shows them.

Promises: values are those that were last calculated; nothing is calculated, no link followed, no macro run. Empty rows
part tables; lines above a table's header row and notes below it become paragraphs. Does not cover charts, comments,
hidden rows and columns (they are read) or formulas never calculated (they are blank).
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date
from typing import Any

import openpyxl

from assistant.loaders.cell_values import as_shown
from assistant.loaders.example import Example
from assistant.loaders.limits import File, check_archive, refusal
from assistant.loaders.tables import markdown_table
from assistant.values import Block, LoadedDocument

MAX_ROWS = 50_000
MAX_COLUMNS = 200
FEW_PAIRS = 6

Row = list[str]


class Xlsx:
    """Reads Excel workbooks (.xlsx, .xlsm)."""

    def accepts(self, head: bytes, name: str) -> bool:
        """``head`` starts like a zip; the registry looks inside for ``xl/``."""
        return head.startswith(b"PK\x03\x04")

    def load(self, file: File) -> LoadedDocument:
        check_archive(file)
        blocks: list[Block] = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                workbook = openpyxl.load_workbook(file.open(), read_only=True, data_only=True, keep_links=False)
                for sheet in workbook.worksheets:
                    if sheet.sheet_state == "visible":
                        blocks += _sheet(file, sheet)
                workbook.close()
            except (
                KeyError,
                ValueError,
                TypeError,
                AttributeError,
                IndexError,
                SyntaxError,
                OSError,
                EOFError,
            ) as error:
                raise refusal(
                    file, f"the workbook is damaged ({type(error).__name__}); save it again in Excel"
                ) from None
            except zipfile.BadZipFile:
                raise refusal(file, "the workbook is damaged; save it again in Excel") from None
        if not blocks:
            raise refusal(file, "its visible sheets hold no values")
        return LoadedDocument(blocks=tuple(blocks))


def _sheet(file: File, sheet: Any) -> list[Block]:
    blocks = [Block("heading", " ".join(str(sheet.title).split()), level=1)]
    sheet.reset_dimensions()
    part: list[Row] = []
    count = 0
    for row in _rows(sheet):
        if len(row) > MAX_COLUMNS:
            raise refusal(file, f"sheet {sheet.title!r} has over {MAX_COLUMNS} columns; keep what people look up in it")
        if row:
            count += 1
            part.append(row)
            if count > MAX_ROWS:
                raise refusal(file, f"sheet {sheet.title!r} has over {MAX_ROWS:,} rows; keep what people look up in it")
        elif part:
            blocks += _part(part)
            part = []
    blocks += _part(part)
    return blocks if len(blocks) > 1 else []


def _rows(sheet: Any) -> Iterator[Row]:
    """Rows as shown, cut after their last value; an empty list is an empty row."""
    for cells in sheet.iter_rows(max_col=MAX_COLUMNS + 1):
        row = [as_shown(cell.value, getattr(cell, "number_format", None)) for cell in cells]
        while row and not row[-1]:
            row.pop()
        yield row


def _part(rows: list[Row]) -> list[Block]:
    """Blocks of rows that stand together: lines of one cell, the table, notes below it."""
    first = 0
    while first < len(rows) and _filled(rows[first]) == 1:
        first += 1
    last = len(rows)
    while last > first and _filled(rows[last - 1]) == 1 and rows[last - 1][0]:
        last -= 1
    blocks = [Block("paragraph", "".join(row)) for row in rows[:first]]
    if len(blocks) == len(rows) > 3:
        return [Block("list", "\n".join(f"- {block.text}" for block in blocks))]
    table = rows[first:last]
    if table and _is_pairs(table):
        blocks.append(Block("list", "\n".join("- " + ": ".join(cell for cell in row if cell) for row in table)))
    elif table:
        blocks.append(Block("table", markdown_table(table)))
    return blocks + [Block("paragraph", "".join(row)) for row in rows[last:]]


def _filled(row: Row) -> int:
    return sum(1 for cell in row if cell)


def _is_pairs(rows: list[Row]) -> bool:
    """Whether ``rows`` are names with values and no header: two columns, a number or date beside the first name."""
    values = [cell for cell in rows[0] if cell]
    return (
        len(rows) <= FEW_PAIRS and all(_filled(row) == 2 for row in rows) and any(char.isdigit() for char in values[1])
    )


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Fees 2026"
    for row in (
        ["Fees of the year"],
        [],
        ["Product", "Rate", "Premium", "From"],
        ["Home", 0.05, 1250.5, date(2026, 1, 1)],
        ["Marine", 0.125, 88000, date(2026, 7, 1)],
        ["Rates without tax"],
    ):
        sheet.append(row)
    for cell in ("B4", "B5"):
        sheet[cell].number_format = "0.0%" if cell == "B5" else "0%"
    for cell in ("C4", "C5"):
        sheet[cell].number_format = '"SGD" #,##0.00'
    hidden = book.create_sheet("Working")
    hidden.append(["secret"])
    hidden.sheet_state = "hidden"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 20_000_000)
    return stream.getvalue()


def _entities() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(
            "xl/workbook.xml",
            '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
        )
    return stream.getvalue()


EXAMPLES = (
    Example(
        "fees.xlsx",
        _workbook,
        headings=((1, "Fees 2026"),),
        shown=(
            "Fees of the year",
            "| Product | Rate | Premium | From |",
            "| Home | 5% | SGD 1,250.50 | 2026-01-01 |",
            "| Marine | 12.5% | SGD 88,000.00 | 2026-07-01 |",
            "Rates without tax",
        ),
        hidden=("secret", "Working"),
    ),
    Example("bomb.xlsx", _bomb, refused="made to do harm"),
    Example("entities.xlsx", _entities, refused="declares entities"),
)
