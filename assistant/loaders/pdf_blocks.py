"""Lines of a PDF as blocks: headings by size and weight, paragraphs joined over lines and pages, lists, tables.

Promises: lines that repeat at one height over pages (headers, footers) and page numbers are left out; words parted at
a line end are joined unless both halves are words of the document. Does not cover numbered headings set like the text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from assistant.loaders.pdf_lines import Line
from assistant.loaders.pdf_tables import table_at
from assistant.loaders.tables import markdown_table
from assistant.values import Block

MARGIN = 0.1
"""Share of a page's height, above and below, in which running headers and footers stand."""
LARGER = 1.12
HEADING_WORDS = 16
LONG_HEADING = 28
"""Words from which text set like a heading is a paragraph in large letters."""
HEADING_GAP = 1.6
"""Distance of base lines in em within which a heading goes on."""
PARAGRAPH_GAP = 1.25
"""A gap this many times the document's line distance starts a paragraph."""
PAGE_NUMBER = re.compile(r"^\W*(page|p\.)?\s*\d{1,4}(\s*(of|/|\|)\s*\d{1,4})?\W*$", re.IGNORECASE)
BULLET = re.compile(r"^([•‣◦▪■●○·–▸►➢✓*o-]|\uf0b7|\uf0a7|\d{1,2}[.)]|\(?[a-z]\)|\(?[ivx]{1,4}\))\s+(?=\S)")
NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2})*)\.?\s+\S")
Row = tuple[str, ...]


def blocks(pages: Sequence[list[Line]], heights: Sequence[float]) -> list[Block]:
    """Blocks of a document; ``pages`` holds the lines of each page, ``heights`` its height in points."""
    kept = _without_running_lines(pages, heights)
    lines = [line for page in kept for line in page]
    lines = lines or [line for page in pages for line in page]
    return _Builder(lines).build() if lines else []


def _without_running_lines(pages: Sequence[list[Line]], heights: Sequence[float]) -> list[list[Line]]:
    def edge(line: Line, height: float) -> bool:
        return line.y < MARGIN * height or line.y > (1 - MARGIN) * height

    def key(line: Line) -> tuple[str, int, int]:
        return re.sub(r"\d+", "#", line.text.lower()), round(line.y / 4), round(line.size)

    seen = Counter(k for page, h in zip(pages, heights, strict=True) for k in {key(x) for x in page if edge(x, h)})
    least = max(2, (len(pages) + 1) // 2) if len(pages) < 6 else max(3, len(pages) // 3)
    return [
        [x for x in page if not (edge(x, h) and (seen[key(x)] >= least or PAGE_NUMBER.match(x.text)))]
        for page, h in zip(pages, heights, strict=True)
    ]


class _Builder:
    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        letters: Counter[float] = Counter()
        for line in lines:
            letters[round(line.size * 2) / 2] += len(line.text)
        self.body = letters.most_common(1)[0][0]
        bold = sum(len(x.text) for x in lines if x.bold)
        self.bold_counts = bold < 0.4 * sum(letters.values())
        distances = [a.y - b.y for a, b in pairwise(lines) if a.page == b.page and a.y > b.y]
        close = Counter(round(d, 1) for d in distances if d < 2.2 * self.body)
        self.leading = close.most_common(1)[0][0] if close else 1.2 * self.body
        words = re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", " ".join(x.text for x in lines))
        self.words = Counter(word.lower() for word in words)
        sizes = sorted({self._size(x) for x in lines if self._is_heading(x)}, reverse=True)
        self.levels = {size: min(6, level) for level, size in enumerate(sizes, 1)}
        self.found: list[Block] = []
        self.rows: list[Row] = []

    def _size(self, line: Line) -> float:
        """Heading size in half points; bold text of body size ranks below every larger one."""
        return round(line.size * 2) / 2

    def _is_heading(self, line: Line) -> bool:
        text = line.text
        if len(line.cells) > 2 or len(text.split()) > HEADING_WORDS or not re.search(r"[^\W\d_]", text):
            return False
        if line.size >= self.body * LARGER:
            return True
        plain_end = text[-1] not in ".;,:" or bool(NUMBERED.match(text) and text[-1] == ".")
        return self.bold_counts and line.bold and line.size > 0.95 * self.body and plain_end and not _is_item(text)

    def build(self) -> list[Block]:
        at = 0
        last: Line | None = None
        while at < len(self.lines):
            line = self.lines[at]
            table = None if self._heads(at) else table_at(self.lines, at)
            if table is not None:
                self._table(table.rows, line.page, last)
                at += table.lines
            elif self._is_heading(line):
                self._heading(line, last)
                at += 1
            else:
                self._text(line, last)
                at += 1
            last = self.lines[at - 1]
        return [_as_paragraph(block) for block in self.found if block.text.strip()]

    def _heads(self, at: int) -> bool:
        """Whether the line is a heading beyond doubt, so that no table begins with it."""
        line = self.lines[at]
        return len(line.cells) == 1 and self._is_heading(line)

    def _table(self, rows: Sequence[Row], page: int, last: Line | None) -> None:
        previous = self.found[-1] if self.found else None
        turned = last is not None and last.page == page - 1 and previous is not None and previous.kind == "table"
        if turned and previous is not None and len(rows[0]) == len(self.rows[0]):
            self.rows += rows[1:] if rows[0] == self.rows[0] else rows
            self.found[-1] = Block("table", markdown_table(self.rows), page=previous.page)
        else:
            self.rows = list(rows)
            self.found.append(Block("table", markdown_table(self.rows), page=page))

    def _heading(self, line: Line, last: Line | None) -> None:
        level = self.levels[self._size(line)]
        previous = self.found[-1] if self.found else None
        wrapped = (
            previous is not None
            and previous.kind == "heading"
            and previous.level == level
            and last is not None
            and last.page == line.page
            and last.bold == line.bold
            and 0 < last.y - line.y < HEADING_GAP * line.size
            and not NUMBERED.match(line.text)
        )
        if wrapped and previous is not None:
            self.found[-1] = Block("heading", f"{previous.text} {line.text}", level=level, page=previous.page)
        else:
            self.found.append(Block("heading", line.text, level=level, page=line.page))

    def _text(self, line: Line, last: Line | None) -> None:
        previous = self.found[-1] if self.found else None
        bullet = BULLET.match(line.text)
        if bullet:
            counted = bullet[1] != "o" and (bullet[1][0].isalnum() or bullet[1][0] == "(")
            mark = bullet[1] if counted else "-"
            item = f"{mark} {line.text[bullet.end() :]}"
            if previous is not None and previous.kind == "list":
                self.found[-1] = Block("list", f"{previous.text}\n{item}", page=previous.page)
            else:
                self.found.append(Block("list", item, page=line.page))
        elif (
            previous is not None
            and previous.kind in ("paragraph", "list")
            and last
            and self._goes_on(last, line, previous)
        ):
            self.found[-1] = Block(previous.kind, self._join(previous.text, line.text), page=previous.page)
        else:
            self.found.append(Block("paragraph", line.text, page=line.page))

    def _goes_on(self, last: Line, line: Line, previous: Block) -> bool:
        if abs(last.size - line.size) > 0.6:
            return False
        ended = previous.text.rstrip()[-1:] in ".!?:;"
        if last.page != line.page or last.column != line.column:
            return line.text[:1].islower() or (not ended and line.text[:1].isdigit())
        if previous.kind == "list" and line.x0 < last.x0 - 2 and not BULLET.match(last.text) and ended:
            return False
        return 0 <= last.y - line.y <= PARAGRAPH_GAP * max(self.leading, 1.1 * line.size)

    def _join(self, text: str, more: str) -> str:
        if text.endswith("\u00ad"):
            return text[:-1] + more
        head, tail = re.search(r"([^\W\d_]+)-$", text), re.match(r"[^\W\d_]+", more)
        if head and tail and tail[0][0].islower():
            first, second = head[1].lower(), tail[0].lower()
            compound = f"{first}-{second}" in self.words or (self.words[first] and self.words[second] > 1)
            whole = first + second in self.words
            return (text if compound and not whole else text[:-1]) + more
        return text + more if head and text.endswith("-") else f"{text} {more}"


def _as_paragraph(block: Block) -> Block:
    """``block``, or a paragraph where it is a heading only by the size of its letters."""
    if block.kind == "heading" and len(block.text.split()) >= LONG_HEADING:
        return Block("paragraph", block.text, page=block.page)
    return block


def _is_item(text: str) -> bool:
    """Whether ``text`` is an item of a list rather than a numbered heading."""
    match = BULLET.match(text)
    return bool(match) and not NUMBERED.match(text)
