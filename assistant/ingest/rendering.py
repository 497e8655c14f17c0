"""A page of a PDF as a picture, and where a passage stands on it. Runs in a child process (``child.py``) only."""

from __future__ import annotations

import ctypes
import io
from pathlib import Path
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

from assistant.ingest import matching
from assistant.loaders.limits import check_size, refusal

MOST_PIXELS = 4_000_000
GRID = 100_000
"""The page's width and height when places are turned into shares of it."""


def render(path: Path, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The picture of ``request["page"]`` (from 1) about ``width`` pixels wide, with the places of ``passage``.

    Raises DocumentRefused.
    """
    called = Path(request["name"])
    check_size(path)
    with path.open("rb") as file:
        if b"%PDF-" not in file.read(1024):
            raise refusal(called, "only the pages of a PDF have a picture")
    try:
        document = pypdfium2.PdfDocument(path)
        if document.get_formtype() != pdfium.FORMTYPE_NONE:
            document.init_forms()
    except pypdfium2.PdfiumError:
        raise refusal(called, "the PDF is damaged or locked, so its pages have no picture") from None
    count, number = len(document), int(request["page"])
    if not 1 <= number <= count:
        raise refusal(called, f"it has no page {number}, only {count}")
    try:
        page = document[number - 1]
        width, height = page.get_size()
        if width <= 0 or height <= 0:
            raise refusal(called, f"its page {number} has no size")
        scale = min(request["width"] / width, (MOST_PIXELS / (width * height)) ** 0.5)
        scale = max(scale, 1 / min(width, height))
        image = page.render(scale=scale, may_draw_forms=True).to_pil()
        boxes, share = _boxes(page, request["passage"]) if request["passage"].strip() else ([], 0.0)
    except pypdfium2.PdfiumError:
        raise refusal(called, f"its page {number} is damaged") from None
    stream = io.BytesIO()
    image.convert("RGB").save(stream, "PNG", compress_level=6)
    head = {"width": image.width, "height": image.height, "pages": count, "boxes": boxes, "share": share}
    return head, stream.getvalue()


def _boxes(page: pypdfium2.PdfPage, passage: str) -> tuple[list[list[float]], float]:
    """One box per line of text of the passage, as shares of the page [left, top, right, bottom]."""
    text = page.get_textpage()
    count = text.count_chars()
    characters = [chr(pdfium.FPDFText_GetUnicode(text.raw, index) or 32) for index in range(count)]
    ranges, share = matching.find(characters, passage)
    lines: list[list[float]] = []
    for start, end in ranges:
        fresh = True
        for index in range(start, end):
            if characters[index].isspace():
                continue
            box = _on_picture(page, text.get_charbox(index, loose=True))
            if not fresh and _same_line(lines[-1], box):
                last = lines[-1]
                lines[-1] = [min(last[0], box[0]), min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3])]
            else:
                lines.append(box)
                fresh = False
    return [[round(value, 5) for value in line] for line in lines if line[2] > line[0] and line[3] > line[1]], share


def _same_line(line: list[float], box: list[float]) -> bool:
    """Whether ``box`` goes on ``line``: about one height, and no wide gap or step back between them."""
    height = max(line[3] - line[1], box[3] - box[1])
    overlap = min(line[3], box[3]) - max(line[1], box[1])
    gap = max(box[0] - line[2], line[0] - box[2])
    return overlap > 0.3 * min(line[3] - line[1], box[3] - box[1]) and gap < 2.5 * height


def _on_picture(page: pypdfium2.PdfPage, box: tuple[float, float, float, float]) -> list[float]:
    """A box in the page's own space as shares of the picture, whatever the page's rotation and crop."""
    left, bottom, right, top = box
    corners = [_point(page, x, y) for x, y in ((left, bottom), (right, top))]
    xs, ys = sorted(x for x, _ in corners), sorted(y for _, y in corners)
    return [max(0.0, xs[0]), max(0.0, ys[0]), min(1.0, xs[1]), min(1.0, ys[1])]


def _point(page: pypdfium2.PdfPage, x: float, y: float) -> tuple[float, float]:
    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page.raw, 0, 0, GRID, GRID, 0, x, y, across, down)
    return across.value / GRID, down.value / GRID
