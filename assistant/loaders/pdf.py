"""PDF: text in reading order with headings, lists, tables and page numbers; pages without text are listed.

Promises: refuses files that open only with a password, over 2,000 pages, or without any text. Scripts, attachments,
links and forms are not touched. Does not cover scans without a text layer (their pages are listed) and form values.
"""

from __future__ import annotations

import io
import logging
from pathlib import Path

import pypdf
from pypdf.errors import PyPdfError
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from assistant.loaders.example import Example
from assistant.loaders.limits import MAX_PAGES, check_size, refusal
from assistant.loaders.pdf_blocks import blocks
from assistant.loaders.pdf_lines import Line, page_lines
from assistant.values import LoadedDocument


class Pdf:
    """Reads PDF files."""

    def accepts(self, head: bytes, name: str) -> bool:
        """Whether the mark of PDF stands in the first kilobyte, as readers of PDF allow."""
        return b"%PDF-" in head[:1024]

    def load(self, path: Path) -> LoadedDocument:
        check_size(path)
        logging.getLogger("pypdf").setLevel(logging.ERROR)
        try:
            with path.open("rb") as file:
                return self._read(path, pypdf.PdfReader(file))
        except (PyPdfError, RecursionError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError,
                AssertionError, ArithmeticError, NotImplementedError) as error:  # fmt: skip
            raise refusal(path, f"the PDF is damaged ({type(error).__name__}); print it to PDF anew") from None

    def _read(self, path: Path, reader: pypdf.PdfReader) -> LoadedDocument:
        if reader.is_encrypted and not reader.decrypt(""):
            raise refusal(path, "it is locked with a password; save it without one")
        count = len(reader.pages)
        if count > MAX_PAGES:
            raise refusal(path, f"it has {count:,} pages, and {MAX_PAGES:,} is the most; split it")
        pages: list[list[Line]] = []
        heights: list[float] = []
        for number, page in enumerate(reader.pages, 1):
            turned = page.rotation % 180 == 90
            pages.append(_lines(page, number))
            heights.append(float(page.mediabox.width if turned else page.mediabox.height) or 1.0)
        found = blocks(pages, heights)
        if not found:
            raise refusal(path, f"none of its {count} pages holds text; a scan needs text recognition first")
        empty = tuple(number for number, lines in enumerate(pages, 1) if not lines)
        return LoadedDocument(blocks=tuple(found), pages=count, pages_without_text=empty)


def _lines(page: pypdf.PageObject, number: int) -> list[Line]:
    """Lines of a page; a page that is damaged counts as one without text and does not stop the others."""
    try:
        return page_lines(page, number)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError, ArithmeticError,
            NotImplementedError, RecursionError):  # fmt: skip
        return []


def _pdf(*pages: list[tuple[float, float, float, str, str]], password: str = "") -> bytes:
    """A PDF of ``pages``, each a list of (x, y, size, font R or B, text)."""
    writer = pypdf.PdfWriter()
    for texts in pages:
        page = writer.add_blank_page(595, 842)
        fonts = DictionaryObject()
        for key, name in (("/R", "/Helvetica"), ("/B", "/Helvetica-Bold")):
            font = {
                "/Type": "/Font",
                "/Subtype": "/Type1",
                "/BaseFont": name,
                "/Encoding": "/WinAnsiEncoding",
            }
            fonts[NameObject(key)] = DictionaryObject({NameObject(k): NameObject(v) for k, v in font.items()})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        stream = DecodedStreamObject()
        drawn = [f"BT /{font} {size} Tf {x} {y} Td ({text}) Tj ET" for x, y, size, font, text in texts]
        stream.set_data("\n".join(drawn).encode("cp1252"))
        page[NameObject("/Contents")] = writer._add_object(stream)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def _policy() -> bytes:
    footer = (72.0, 30.0, 8.0, "R", "Harbourline - internal")
    table = [("City", "Limit", "Remark"), ("Jakarta", "SGD 150", "Taxi"), ("Singapore", "SGD 260", "")]
    cells = [(72 + 120 * c, 600 - 18 * r, 10, "B" if r == 0 else "R", text)
             for r, row in enumerate(table) for c, text in enumerate(row) if text]  # fmt: skip
    first = [
        (72, 760, 18, "B", "Travel policy"),
        (72, 720, 13, "B", "1. Hotels"),
        (
            72,
            700,
            10,
            "R",
            "Book through the portal and keep the receipt. Business class needs approval by the compe-",
        ),
        (
            72,
            688,
            10,
            "R",
            "tent head of department, who answers within two days and says why when it is not given.",
        ),
        (72, 660, 10, "R", "Limits per night:"),
        *cells,
        (312, 546, 10, "R", "Ask first"),
        (312, 534, 10, "R", "in season"),
        (72, 534, 10, "R", "Penang"),
        (192, 534, 10, "R", "SGD 120"),
        (72, 100, 10, "R", "Receipts are kept for seven years and are sent to Finance at the end of every"),
        footer,
    ]
    second = [
        (72.0, 760.0, 10.0, "R", "calendar month."),
        (72, 730, 13, "B", "2. Meals"),
        (84, 712, 10, "R", "\\225 Lunch SGD 20"),
        footer,
    ]
    return _pdf(first, second, [footer])


def _columns() -> bytes:
    lines = range(12)
    left = [(72.0, 700.0 - 13 * n, 10.0, "R", f"Left line {n} of text that") for n in lines]
    right = [(320.0, 700.0 - 13 * n, 10.0, "R", f"Right line {n} of text that") for n in lines]
    return _pdf(left + right)


EXAMPLES = (
    Example(
        "policy.pdf",
        _policy,
        headings=((1, "Travel policy"), (2, "1. Hotels"), (2, "2. Meals")),
        shown=(
            "approval by the competent head",
            "| City | Limit | Remark |",
            "| Jakarta | SGD 150 | Taxi |",
            "| Penang | SGD 120 | Ask first in season |",
            "at the end of every calendar month.",
            "- Lunch SGD 20",
        ),
        hidden=("internal",),
    ),
    Example("columns.pdf", _columns, shown=("that Left line 11 of text that\nRight line 0 of text that Right",)),
    Example(
        "locked.pdf",
        lambda: _pdf([(72, 700, 10, "R", "x")], password="p"),  # noqa: S106
        refused="locked with a password",
    ),
    Example("scan.pdf", lambda: _pdf([], []), refused="none of its 2 pages holds text"),
    Example("cut.pdf", lambda: _policy()[:200], refused="damaged"),
)
