"""DOCX: headings by style, lists, tables, paragraphs and text boxes in the order of the body, then the rest.

Promises: hidden text (by mark, by size, white on nothing) and deleted text of tracked changes are left out, inserted
text is read; a table merged over cells repeats a value down its rows; a table of one cell, used as a box, is read as
paragraphs. Where a title style is used, headings stand one level below it. Notes, comments and headers come last, each
once. Does not cover pages (Word counts them), charts, and text hidden by the colour of a table's style.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import docx
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from lxml import etree  # type: ignore[import-untyped]

from assistant.loaders.example import Example
from assistant.loaders.limits import File, check_archive, refusal
from assistant.loaders.tables import markdown_table
from assistant.values import Block, LoadedDocument

MAX_SPAN = 50
MAX_EDGES = 10
SMALLEST = 3
"""Half points below which, and at which, nobody reads a letter."""
WHITE = re.compile(r"^f[c-f]f[c-f]f[c-f]$", re.IGNORECASE)
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
NOTES = {"footnotes.xml": "Footnote", "endnotes.xml": "Endnote", "comments.xml": "Comment"}
SKIPPED = {qn("w:del"), qn("w:moveFrom"), qn("w:instrText"), qn("w:pPr"), qn("w:rPr"), qn("w:txbxContent"), FALLBACK}
BREAKS = {qn("w:tab"), qn("w:br"), qn("w:cr"), qn("w:p")}


class Docx:
    """Reads Word documents (.docx, .docm)."""

    def accepts(self, head: bytes, name: str) -> bool:
        """``head`` starts like a zip; the registry looks inside for ``word/``."""
        return head.startswith(b"PK\x03\x04")

    def load(self, file: File) -> LoadedDocument:
        check_archive(file)
        try:
            document = docx.Document(file.open())
            body = _Body(document)
            blocks = body.blocks() + body.notes() + body.edges()
        except (
            KeyError,
            ValueError,
            TypeError,
            AttributeError,
            IndexError,
            RecursionError,
            OSError,
        ) as error:
            raise refusal(file, f"the document is damaged ({type(error).__name__}); save it again in Word") from None
        except (etree.XMLSyntaxError, OpcError):
            raise refusal(file, "the document is damaged; save it again in Word") from None
        if not blocks:
            raise refusal(file, "it holds no text")
        return LoadedDocument(tuple(blocks), format="DOCX", hidden=body.hidden)


class _Body:
    """Walks the body's XML: python-docx leaves out content controls and inserted text, which readers see."""

    def __init__(self, document: Any) -> None:
        self.body = document.element.body
        self.document = document
        self.hidden = 0
        self.dark = document.element.find(qn("w:background")) is not None
        self.styles = {style.style_id: style for style in document.styles}
        self.numbered = 0
        found = [self._style_names(paragraph) for paragraph in self.body.iter(qn("w:p"))]
        self.shift = 1 if any("title" in names for names in found) else 0

    def blocks(self) -> list[Block]:
        blocks: list[Block] = []
        for element in _content(self.body):
            made = self._table(element) if element.tag == qn("w:tbl") else self._paragraph(element)
            for block in made:
                if block.kind == "list" and blocks and blocks[-1].kind == "list":
                    blocks[-1] = Block("list", f"{blocks[-1].text}\n{block.text}")
                elif block.text.strip():
                    blocks.append(block)
        return blocks

    def edges(self) -> list[Block]:
        """Text of headers and footers that says something: each once, page numbers and blanks left out."""
        found: dict[str, None] = {}
        for section in self.document.sections:
            for part in (section.first_page_header, section.header, section.first_page_footer, section.footer):
                if part.is_linked_to_previous:
                    continue
                texts = [self._text(p) for p in part._element.iter(qn("w:p"))]
                text = " ".join(text for text in texts if text)
                if sum(char.isalpha() for char in text) > 3:
                    found[text] = None
        return [Block("paragraph", f"Header or footer: {text}") for text in list(found)[:MAX_EDGES]]

    def notes(self) -> list[Block]:
        """Footnotes, endnotes and comments, each as a paragraph that says what it is."""
        found: list[Block] = []
        for part in self.document.part.package.iter_parts():
            kind = NOTES.get(str(part.partname).rsplit("/", 1)[-1])
            if kind is None:
                continue
            root = etree.fromstring(part.blob, PARSER)
            for note in root:
                if note.get(qn("w:type")) in ("separator", "continuationSeparator", "continuationNotice"):
                    continue
                text = " ".join(text for text in (self._text(p) for p in note.iter(qn("w:p"))) if text)
                if text:
                    found.append(Block("paragraph", f"{kind}: {text}"))
        return found

    def _style_names(self, paragraph: Any) -> list[str]:
        """Lower-case names of the paragraph's style and of those it builds on."""
        properties = paragraph.find(qn("w:pPr"))
        named = properties.find(qn("w:pStyle")) if properties is not None else None
        style = self.styles.get(named.get(qn("w:val"))) if named is not None else None
        names: list[str] = []
        while style is not None and len(names) < 12:
            names.append(str(style.name).lower())
            style = getattr(style, "base_style", None)
        return names

    def _level(self, paragraph: Any, names: list[str]) -> int:
        """Heading level from the style's name or the outline level; 0 for text."""
        for name in names:
            if name == "title":
                return 1
            if name.startswith("heading ") and name[8:].isdigit():
                return min(6, int(name[8:]) + self.shift)
        outline = paragraph.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        if outline is not None and (outline.get(qn("w:val")) or "9").isdigit():
            level = int(outline.get(qn("w:val")) or "9")
            return min(6, level + 1 + self.shift) if level < 9 else 0
        return 0

    def _paragraph(self, paragraph: Any) -> list[Block]:
        boxes = [p for box in _boxes(paragraph) for p in box.iter(qn("w:p"))]
        return self._own(paragraph) + [block for p in boxes for block in self._own(p)]

    def _own(self, paragraph: Any) -> list[Block]:
        """Blocks of a paragraph without the text boxes that hang on it."""
        text = self._text(paragraph)
        names = self._style_names(paragraph)
        if level := self._level(paragraph, names):
            self.numbered = 0
            return [Block("heading", text, level=level)] if text else []
        listed = any(name.startswith("list ") and name != "list paragraph" for name in names)
        numbering = paragraph.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
        if not text or not (listed or numbering is not None):
            self.numbered = 0 if text else self.numbered
            return [Block("paragraph", text)]
        return [Block("list", self._item(text, names, numbering))]

    def _item(self, text: str, names: list[str], numbering: Any) -> str:
        deep = numbering.find(qn("w:ilvl")) if numbering is not None else None
        depth = int(deep.get(qn("w:val")) or 0) if deep is not None else 0
        depth = max([depth] + [int(name[-1]) - 1 for name in names if name.startswith("list ") and name[-1].isdigit()])
        mark = "-"
        if any(name.startswith("list number") for name in names):
            self.numbered += 1
            mark = f"{self.numbered}."
        else:
            self.numbered = 0
        return "  " * min(depth, 6) + f"{mark} {text}"

    def _table(self, table: Any) -> list[Block]:
        rows = self._rows(table)
        if max((len(row) for row in rows), default=0) > 1:
            return [Block("table", markdown_table(rows))]
        return [block for cell in table.iter(qn("w:tc")) for p in cell.iter(qn("w:p")) for block in self._paragraph(p)]

    def _text(self, element: Any) -> str:
        """What a reader sees of ``element`` on one line, without the text boxes in it."""
        parts: list[str] = []
        self._gather(element, parts)
        return " ".join("".join(parts).split())

    def _gather(self, element: Any, parts: list[str]) -> None:
        for child in element:
            if child.tag in SKIPPED:
                continue
            if child.tag == qn("w:r") and self._unseen(child):
                self.hidden += any((text.text or "").strip() for text in child.iter(qn("w:t")))
            elif child.tag == qn("w:t"):
                parts.append(child.text or "")
            elif child.tag == qn("w:noBreakHyphen"):
                parts.append("-")
            else:
                if child.tag in BREAKS:
                    parts.append(" ")
                self._gather(child, parts)

    def _unseen(self, run: Any) -> bool:
        """Whether no reader sees ``run``: marked hidden, too small, or white where nothing dark lies under it."""
        if _vanished(run):
            return True
        size = run.find(f"{qn('w:rPr')}/{qn('w:sz')}")
        if size is not None and (size.get(qn("w:val")) or "9").isdigit() and int(size.get(qn("w:val"))) <= SMALLEST:
            return True
        colour = run.find(f"{qn('w:rPr')}/{qn('w:color')}")
        if colour is None or not WHITE.match(colour.get(qn("w:val")) or "") or self.dark:
            return False
        return not _shaded(run)

    def _rows(self, table: Any) -> list[list[str]]:
        """Cells of ``table``; merged down: repeated; merged across: followed by blanks."""
        rows: list[list[str]] = []
        for row in table.iter(qn("w:tr")):
            line: list[str] = []
            for cell in row.iterchildren(qn("w:tc"), qn("w:sdt")):
                span = cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")
                merged = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
                text = self._text(cell)
                if merged is not None and merged.get(qn("w:val")) != "restart" and rows and len(line) < len(rows[-1]):
                    text = rows[-1][len(line)]
                wide = int(span.get(qn("w:val")) or 1) if span is not None else 1
                line += [text] + [""] * (min(wide, MAX_SPAN) - 1)
            rows.append(line)
        return rows


def _content(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables under ``parent``, through content controls and the like."""
    for child in parent:
        if child.tag in (qn("w:p"), qn("w:tbl")):
            yield child
        elif child.tag in (qn("w:sdt"), qn("w:sdtContent"), qn("w:customXml"), qn("w:ins"), qn("w:smartTag")):
            yield from _content(child)


def _boxes(paragraph: Any) -> list[Any]:
    """Contents of the text boxes anchored in ``paragraph``, not of those inside another box."""
    found = [box for box in paragraph.iter(qn("w:txbxContent")) if not _inside(box, FALLBACK)]
    return [box for box in found if not _inside(box.getparent(), qn("w:txbxContent"))]


def _inside(element: Any, tag: str) -> bool:
    return element.tag == tag or next(element.iterancestors(tag), None) is not None


def _vanished(run: Any) -> bool:
    mark = run.find(f"{qn('w:rPr')}/{qn('w:vanish')}")
    return mark is not None and mark.get(qn("w:val")) not in ("0", "false", "off")


def _shaded(run: Any) -> bool:
    """Whether something dark may lie under ``run``: shading of its own, its paragraph or cell, a table style, a box."""
    if run.find(f"{qn('w:rPr')}/{qn('w:highlight')}") is not None:
        return True
    marks = [run.find(f"{qn('w:rPr')}/{qn('w:shd')}")]
    for above in run.iterancestors():
        if above.tag == qn("w:p"):
            marks.append(above.find(f"{qn('w:pPr')}/{qn('w:shd')}"))
        elif above.tag == qn("w:tc"):
            marks.append(above.find(f"{qn('w:tcPr')}/{qn('w:shd')}"))
        elif above.tag == qn("w:tbl"):
            style = above.find(f"{qn('w:tblPr')}/{qn('w:tblStyle')}")
            if style is not None and style.get(qn("w:val")) not in ("TableGrid", "TableNormal"):
                return True
        elif above.tag == qn("w:txbxContent"):
            return True
    fills = [(mark.get(qn("w:fill")) or "auto").lower() for mark in marks if mark is not None]
    return any(fill not in ("auto", "ffffff") for fill in fills)


def _document() -> bytes:
    made = docx.Document()
    made.add_heading("Motor claims", 0)
    made.add_heading("Limits", 1)
    paragraph = made.add_paragraph("Report within ")
    paragraph.add_run("24 hours").bold = True
    hidden = paragraph.add_run(" obey me")
    hidden.font.hidden = True
    paragraph.add_run(" white orders").font.color.rgb = RGBColor(255, 255, 255)
    paragraph.add_run(" small orders").font.size = Pt(1)
    made.add_comment(paragraph.runs, text="Check with Legal", author="Bea")
    made.sections[0].header.paragraphs[0].text = "Harbourline, confidential"
    made.sections[0].footer.paragraphs[0].text = "7"
    table = made.add_table(rows=3, cols=2)
    for row, values in zip(table.rows, (("Kind", "Limit"), ("Glass", "SGD 900"), ("", "SGD 700")), strict=True):
        for cell, value in zip(row.cells, values, strict=True):
            cell.text = value
    table.cell(1, 0).merge(table.cell(2, 0))
    made.add_heading("Steps", 2)
    for text in ("Call", "Write"):
        made.add_paragraph(text, style="List Number")
    made.add_paragraph("Keep photographs", style="List Bullet")
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


EXAMPLES = (
    Example(
        "claims.docx",
        _document,
        headings=((1, "Motor claims"), (2, "Limits"), (3, "Steps")),
        shown=(
            "Report within 24 hours",
            "| Kind | Limit |",
            "| Glass | SGD 700 |",
            "1. Call\n2. Write\n- Keep photographs",
            "Header or footer: Harbourline, confidential",
            "Comment: Check with Legal",
        ),
        hidden=("obey", "orders"),
    ),
)
