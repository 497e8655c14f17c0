"""Markdown to HTML that is safe to put on a page, whoever wrote it.

Everything is escaped first and last: raw HTML in the text stays text, images become words, links are http, https or
mailto and show their host, and those off the allow list (where one is given) are not links. Covers answers, pieces
of a stream, documents and what experts write. Does not decide whether a text may be shown at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

SCHEMES = frozenset({"http", "https", "mailto"})
MARK = re.compile(r"\[(\d{1,3})\]")
# Characters that turn the reading direction or hide text; a name or a file name could lie with them.
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
OPEN, SHUT = "\ue000", "\ue001"

Cite = Callable[[int], str]


def plain(text: object) -> str:
    """``text`` for an element or a quoted attribute."""
    return escape(INVISIBLE.sub("", str(text)), quote=True)


def markdown(
    text: str,
    *,
    cite: Cite | None = None,
    hosts: Sequence[str] | None = None,
    highlight: str = "",
) -> str:
    """HTML of ``text``. ``cite(number)`` gives the HTML of a citation mark, or "" where there is no such source.

    ``hosts`` are those that links may point to (None: any). ``highlight`` is a sentence of the text to mark.
    """
    text = text.replace(OPEN, "").replace(SHUT, "")
    if highlight:
        text = _mark(text, highlight)
    html = str(_parser().render(INVISIBLE.sub("", text), {"cite": cite, "hosts": hosts}))
    return html.replace(OPEN, "<mark>").replace(SHUT, "</mark>")


def _mark(text: str, quote: str) -> str:
    """``text`` with the sentence between two sentinels, where it stands in it whole and within one block."""
    words = re.split(r"[\s*_`]+", re.sub(r"\s+([.,;:!?])", r"\1", MARK.sub("", quote)).strip())
    if not any(words):
        return text
    found = re.search(r"[\s*_`]+".join(re.escape(word) for word in words if word), text)
    if found is None:
        return text
    hit = found.group()
    balanced = all(hit.count(sign) % 2 == 0 for sign in ("*", "_", "`"))
    if "\n\n" in hit or "|" in hit or not balanced or re.search(r"\n\s*([-+*#>]|\d+[.)])\s", hit):
        return text
    return f"{text[: found.start()]}{OPEN}{hit}{SHUT}{text[found.end() :]}"


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False}).enable("table")
    # A reference definition in a document would turn a citation mark "[1]" into its link.
    parser.disable(["reference", "html_block", "html_inline"])
    parser.validateLink = _allowed  # type: ignore[method-assign]
    for name, rule in (("link_open", _link_open), ("link_close", _link_close), ("image", _image), ("text", _text)):
        parser.add_render_rule(name, rule)
    for name in ("heading_open", "heading_close"):
        parser.add_render_rule(name, _heading)
    return parser


def _allowed(url: str) -> bool:
    """Whether markdown-it may make a link of ``url`` at all."""
    try:
        return urlsplit(url.strip()).scheme.lower() in SCHEMES
    except ValueError:
        return False


def _host(url: str) -> str:
    parts = urlsplit(url)
    return parts.path.rpartition("@")[2] if parts.scheme.lower() == "mailto" else (parts.hostname or "")


def _linked(url: str, hosts: Sequence[str] | None) -> bool:
    if hosts is None:
        return True
    host = _host(url).lower()
    return any(host == allowed or host.endswith(f".{allowed}") for allowed in hosts)


def _link_open(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Mapping[str, Any]
) -> str:
    url = str(tokens[index].attrs.get("href", ""))
    if not _linked(url, env["hosts"]):
        return ""
    return f'<a href="{plain(url)}" rel="noopener noreferrer nofollow" target="_blank">'


def _link_close(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Mapping[str, Any]
) -> str:
    depth, at = 1, index - 1
    while at >= 0:
        depth += {"link_close": 1, "link_open": -1}.get(tokens[at].type, 0)
        if depth == 0:
            break
        at -= 1
    url = str(tokens[at].attrs.get("href", ""))
    shut = "</a>" if _linked(url, env["hosts"]) else ""
    return f'{shut} <span class="host">({plain(_host(url))})</span>'


def _image(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Mapping[str, Any]
) -> str:
    return f'<span class="host">[image: {plain(tokens[index].content or "no description")}]</span>'


def _text(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Mapping[str, Any]) -> str:
    cite: Cite | None = env["cite"]
    text = plain(tokens[index].content)
    if cite is None:
        return text
    return MARK.sub(lambda found: cite(int(found.group(1))) or found.group(), text)


def _heading(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Mapping[str, Any]
) -> str:
    """Headings of a text come below those of the page."""
    token = tokens[index]
    level = min(int(token.tag[1:]) + 2, 6)
    return f"<h{level}>" if token.nesting == 1 else f"</h{level}>\n"
