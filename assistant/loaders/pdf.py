"""PDF: text in reading order with headings, lists, tables and page numbers, form fields and notes after their page.

Promises: refuses files that open only with a password, over 2,000 pages, or without any text; what no reader sees is
left out and counted (``pdf_text.py``); pages without text are listed, and read by text recognition where the program is
there. Nothing is fetched, no script runs, files inside are named and not opened. Does not cover forms of the XFA kind.
"""

from __future__ import annotations

import io
import logging

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

from assistant.loaders import pdf_forms, recognition
from assistant.loaders.example import Example
from assistant.loaders.limits import MAX_PAGES, File, refusal, shown
from assistant.loaders.pdf_blocks import blocks
from assistant.loaders.pdf_lines import Line, page_lines
from assistant.loaders.pdf_text import Drawing, image_share, page_text
from assistant.values import Block, LoadedDocument

SCAN_PIXELS = 4_500_000
SCAN_SCALE = 200 / 72
PICTURED = 0.05
"""Share of a page that a picture must take to be worth recognising."""
MAX_FILES_NAMED = 20


class Pdf:
    """Reads PDF files."""

    def accepts(self, head: bytes, name: str) -> bool:
        """Whether the mark of PDF stands in the first kilobyte, as readers of PDF allow."""
        return b"%PDF-" in head[:1024]

    def load(self, file: File) -> LoadedDocument:
        document = _opened(file)
        try:
            if document.get_formtype() != pdfium.FORMTYPE_NONE:
                document.init_forms()
            return _Reading(file, document).document()
        except pypdfium2.PdfiumError:
            raise refusal(file, "the PDF is damaged; print it to PDF anew") from None


def _opened(file: File) -> pypdfium2.PdfDocument:
    """The document; one that PDFium cannot open is first written anew by pypdf, which mends other damage."""
    try:
        return pypdfium2.PdfDocument(file.data)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise refusal(file, "it is locked with a password; save it without one") from None
    import pypdf  # here, for few files need it

    try:
        logging.getLogger("pypdf").setLevel(logging.CRITICAL)
        mended = io.BytesIO()
        pypdf.PdfWriter(clone_from=pypdf.PdfReader(file.open())).write(mended)
        return pypdfium2.PdfDocument(mended.getvalue())
    except MemoryError:
        raise
    except Exception:  # whatever the mending stumbles over, the file is damaged
        raise refusal(file, "the PDF is damaged; print it to PDF anew") from None


class _Reading:
    """Goes over the pages once; a damaged page counts as one without text and does not stop the others."""

    def __init__(self, file: File, document: pypdfium2.PdfDocument) -> None:
        self.file, self.pdf, self.count = file, document, len(document)
        if self.count > MAX_PAGES:
            raise refusal(file, f"it has {self.count:,} pages, and {MAX_PAGES:,} is the most; split it")
        self.pages: list[list[Line]] = []
        self.heights: list[float] = []
        self.beside: dict[int, list[Block]] = {}
        self.recognised: list[int] = []
        self.broken: list[int] = []
        self.hidden = 0
        self.drawing = Drawing()

    def document(self) -> LoadedDocument:
        for number in range(1, self.count + 1):
            try:
                self._page(number)
            except pypdfium2.PdfiumError:
                self.broken.append(number)
            if len(self.pages) < number:
                self.pages.append([])
                self.heights.append(1.0)
        found = _merged(blocks(self.pages, self.heights), self.beside)
        if not found:
            raise refusal(self.file, self._why_empty())
        with_text = {block.page for block in found}
        empty = tuple(number for number in range(1, self.count + 1)
                      if number not in with_text and not self.pages[number - 1])  # fmt: skip
        return LoadedDocument(
            tuple(found), {}, self.count, empty, "PDF", tuple(self.recognised), self.hidden, (), tuple(self._skipped())
        )

    def _page(self, number: int) -> None:
        page = self.pdf[number - 1]
        try:
            read = page_text(page, self.drawing)
            self.hidden += read.hidden
            self.pages.append(page_lines(read.pieces, number))
            self.heights.append(float(page.get_height()) or 1.0)
            more, unseen = pdf_forms.beside(self.pdf, page, number)
            self.hidden += unseen
            if not read.pieces and image_share(page) > PICTURED:
                more = self._recognise(page, number) + more
            if more:
                self.beside[number] = more
        finally:
            page.close()

    def _recognise(self, page: pypdfium2.PdfPage, number: int) -> list[Block]:
        """Paragraphs of a page that is a picture, by text recognition; none without the program, or out of time."""
        if recognition.program() is None or self.file.seconds_left < 1:
            return []
        width, height = page.get_size()
        scale = min(SCAN_SCALE, (SCAN_PIXELS / max(1.0, width * height)) ** 0.5)
        stream = io.BytesIO()
        page.render(scale=scale, grayscale=True).to_pil().save(stream, "PNG", compress_level=1)
        texts = recognition.paragraphs(stream.getvalue(), self.file.seconds_left)
        found = [Block("paragraph", text, page=number) for text in texts]
        if found:
            self.recognised.append(number)
        return found

    def _why_empty(self) -> str:
        pages = f"none of its {self.count} pages holds text" if self.count != 1 else "its page holds no text"
        if self.hidden:
            return f"{pages} that a reader would see"
        if recognition.program() is None:
            return f"{pages}; a scan needs text recognition first (or install tesseract beside Steward)"
        return f"{pages}, and text recognition found none"

    def _skipped(self) -> list[str]:
        skipped = [f"page {number} is damaged" for number in self.broken[:MAX_FILES_NAMED]]
        try:
            names = [shown(self.pdf.get_attachment(n).get_name())
                     for n in range(min(self.pdf.count_attachments(), MAX_FILES_NAMED))]  # fmt: skip
        except pypdfium2.PdfiumError:
            names = []
        return skipped + [f"file inside: {name}" for name in names]


def _merged(found: list[Block], beside: dict[int, list[Block]]) -> list[Block]:
    """``found`` with the blocks of ``beside`` after the last one of their page."""
    merged: list[Block] = []
    waiting = sorted(beside)
    for block in found:
        while waiting and block.page is not None and waiting[0] < block.page:
            merged += beside[waiting.pop(0)]
        merged.append(block)
    for number in waiting:
        merged += beside[number]
    return merged


def _pdf(*pages: list[tuple[float, float, float, str, str]], password: str = "", drawn: str = "") -> bytes:
    """A PDF of ``pages``, each a list of (x, y, size, font R or B, text), then what is ``drawn``."""
    import pypdf  # here, for only the examples write PDFs
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

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
        texts_drawn = [f"BT /{font} {size} Tf {x} {y} Td ({text}) Tj ET" for x, y, size, font, text in texts]
        stream.set_data("\n".join([*texts_drawn, drawn]).encode("cp1252"))
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


def _statement() -> bytes:
    """Figures with signs in columns of their own, a label over two rows and one that runs under the figures."""
    rows: list[tuple[float, str, str, str]] = [
        (700, "", "2025", "2026"),
        (688, "Premiums", "5,000", "6,100"),
        (676, "Claims and all other costs of the whole year that are borne by the company, net:", "", ""),
        (664, "Motor", "(2,100)", "(2,400)"),
        (652, "Result", "2,900", "3,700"),
    ]
    texts: list[tuple[float, float, float, str, str]] = []
    for y, label, *figures in rows:
        texts += [(72, y, 9, "R", label)] if label else []
        for x, figure in zip((330, 430), figures, strict=True):
            texts += [(x, y, 9, "R", figure.replace("(", "\\(").replace(")", "\\)"))] if figure else []
            texts += [(x - 20, y, 9, "R", "$")] if label in ("Premiums", "Result") else []
    return _pdf(texts)


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
    Example(
        "statement.pdf",
        _statement,
        shown=(
            "|  | 2025 | 2026 |",
            "| Premiums | $5,000 | $6,100 |",
            "| Claims and all other costs of the whole year that are borne by the company, net: |  |  |",
            "| Motor | (2,100) | (2,400) |",
            "| Result | $2,900 | $3,700 |",
        ),
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
