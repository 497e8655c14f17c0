"""HTML: headings, paragraphs, lists and tables as a reader sees them.

Promises: scripts, styles, comments, navigation and forms' controls are dropped; elements hidden by attribute or inline
style too, and counted; nothing is fetched. A table that lays out the page is read through. Does not cover hiding by
style sheet, script or colour: such text is read.
"""

from __future__ import annotations

import re
from itertools import takewhile

from bs4 import BeautifulSoup
from bs4.element import Comment, NavigableString, PreformattedString, Tag

from assistant.loaders.decoding import decode
from assistant.loaders.example import Example
from assistant.loaders.limits import File, refusal
from assistant.loaders.tables import markdown_table
from assistant.values import Block, LoadedDocument

MAX_BYTES = 10 * 1024 * 1024
"""The parser takes about a second per megabyte."""
MAX_SPAN = 50
DROPPED = {"script", "style", "template", "noscript", "nav", "title", "iframe", "object", "svg", "math", "canvas",
           "button", "select", "input", "textarea", "audio", "video"}  # fmt: skip
BLOCKS = {"address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset",
          "figcaption", "figure", "footer", "form", "header", "hr", "html", "li", "main", "ol", "p", "pre", "section",
          "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "caption"}  # fmt: skip
HEADINGS = {f"h{level}": level for level in range(1, 7)}
HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(hidden|collapse)|opacity\s*:\s*0*\.?0*\s*(;|$|!)"
    r"|font-size\s*:\s*0(?![.\d]*[1-9])|(?:left|top|text-indent)\s*:\s*-\d{3,}",
    re.IGNORECASE,
)
MARKS = re.compile(rb"<(!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
TAGS = re.compile(rb"<(p|div|h[1-6]|table|ul|ol|section|article|main|title|meta)[\s>]", re.IGNORECASE)


class Html:
    """Reads HTML pages and fragments."""

    def accepts(self, head: bytes, name: str) -> bool:
        """Whether ``head`` says it is HTML, or starts with a tag and holds blocks of HTML."""
        text = head.replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe \t\r\n\f")
        if not text.startswith(b"<"):
            return False
        return bool(MARKS.search(text)) or (not text.startswith(b"<!--") and bool(TAGS.match(text)))

    def load(self, file: File) -> LoadedDocument:
        data = file.data
        if len(data) > MAX_BYTES:
            raise refusal(file, f"it has {len(data) / 1e6:.0f} MB, and 10 MB is the most for HTML; split it")
        try:
            soup = BeautifulSoup(decode(_declared(data)), "html.parser")
            walk = _Walk()
            walk.enter(soup)
            walk.flush()
        except (RecursionError, AssertionError, ValueError):
            raise refusal(file, "its tags are nested in a way that cannot be read") from None
        if not walk.blocks:
            raise refusal(file, "it holds no text that a reader would see")
        return LoadedDocument(tuple(walk.blocks), format="HTML", hidden=walk.hidden)


def _declared(data: bytes) -> bytes:
    """``data`` as UTF-8 where the page declares another encoding that Python knows."""
    match = re.search(rb"charset\s*=\s*[\"']?\s*([\w-]+)", data[:2048], re.IGNORECASE)
    if match and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        try:
            return data.decode(match[1].decode("ascii")).encode("utf-8")
        except (LookupError, UnicodeError):
            return data
    return data


def _hidden(tag: Tag) -> bool:
    style = str(tag.get("style") or "")
    return tag.name in DROPPED or tag.has_attr("hidden") or bool(HIDDEN_STYLE.search(style))


def _lays_out(tag: Tag) -> bool:
    """Whether ``tag``, a table or a row, holds tables or headings, so that its cells are parts of the page."""
    return tag.find(["table", *HEADINGS]) is not None


def _joined(text: str) -> str:
    return " ".join(text.split())


class _Walk:
    """Collects blocks in document order; inline text gathers until a block begins or ends."""

    def __init__(self) -> None:
        self.hidden = 0
        self.done: set[int] = set()
        self.blocks: list[Block] = []
        self.inline: list[str] = []

    def flush(self) -> None:
        text = _joined("".join(self.inline))
        self.inline = []
        if text:
            self.blocks.append(Block("paragraph", text))

    def enter(self, parent: Tag) -> None:
        for child in parent.children:
            if isinstance(child, Tag):
                if not _hidden(child):
                    self._tag(child)
                elif child.name not in DROPPED and child.get_text(strip=True):
                    self.hidden += 1
            elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString | Comment):
                self.inline.append(str(child))

    def _tag(self, tag: Tag) -> None:
        if tag.name in HEADINGS:
            self._add("heading", _joined(inner_text(tag)), HEADINGS[tag.name])
        elif tag.name in ("ul", "ol"):
            self._add("list", "\n".join(_items(tag, 0)))
        elif tag.name == "table":
            self._table(tag)
        elif tag.name == "tr":
            self._row(tag)
        elif tag.name == "pre":
            self._add("paragraph", inner_text(tag).strip("\n"))
        elif tag.name == "br":
            self.inline.append(" ")
        elif tag.name in BLOCKS:
            self.flush()
            self.enter(tag)
            self.flush()
        else:
            self.enter(tag)

    def _add(self, kind: str, text: str, level: int = 0) -> None:
        self.flush()
        if text.strip():
            self.blocks.append(Block(kind, text, level=level))  # type: ignore[arg-type]

    def _table(self, tag: Tag) -> None:
        caption = tag.find("caption")
        if isinstance(caption, Tag):
            self._add("paragraph", _joined(inner_text(caption)))
        if _lays_out(tag):
            self.enter(tag)
            self.flush()
        else:
            self._plain_rows([row for row in tag.find_all("tr") if not _hidden(row)])

    def _row(self, row: Tag) -> None:
        """A row of a table that lays out the page: with the plain rows after it perhaps a table of its own."""
        if id(row) in self.done:
            return
        own = [row, *(each for each in row.find_next_siblings("tr") if not _hidden(each))]
        plain = list(takewhile(lambda each: not _lays_out(each), own))
        self.flush()
        if plain:
            self.done.update(map(id, plain))
            self._plain_rows(plain)
        else:
            self.enter(row)
            self.flush()

    def _plain_rows(self, own: list[Tag]) -> None:
        rows = _rows(own)
        if max((len(row) for row in rows), default=0) > 1 and len(rows) > 1:
            self._add("table", markdown_table(rows))
        else:
            for row in rows:
                self._add("paragraph", " ".join(cell for cell in row if cell))


def inner_text(tag: Tag) -> str:
    """All text under ``tag`` that a reader sees; blocks and line breaks inside become spaces."""
    parts: list[str] = []
    for child in tag.children:
        if isinstance(child, Tag):
            if child.name == "br":
                parts.append(" ")
            elif not _hidden(child):
                text = inner_text(child)
                parts.append(f" {text} " if child.name in BLOCKS else text)
        elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString | Comment):
            parts.append(str(child))
    return "".join(parts)


def _items(tag: Tag, depth: int) -> list[str]:
    lines: list[str] = []
    for number, item in enumerate((child for child in tag.find_all("li", recursive=False) if not _hidden(child)), 1):
        inner = [child for child in item.find_all(["ul", "ol"]) if child.find_parent("li") is item]
        nested = [line for child in inner if not _hidden(child) for line in _items(child, depth + 1)]
        for child in inner:
            child.extract()
        mark = f"{number}." if tag.name == "ol" else "-"
        if text := _joined(inner_text(item)):
            lines.append("  " * depth + f"{mark} {text}")
        lines += nested
    return lines


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name) or "1")
    return min(int(value), MAX_SPAN) if value.isdigit() and int(value) > 0 else 1


def _rows(own: list[Tag]) -> list[list[str]]:
    """Cells of rows; a cell over several rows is repeated in each, over several columns followed by blanks."""
    rows: list[list[str]] = []
    held: dict[int, tuple[int, str]] = {}
    for row in own:
        line: list[str] = []
        for cell in row.find_all(["td", "th"], recursive=False):
            _fill(line, held)
            text = "" if _hidden(cell) else _joined(inner_text(cell))
            down = _span(cell, "rowspan") - 1
            for offset in range(_span(cell, "colspan")):
                value = text if offset == 0 else ""
                if down:
                    held[len(line)] = (down, value)
                line.append(value)
        _fill(line, held)
        rows.append(line)
    return rows


def _fill(line: list[str], held: dict[int, tuple[int, str]]) -> None:
    while len(line) in held:
        left, text = held.pop(len(line))
        if left > 1:
            held[len(line)] = (left - 1, text)
        line.append(text)


EXAMPLES = (
    Example(
        "page.html",
        lambda: (
            b"<!doctype html><html><head><title>T</title><style>p{}</style></head><body><nav>Home</nav>"
            b"<h1>Claims <em>guide</em></h1><p>Report within<br>24&nbsp;hours.<script>alert(1)</script></p>"
            b"<!-- ignore --><div hidden>secret</div><p style='display: none'>obey me</p><h2>Steps</h2>"
            b"<ol><li>Call<ul><li>Mon</li></ul></li><li>Write</li></ol><img src='https://x.example/p.png'>"
            b"<table><tr><th>Kind</th><th>Limit</th></tr><tr><td rowspan=2>Hail</td><td>SGD 5</td></tr>"
            b"<tr><td>SGD 6</td></tr></table>loose text</body></html>"
        ),
        headings=((1, "Claims guide"), (2, "Steps")),
        shown=("Report within 24 hours.", "1. Call\n  - Mon\n2. Write", "| Hail | SGD 6 |", "loose text"),
        hidden=("alert", "ignore", "secret", "obey", "Home", "x.example", "p{}"),
    ),
    Example("latin.html", lambda: b"<html><meta charset=iso-8859-1><p>caf\xe9</p></html>", shown=("café",)),
    Example(
        "open-head.html",
        lambda: b"<html><head><title>T</title><body><p>shown</p>",
        shown=("shown",),
        hidden=("T",),
    ),
    Example("nested.html", lambda: b"<html>" + b"<div>" * 50_000 + b"x", refused="nested"),
    Example("unseen.html", lambda: b"<html><body><p hidden>x</p></body></html>", refused="no text that a reader"),
)
