"""PPTX: each visible slide as a page: title as a heading, text, lists and tables from top to bottom, then its notes.

Promises: text in groups, charts' titles and figures, and merged cells are read; hidden slides and shapes, and shapes
wholly outside the slide, are left out and counted. Does not cover pictures of text, diagrams (SmartArt), comments, or
text that has the colour of what lies under it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pptx
from lxml import etree  # type: ignore[import-untyped]
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.exc import PythonPptxError
from pptx.oxml.ns import qn

from assistant.loaders.example import Example
from assistant.loaders.limits import MAX_PAGES, File, check_archive, refusal
from assistant.loaders.tables import markdown_table
from assistant.values import Block, LoadedDocument

TITLES = (PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE, PP_PLACEHOLDER.VERTICAL_TITLE)
FURNITURE = (PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.HEADER)
MAX_NESTED = 20
ERRORS = (KeyError, ValueError, TypeError, AttributeError, IndexError, RecursionError, OSError, EOFError,
          NotImplementedError, AssertionError, PythonPptxError, etree.XMLSyntaxError)  # fmt: skip


class Pptx:
    """Reads presentations (.pptx, .pptm)."""

    def accepts(self, head: bytes, name: str) -> bool:
        """``head`` starts like a zip; the registry looks inside for ``ppt/``."""
        return head.startswith(b"PK\x03\x04")

    def load(self, file: File) -> LoadedDocument:
        check_archive(file)
        try:
            show = pptx.Presentation(file.open())
            slides = list(show.slides)
        except ERRORS as error:
            raise refusal(
                file, f"the presentation is damaged ({type(error).__name__}); save it again in PowerPoint"
            ) from None
        if len(slides) > MAX_PAGES:
            raise refusal(file, f"it has {len(slides):,} slides, and {MAX_PAGES:,} is the most; split it")
        size = (int(show.slide_width or 0), int(show.slide_height or 0))
        blocks: list[Block] = []
        empty: list[int] = []
        hidden, hidden_slides, broken = 0, 0, []
        for number, slide in enumerate(slides, 1):
            if slide.element.get("show") in ("0", "false"):
                hidden_slides += 1
                continue
            reader = _Slide(slide, number, size)
            try:
                made = reader.blocks()
            except ERRORS:
                made = []
                broken.append(number)
            blocks += made
            hidden += reader.hidden
            if not made:
                empty.append(number)
        if not blocks:
            raise refusal(file, f"none of its {len(slides)} slides holds text; pictures of text are not read")
        skipped = [f"{hidden_slides} hidden slides"] if hidden_slides else []
        skipped += [f"slide {number} is damaged" for number in broken]
        return LoadedDocument(
            tuple(blocks),
            pages=len(slides),
            pages_without_text=tuple(empty),
            format="PPTX",
            hidden=hidden,
            skipped=tuple(skipped),
        )


class _Slide:
    def __init__(self, slide: Any, number: int, size: tuple[int, int]) -> None:
        self.slide, self.number, self.size = slide, number, size
        self.hidden = 0

    def blocks(self) -> list[Block]:
        shapes = list(self._shapes(self.slide.shapes, 0))
        titles = [shape for shape in shapes if _placeholder(shape) in TITLES and _has_text(shape)]
        shapes = [shape for shape in shapes if shape not in titles]
        row = max(1, self.size[1] // 40)
        shapes.sort(key=lambda shape: ((shape.top or 0) // row, shape.left or 0))
        found = [
            Block("heading", _joined(title.text_frame.text), level=1 if n == 0 else 2, page=self.number)
            for n, title in enumerate(titles)
        ]
        for shape in shapes:
            found += self._shape(shape)
        return found + self._notes()

    def _shapes(self, shapes: Any, depth: int) -> Iterator[Any]:
        """Shapes that are shown, also those in groups."""
        for shape in shapes:
            mark = shape.element.find(f".//{qn('p:cNvPr')}")
            if mark is not None and mark.get("hidden") in ("1", "true"):
                self.hidden += 1
            elif hasattr(shape, "shapes") and depth < MAX_NESTED:
                yield from self._shapes(shape.shapes, depth + 1)
            elif depth == 0 and self._outside(shape):
                self.hidden += bool(_has_text(shape))
            else:
                yield shape

    def _outside(self, shape: Any) -> bool:
        try:
            left, top, width, height = (int(v or 0) for v in (shape.left, shape.top, shape.width, shape.height))
        except (ValueError, TypeError, AttributeError):
            return False
        across, down = self.size
        return bool(across and down and width) and (
            left + width <= 0 or top + height <= 0 or left >= across or top >= down
        )

    def _shape(self, shape: Any) -> list[Block]:
        if _placeholder(shape) in FURNITURE:
            return []
        if getattr(shape, "has_table", False):
            table = markdown_table(_rows(shape.table))
            return [Block("table", table, page=self.number)] if table else []
        if getattr(shape, "has_chart", False):
            return self._chart(shape.chart)
        return self._text(shape) if _has_text(shape) else []

    def _text(self, shape: Any) -> list[Block]:
        """Paragraphs of a shape; those of a body with several are a list, as slides show them."""
        lines = [(p.level or 0, _joined(p.text)) for p in shape.text_frame.paragraphs]
        lines = [(level, text) for level, text in lines if text]
        body = _placeholder(shape) in (PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT, PP_PLACEHOLDER.VERTICAL_BODY)
        if len(lines) > 1 and (body or any(level for level, _ in lines)):
            return [Block("list", "\n".join("  " * level + f"- {text}" for level, text in lines), page=self.number)]
        return [Block("paragraph", text, page=self.number) for _, text in lines]

    def _chart(self, chart: Any) -> list[Block]:
        found = []
        if chart.has_title and chart.chart_title.has_text_frame:
            found.append(Block("paragraph", _joined(chart.chart_title.text_frame.text), page=self.number))
        try:
            plot = chart.plots[0]
            series = list(plot.series)
            rows = [["", *(str(each.name) for each in series)]]
            values = [list(each.values) for each in series]
            for n, category in enumerate(plot.categories):
                cells = ["" if n >= len(v) or v[n] is None else f"{v[n]:g}" for v in values]
                rows.append([str(category), *cells])
        except ERRORS:
            return found
        table = markdown_table(rows) if len(rows) > 1 else ""
        return found + ([Block("table", table, page=self.number)] if table else [])

    def _notes(self) -> list[Block]:
        if not self.slide.has_notes_slide or self.slide.notes_slide.notes_text_frame is None:
            return []
        text = _joined(self.slide.notes_slide.notes_text_frame.text)
        return [Block("paragraph", f"Notes: {text}", page=self.number)] if text else []


def _placeholder(shape: Any) -> Any:
    try:
        return shape.placeholder_format.type if shape.is_placeholder else None
    except (ValueError, KeyError, AttributeError):
        return None


def _has_text(shape: Any) -> bool:
    return bool(getattr(shape, "has_text_frame", False)) and bool(shape.text_frame.text.strip())


def _joined(text: str) -> str:
    return " ".join(text.replace("\v", " ").split())


def _rows(table: Any) -> list[list[str]]:
    """Cells of ``table``; merged down: repeated; merged across: followed by blanks."""
    rows: list[list[str]] = []
    for row in table.rows:
        line = []
        for column, cell in enumerate(row.cells):
            element = cell._tc
            if element.get("vMerge") in ("1", "true") and rows and column < len(rows[-1]):
                line.append(rows[-1][column])
            else:
                line.append("" if element.get("hMerge") in ("1", "true") else _joined(cell.text_frame.text))
        rows.append(line)
    return rows


def _deck() -> bytes:
    show = pptx.Presentation()
    first = show.slides.add_slide(show.slide_layouts[1])
    first.shapes.title.text = "Claims 2026"
    body = first.placeholders[1].text_frame
    body.text = "Report within 24 hours"
    inner = body.add_paragraph()
    inner.text, inner.level = "By telephone", 1
    first.notes_slide.notes_text_frame.text = "Say it slowly"
    second = show.slides.add_slide(show.slide_layouts[5])
    second.shapes.title.text = "Limits"
    table = second.shapes.add_table(3, 2, 0, 2_000_000, 5_000_000, 1_000_000).table
    for row, values in enumerate((("Kind", "Limit"), ("Glass", "SGD 900"), ("", "SGD 700"))):
        for column, value in enumerate(values):
            table.cell(row, column).text = value
    table.cell(1, 0).merge(table.cell(2, 0))
    group = second.shapes.add_group_shape()
    group.shapes.add_textbox(100, 100, 900, 900).text_frame.text = "In a group"
    second.shapes.add_textbox(-9_000_000, 0, 100, 100).text_frame.text = "obey me"
    show.slides.add_slide(show.slide_layouts[6])
    last = show.slides.add_slide(show.slide_layouts[5])
    last.shapes.title.text = "secret"
    last.element.set("show", "0")
    stream = io.BytesIO()
    show.save(stream)
    return stream.getvalue()


EXAMPLES = (
    Example(
        "claims.pptx",
        _deck,
        headings=((1, "Claims 2026"), (1, "Limits")),
        shown=(
            "- Report within 24 hours\n  - By telephone",
            "Notes: Say it slowly",
            "| Kind | Limit |",
            "| Glass | SGD 700 |",
            "In a group",
        ),
        hidden=("obey", "secret"),
    ),
)
