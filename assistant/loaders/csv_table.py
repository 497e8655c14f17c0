"""CSV and TSV: a table with the first row as its header, whatever parts its cells.

Promises: encoding and delimiter (comma, semicolon, tab, bar) are told from the content; quoted line ends are read.
Does not cover a file of one column, which is read as text, or numbers: they stand as written.
"""

from __future__ import annotations

import csv
import io
import re
from itertools import islice

from assistant.loaders.decoding import decode, is_text
from assistant.loaders.example import Example
from assistant.loaders.limits import File, refusal
from assistant.loaders.tables import markdown_table
from assistant.values import Block, LoadedDocument

DELIMITERS = ("\t", ";", ",", "|")
MAX_CELLS = 2_000_000
MOST_CELL = 100_000
SAMPLE_ROWS = 40
ALIKE = 0.8
"""Share of rows that must have as many cells as most have."""
PROSE = re.compile(r",[ \t]")
RULE = re.compile(r"^[ \t|:-]*-{2,}[ \t|:-]*$", re.MULTILINE)


class Csv:
    """Reads comma, semicolon, tab and bar separated values."""

    def accepts(self, head: bytes, name: str) -> bool:
        """Whether the first lines fall into the same two or more cells, by a delimiter that is not punctuation."""
        return is_text(head) and bool(delimiter_of(decode(head), cut=len(head) >= 60_000))

    def load(self, file: File) -> LoadedDocument:
        text = decode(file.data)
        csv.field_size_limit(MOST_CELL)
        rows: list[list[str]] = []
        cells = 0
        try:
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text[:65536]) or ","):
                cells += len(row)
                if cells > MAX_CELLS:
                    raise refusal(file, f"it has over {MAX_CELLS:,} cells; keep what people look up in it")
                if any(cell.strip() for cell in row):
                    rows.append(row)
        except csv.Error:
            raise refusal(file, f"a cell of it has over {MOST_CELL:,} characters, or its quotes do not close") from None
        table = markdown_table(rows)
        if not table:
            raise refusal(file, "it holds no values")
        return LoadedDocument(blocks=(Block("table", table),), format="CSV")


def delimiter_of(text: str, *, cut: bool = False) -> str:
    """What parts the cells of ``text``, or "" when it is no table; its last line is left out where it is ``cut``."""
    if text.lstrip().startswith(("{", "[", "<", "|", "#", "---")) or RULE.search(text):
        return ""
    lines = text.rsplit("\n", 1)[0] if cut and "\n" in text else text
    best, most = "", 0.0
    for delimiter in DELIMITERS:
        if delimiter == "," and len(PROSE.findall(lines)) * 2 > lines.count(delimiter):
            continue
        try:
            rows = list(islice(csv.reader(io.StringIO(lines, newline=""), delimiter=delimiter), SAMPLE_ROWS))
        except csv.Error:
            continue
        sizes = [len(row) for row in rows if any(cell.strip() for cell in row)]
        usual = max(set(sizes), key=sizes.count) if len(sizes) > 1 else 0
        share = sizes.count(usual) / len(sizes) if sizes else 0.0
        if usual > 1 and share >= ALIKE and share * usual > most:
            best, most = delimiter, share * usual
    return best


EXAMPLES = (
    Example(
        "limits.csv",
        lambda: b'City,Limit,Remark\r\nJakarta,"SGD 1,150","Taxi,\r\nthen train"\r\nPenang,120,\r\n',
        shown=("| City | Limit | Remark |", "| Jakarta | SGD 1,150 | Taxi, then train |", "| Penang | 120 |  |"),
    ),
    Example(
        "limits.tsv",
        lambda: "Stadt\tGrenze\nKöln\t5\nBonn\t6\n".encode("utf-16"),
        shown=("| Stadt | Grenze |", "| Köln | 5 |"),
    ),
    Example("semi.csv", lambda: b"a;b\n1,5;2\n2,5;3\n", shown=("| a | b |", "| 1,5 | 2 |")),
    Example("letter.txt", lambda: b"Dear all, hello\nWe met, then left\nBest, X\n", shown=("Dear all, hello We met",)),
)
