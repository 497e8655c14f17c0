"""Markdown from anybody is inert on a page."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.ui.markup import markdown, plain

INERT = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.example/?q=1)",
    "![x][1]\n\n[1]: https://evil.example/p.png",
    "[go](javascript:alert(1))",
    "[go](JaVaScRiPt:alert(1))",
    "[go](data:text/html;base64,PHNjcmlwdD4=)",
    "[go](vbscript:x)",
    "<javascript:alert(1)>",
    "<svg/onload=alert(1)>",
    "<style>body{background:url(https://evil.example)}</style>",
    "<form action=https://evil.example><input></form>",
    "<iframe src=https://evil.example></iframe>",
    "<base href=https://evil.example>",
    "<math><maction actiontype=statusline xlink:href=javascript:alert(1)>x</maction></math>",
    '```mermaid\ngraph TD; A-->B; click A href "javascript:alert(1)"\n```',
    '[a](https://ok.example "x" onmouseover=alert(1))',
    '[a](<https://ok.example/" onmouseover="alert(1)>)',
    "| a |\n| - |\n| <img src=x onerror=alert(1)> |",
    "`<script>alert(1)</script>`",
    "\ue000<b>\ue001",
]
TAGS = {
    "p", "strong", "em", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "br", "a", "span", "table", "thead",
    "tbody", "tr", "th", "td", "h3", "h4", "h5", "h6", "mark",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "rel", "target"}, "span": {"class"}, "code": {"class"}, "ol": {"start"},
              "th": {"style"}, "td": {"style"}}  # fmt: skip


def problems(html: str) -> list[str]:
    """Elements and attributes that no text may produce."""
    found = []
    for tag, attributes in re.findall(r"<(\w+)((?:\s[^<>]*)?)/?>", html):
        if tag not in TAGS:
            found.append(tag)
        for name, value in re.findall(r'([\w:-]+)="([^"]*)"', attributes):
            if name not in ATTRIBUTES.get(tag, set()):
                found.append(f"{tag}.{name}")
            if name == "href" and not re.match(r"(https?://|mailto:)", value, re.I):
                found.append(value)
    outside = re.sub(r"<(/?\w+)((?:\s[\w:-]+=\"[^\"]*\")*)\s*/?>", "", html)
    return found + (["<"] if "<" in outside else [])


@pytest.mark.parametrize("text", INERT)
@pytest.mark.parametrize("hosts", [None, ["ok.example"]])
def test_hostile_markdown_is_inert(text: str, hosts: list[str] | None) -> None:
    assert problems(markdown(text, hosts=hosts)) == []


@given(
    st.lists(
        st.sampled_from([*INERT, "[", "](", ")", "<", ">", '"', "**", "`", "\n\n", "| a |\n| - |\n", "x"]), max_size=8
    )
)
def test_mixtures_are_inert(parts: list[str]) -> None:
    assert problems(markdown("".join(parts))) == []


def test_links_show_their_host_and_only_allowed_ones_are_links() -> None:
    text = (
        "[form](https://forms.ok.example/x) and [other](https://evil.example/ok.example) and [me](mailto:a@ok.example)"
    )
    html = markdown(text, hosts=["ok.example"])
    assert 'href="https://forms.ok.example/x" rel="noopener noreferrer' in html and "(forms.ok.example)" in html
    assert "https://evil.example" not in html and 'other <span class="host">(evil.example)</span>' in html
    assert 'href="mailto:a@ok.example"' in html
    assert "<a " not in markdown("[x](https://notok.example)", hosts=["ok.example"])


def test_citation_marks_become_buttons_only_where_there_is_a_source() -> None:
    html = markdown("Yes [1]. No [7]. `[1]`\n\n[1]: https://evil.example", cite=lambda n: "<b>1</b>" if n == 1 else "")
    assert html.count("<b>1</b>") == 2 and "No [7]." in html and "<code>[1]</code>" in html and "<a " not in html


def test_a_cited_sentence_is_marked_in_its_passage() -> None:
    passage = "You get **26 weeks** of leave.\nIt starts at birth.\n\n| a | b |\n| - | - |\n| 1 | 2 |"
    html = markdown(passage, highlight="You get 26 weeks of leave [1].")
    assert "<mark>You get <strong>26 weeks</strong> of leave.</mark>" in html
    assert "<mark>" not in markdown(passage, highlight="1 | 2")
    assert "<mark>" not in markdown(passage, highlight="Something else")


def test_plain_text_cannot_leave_an_attribute_or_turn_direction() -> None:
    assert plain("a\"b'c<\u202egnp.exe") == "a&quot;b&#x27;c&lt;gnp.exe"
