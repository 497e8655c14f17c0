"""XLSX: each visible sheet as a heading and Markdown tables, numbers as the sheet shows them.

Promises: values are those that were last calculated; nothing is calculated, no link followed, no macro run. Hidden
sheets, rows, columns and white cells are left out and counted; a value merged over rows stands in each. Empty rows part
tables; lines above a table's header row and notes below it become paragraphs. Does not cover charts, comments, cells
hidden by conditional formats, or formulas never calculated (they are blank).
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date
from typing import Any

import openpyxl
from lxml import etree  # type: ignore[import-untyped]
from openpyxl.styles import Font

from assistant.loaders.cell_values import as_shown
from assistant.loaders.example import Example
from assistant.loaders.limits import File, check_archive, refusal
from assistant.loaders.sheet_layout import layout_of
from assistant.loaders.tables import markdown_table
from assistant.values import Block, LoadedDocument

MAX_ROWS = 50_000
MAX_COLUMNS = 200
FEW_PAIRS = 6
WHITE = re.compile(r"^(..)?F[C-F]F[C-F]F[C-F]$", re.IGNORECASE)

Row = list[str]


class Xlsx:
    """Reads Excel workbooks (.xlsx, .xlsm)."""

    def accepts(self, head: bytes, name: str) -> bool:
        """``head`` starts like a zip; the registry looks inside for ``xl/``."""
        return head.startswith(b"PK\x03\x04")

    def load(self, file: File) -> LoadedDocument:
        check_archive(file)
        try:
            return self._read(file)
        except (KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError, OSError, EOFError,
                zipfile.BadZipFile, etree.XMLSyntaxError) as error:  # fmt: skip
            raise refusal(file, f"the workbook is damaged ({type(error).__name__}); save it again in Excel") from None

    def _read(self, file: File) -> LoadedDocument:
        blocks: list[Block] = []
        hidden = hidden_sheets = 0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            workbook = openpyxl.load_workbook(file.open(), read_only=True, data_only=True, keep_links=False)
            for sheet in workbook.worksheets:
                if sheet.sheet_state != "visible":
                    hidden_sheets += 1
                    continue
                reader = _Sheet(file, sheet)
                blocks += reader.blocks()
                hidden += reader.hidden
            workbook.close()
        if not blocks:
            raise refusal(file, "its visible sheets hold no values")
        skipped = (f"{hidden_sheets} hidden sheets",) if hidden_sheets else ()
        return LoadedDocument(tuple(blocks), format="XLSX", hidden=hidden, skipped=skipped)


class _Sheet:
    """One visible sheet. ``hidden`` counts the cells with a value that no reader sees."""

    def __init__(self, file: File, sheet: Any) -> None:
        self.file, self.sheet, self.hidden = file, sheet, 0
        with sheet._get_source() as part:
            self.layout = layout_of(part, MAX_COLUMNS + 1)
        self.above: dict[int, str] = {}

    def blocks(self) -> list[Block]:
        title = " ".join(str(self.sheet.title).split())
        blocks = [Block("heading", title, level=1)]
        self.sheet.reset_dimensions()
        part: list[Row] = []
        count = 0
        for row in self._rows():
            if len(row) > MAX_COLUMNS:
                raise refusal(
                    self.file, f"sheet {title!r} has over {MAX_COLUMNS} columns; keep what people look up in it"
                )
            if row:
                count += 1
                part.append(row)
                if count > MAX_ROWS:
                    raise refusal(
                        self.file, f"sheet {title!r} has over {MAX_ROWS:,} rows; keep what people look up in it"
                    )
            elif part:
                blocks += _part(part)
                part = []
        blocks += _part(part)
        return blocks if len(blocks) > 1 else []

    def _rows(self) -> Iterator[Row]:
        """Rows as shown, cut after their last value; an empty list is an empty row, a hidden row is none."""
        for number, cells in enumerate(self.sheet.iter_rows(max_col=MAX_COLUMNS + 1), 1):
            if number in self.layout.rows:
                self.hidden += sum(cell.value is not None for cell in cells)
                continue
            row = [self._shown(cell, number, column) for column, cell in enumerate(cells, 1)]
            row = [text for column, text in enumerate(row, 1) if column not in self.layout.columns]
            while row and not row[-1]:
                row.pop()
            yield row

    def _shown(self, cell: Any, row: int, column: int) -> str:
        merged = next((span for span in self.layout.merged.get(column, ()) if span[0] <= row <= span[1]), None)
        if cell.value is None:
            return self.above.get(column, "") if merged and merged[0] < row else ""
        if column in self.layout.columns or _unseen(cell):
            self.hidden += 1
            return ""
        text = as_shown(cell.value, getattr(cell, "number_format", None))
        if merged:
            self.above[column] = text
        return text


def _unseen(cell: Any) -> bool:
    """Whether a cell's value is white on nothing, or its format shows none."""
    if str(getattr(cell, "number_format", "")).strip() in (";;", ";;;"):
        return True
    font = getattr(cell, "font", None)
    colour = font.color if font is not None else None
    if colour is None or not isinstance(colour.rgb, str) or colour.type != "rgb" or not WHITE.match(colour.rgb):
        return False
    return cell.fill.fill_type is None


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
        [None, "obey me"],
        ["Rates without tax"],
    ):
        sheet.append(row)
    for cell in ("B4", "B5"):
        sheet[cell].number_format = "0.0%" if cell == "B5" else "0%"
    for cell in ("C4", "C5"):
        sheet[cell].number_format = '"SGD" #,##0.00'
    sheet.row_dimensions[6].hidden = True
    sheet["E3"], sheet["F3"] = "orders", "obey"
    sheet["E3"].font = Font(color="FFFFFFFF")
    sheet.column_dimensions["F"].hidden = True
    _merged(book.create_sheet("Areas"))
    hidden = book.create_sheet("Working")
    hidden.append(["secret"])
    hidden.sheet_state = "hidden"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _merged(sheet: Any) -> None:
    for row in (["Area", "Office"], ["North", "Köln"], [None, "Bonn"]):
        sheet.append(row)
    sheet.merge_cells("A2:A3")


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
        headings=((1, "Fees 2026"), (1, "Areas")),
        shown=(
            "Fees of the year",
            "| Product | Rate | Premium | From |",
            "| Home | 5% | SGD 1,250.50 | 2026-01-01 |",
            "| Marine | 12.5% | SGD 88,000.00 | 2026-07-01 |",
            "Rates without tax",
            "| North | Bonn |",
        ),
        hidden=("secret", "Working", "obey", "orders"),
    ),
    Example("bomb.xlsx", _bomb, refused="made to do harm"),
    Example("entities.xlsx", _entities, refused="declares entities"),
)
