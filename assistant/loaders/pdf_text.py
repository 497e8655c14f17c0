"""Text of a PDF page as PDFium places it, without what a reader of the page does not see.

Each piece of text is compared with the page's picture: white on white, text under something else, text without paint
and text too small to read leave no mark there and are left out and counted. Text without paint over a picture that
fills the page is a scan's own text layer and is read. Does not cover text hidden among the marks of other text, in
small print that can be read, or in pages so slow to draw that the time for drawing is used up.
"""

from __future__ import annotations

import ctypes
import functools
import math
import time
import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np
import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]
from numpy.typing import NDArray

HEAVY = ("bold", "black", "heavy", "semibold", "demi")
HEAVY_WEIGHT = 600
BREAK_GAP = 1.1
"""Gap in em inside one text object from which its parts are two pieces."""
SMALLEST = 1.5
"""Points below which nobody reads a letter."""
MARK = 10
"""Difference in grey, of 255, from which something is seen."""
LUMA = (0.299, 0.587, 0.114)
GROUND = 0.45
"""Share of the box of light letters that must differ from their own colour: letters fill less than half of it."""
DARK = 0.25
PIXELS = 700_000
DRAWING_SECONDS = 20.0
SCAN_SHARE = 0.5
MAX_CHARACTERS = 200_000
RIGHT_TO_LEFT = ("R", "AL", "NSM", "CS", "WS", "ON")
UNPAINTED = (pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP)
STROKED = (pdfium.FPDF_TEXTRENDERMODE_STROKE, pdfium.FPDF_TEXTRENDERMODE_STROKE_CLIP)


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
class PageText:
    """Pieces that a reader sees, and how many were left out because no reader does."""

    pieces: list[Piece]
    hidden: int = 0
    unmapped: int = 0
    """Letters whose font does not say what they are."""


@dataclass
class _Run:
    """Letters of one text object that stand together, as they are gathered. ``box`` in the page's own space."""

    letters: list[str]
    first: int
    box: list[float]
    origin: tuple[float, float]
    last: float = 0.0
    """Where the last letter begins."""

    @property
    def text(self) -> str:
        """The letters in reading order: some files write Arabic and Hebrew from left to right."""
        from_left = len(self.letters) > 1 and self.last > self.box[0] + 0.5 * (self.box[2] - self.box[0])
        if from_left and all(unicodedata.bidirectional(c[-1]) in RIGHT_TO_LEFT for c in self.letters):
            return "".join(reversed([c[::-1] for c in self.letters])).strip()
        return "".join(self.letters)

    def goes_on(self, left: float, bottom: float, right: float, top: float) -> bool:
        """Whether a letter stands right beside this run, to whichever side it is written."""
        box = self.box
        far = BREAK_GAP * max(top - bottom, right - left, 0.1)
        return left - box[2] < far and box[0] - right < far and bottom - box[3] < far and box[1] - top < far

    def grow(self, left: float, bottom: float, right: float, top: float) -> None:
        """Take a letter's place into ``box``."""
        box = self.box
        if left < box[0]:
            box[0] = left
        if bottom < box[1]:
            box[1] = bottom
        if right > box[2]:
            box[2] = right
        if top > box[3]:
            box[3] = top


class Drawing:
    """How long pages of one document may be drawn for the sake of the comparison."""

    def __init__(self, seconds: float = DRAWING_SECONDS) -> None:
        self.left = seconds

    def of(self, page: pypdfium2.PdfPage) -> NDArray[np.uint8] | None:
        """The page's picture in grey [rows, columns], None when the time is used up or it cannot be drawn."""
        if self.left <= 0:
            return None
        began = time.monotonic()
        width, height = page.get_size()
        if not (0 < width < 20_000 and 0 < height < 20_000):
            return None
        try:
            scale = min(1.5, math.sqrt(PIXELS / (width * height)))
            image = page.render(scale=scale, grayscale=True).to_numpy()
        except (pypdfium2.PdfiumError, ValueError):
            return None
        self.left -= time.monotonic() - began
        grey: NDArray[np.uint8] = image if image.ndim == 2 else image[:, :, 0]
        return grey


def page_text(page: pypdfium2.PdfPage, drawing: Drawing) -> PageText:
    """Text of ``page``. Raises PdfiumError when the page has no text that can be loaded."""
    text = page.get_textpage()
    runs = _runs(text)
    if not runs:
        return PageText([])
    picture = drawing.of(page)
    eye = _Eye(page, picture)
    pieces: list[Piece] = []
    hidden = unmapped = 0
    for run in runs:
        look = _Look(text.raw, run.first)
        piece = look.piece(run)
        if piece is None:
            continue
        if eye.sees(run.box, look, piece.size):
            pieces.append(piece)
            unmapped += run.text.count("\ufffd")
        else:
            hidden += 1
    return PageText(pieces, hidden, unmapped)


def _runs(text: Any) -> list[_Run]:
    """Letters of each text object in the order of the file, parted at wide gaps. The loop that costs time."""
    raw = text.raw
    runs: list[_Run] = []
    rectangle, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    unicode_of, box_of, object_of = pdfium.FPDFText_GetUnicode, pdfium.FPDFText_GetLooseCharBox, _object_address()
    last_object: int | None = None
    blank = False
    for index in range(min(text.count_chars(), MAX_CHARACTERS)):
        character = _character(unicode_of(raw, index))
        if character.isspace():
            blank = True
            continue
        item = object_of(raw, index)
        box_of(raw, index, rectangle)
        left, bottom, right, top = rectangle.left, rectangle.bottom, rectangle.right, rectangle.top
        run = runs[-1] if runs and item == last_object else None
        if run is not None and run.goes_on(left, bottom, right, top):
            run.letters.append(f" {character}" if blank else character)
            run.grow(left, bottom, right, top)
            run.last = left
        else:
            pdfium.FPDFText_GetCharOrigin(raw, index, x, y)
            runs.append(
                _Run([f" {character}" if blank else character], index, [left, bottom, right, top], (x.value, y.value))
            )
        last_object, blank = item, False
    return runs


@functools.cache
def _object_address() -> Any:
    """``FPDFText_GetTextObject`` giving a plain number: wrapping a pointer for every letter costs more."""
    address = ctypes.cast(pdfium.FPDFText_GetTextObject, ctypes.c_void_p).value
    return ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)(address or 0)


def _character(code: int) -> str:
    if code in (2, 0xFFFE):  # PDFium's mark for a hyphen at a line end
        return "-"
    if code == 0 or 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return " " if code < 32 or code in (0x7F, 0xA0, 0x2007, 0x202F) else chr(code)


class _Look:
    """Size, direction and colour of the text object that a letter belongs to."""

    def __init__(self, raw: Any, index: int) -> None:
        matrix = pdfium.FS_MATRIX()
        if not pdfium.FPDFText_GetMatrix(raw, index, matrix):
            matrix.a = matrix.d = 1.0
        self.matrix = matrix
        self.size = math.hypot(matrix.c, matrix.d) * abs(pdfium.FPDFText_GetFontSize(raw, index) or 1.0)
        item = pdfium.FPDFText_GetTextObject(raw, index)
        self.mode = pdfium.FPDFTextObj_GetTextRenderMode(item) if item else 0
        self.bold = self._bold(raw, index)
        colour = [ctypes.c_uint() for _ in range(4)]
        known = pdfium.FPDFText_GetFillColor(raw, index, *colour)
        self.grey = round(sum(w * each.value for w, each in zip(LUMA, colour, strict=False))) if known else None
        self.opaque = colour[3].value / 255 if known else 1.0

    def _bold(self, raw: Any, index: int) -> bool:
        buffer, flags = ctypes.create_string_buffer(200), ctypes.c_int()
        pdfium.FPDFText_GetFontInfo(raw, index, buffer, 200, flags)
        name = buffer.value.decode("utf-8", "replace").lower()
        weight = pdfium.FPDFText_GetFontWeight(raw, index)
        return any(word in name for word in HEAVY) or HEAVY_WEIGHT <= weight <= 1000

    def piece(self, run: _Run) -> Piece | None:
        """``run`` turned so that it reads from left to right; None for slanted text (watermarks) and for no size."""
        angle = math.degrees(math.atan2(self.matrix.b, self.matrix.a)) % 360
        quarter = round(angle / 90)
        if abs(angle - quarter * 90) > 5 or not 0 < self.size < 1000:
            return None
        turn = quarter % 4
        corners = [_turned(x, y, turn) for x in (run.box[0], run.box[2]) for y in (run.box[1], run.box[3])]
        xs = [x for x, _ in corners]
        return Piece(run.text, min(xs), max(xs), _turned(*run.origin, turn)[1], self.size, self.bold, turn)


def _turned(x: float, y: float, turn: int) -> tuple[float, float]:
    return ((x, y), (y, -x), (-x, -y), (-y, x))[turn]


class _Eye:
    """What a reader sees of a page: its picture, and whether the page is a scan."""

    def __init__(self, page: pypdfium2.PdfPage, picture: NDArray[np.uint8] | None) -> None:
        self.page, self.picture = page, picture
        self._scan: bool | None = None

    def sees(self, box: list[float], look: _Look, size: float) -> bool:
        """Whether text in ``box`` leaves a mark on the picture that can be its own."""
        if size < SMALLEST:
            return False
        if (look.mode in UNPAINTED or look.opaque < 0.02) and not self.scan:
            return False
        region = self._region(box)
        if region is None:
            return True
        if region.size == 0:
            return False
        lightest, darkest = int(region.max()), int(region.min())
        if lightest - darkest < MARK:
            return False
        if look.grey is None or look.mode in UNPAINTED or look.mode in STROKED or look.opaque < 0.9:
            return True
        if look.grey < darkest + DARK * (lightest - darkest):
            return True  # dark letters on something lighter, as nearly all are
        apart = np.count_nonzero(np.abs(region.astype(np.int16) - look.grey) >= MARK)
        return bool(apart > GROUND * region.size)

    @property
    def scan(self) -> bool:
        """Whether pictures fill most of the page."""
        if self._scan is None:
            self._scan = image_share(self.page) > SCAN_SHARE
        return self._scan

    def _region(self, box: list[float]) -> NDArray[np.uint8] | None:
        """The part of the picture in ``box``; empty when it lies outside the page, None without a picture."""
        if self.picture is None:
            return None
        rows, columns = self.picture.shape[:2]
        x0, y0 = _on_device(self.page, box[0], box[1], columns, rows)
        x1, y1 = _on_device(self.page, box[2], box[3], columns, rows)
        left, right = sorted((x0, x1))
        top, bottom = sorted((y0, y1))
        return self.picture[max(0, top) : max(0, bottom + 1), max(0, left) : max(0, right + 1)]


def _on_device(page: pypdfium2.PdfPage, x: float, y: float, columns: int, rows: int) -> tuple[int, int]:
    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page.raw, 0, 0, columns, rows, 0, x, y, across, down)
    return across.value, down.value


def image_share(page: pypdfium2.PdfPage) -> float:
    """The share of the page that its largest picture takes, or many strips of one together."""
    width, height = page.get_size()
    area = 0.0
    try:
        for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=4):
            left, bottom, right, top = item.get_bounds()
            area += max(0.0, right - left) * max(0.0, top - bottom)
    except pypdfium2.PdfiumError:
        return 0.0
    return min(1.0, area / (width * height)) if width > 0 and height > 0 else 0.0
