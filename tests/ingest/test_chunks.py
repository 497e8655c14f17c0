"""Chunks: exact places in the whole text, along the structure, none too long, nothing lost."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.ingest.chunks import MOST_WORDS, chunk
from assistant.ingest.sentences import cut, words
from assistant.loaders.tables import markdown_table
from assistant.values import Block, LoadedDocument

SENTENCE = st.lists(
    st.sampled_from(["leave", "SGD 1,200", "e.g.", "Ms. Tan", "25", "x" * 60, "#", "|", "naïve"]),
    min_size=1,
    max_size=60,
)
TEXT = st.lists(SENTENCE.map(lambda parts: " ".join(parts).capitalize() + "."), min_size=1, max_size=12).map(" ".join)
ROWS = st.lists(
    st.lists(SENTENCE.map(lambda parts: " ".join(parts[:20])), min_size=3, max_size=3),
    min_size=1,
    max_size=40,
)
BLOCK = st.one_of(
    st.tuples(st.integers(1, 6), SENTENCE).map(lambda t: Block("heading", " ".join(t[1][:6]), level=t[0])),
    TEXT.map(lambda text: Block("paragraph", text)),
    st.lists(TEXT, min_size=1, max_size=9).map(lambda items: Block("list", "\n".join(f"- {item}" for item in items))),
    ROWS.map(lambda rows: Block("table", markdown_table(rows))),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(BLOCK, max_size=14))
def test_places_are_exact_nothing_is_lost_and_nothing_too_long(blocks: list[Block]) -> None:
    blocks = [replace(b, text=f"{b.text} §{n}§") if b.kind == "heading" else b for n, b in enumerate(blocks)]
    hard = [f"§{n}§" for n, block in enumerate(blocks) if block.kind == "heading" and block.level <= 2]
    text, found = chunk("doc@1", LoadedDocument(tuple(blocks)))
    for each in found:
        body = text[each.start : each.end]
        assert body and words(each.text) <= MOST_WORDS
        if each.text != body:
            header = each.text.removesuffix("\n" + body)
            assert re.fullmatch(r"\|.*\|\n\|( --- \|)+", header), "only a repeated table header may precede"
            assert header in text
            assert body.startswith("|") and text[each.start - 1] == "\n"
        inside = [mark for mark in hard if mark in body]
        assert not inside or all(block.kind == "heading" for block in blocks)
    assert [c.position for c in found] == list(range(len(found)))
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert len({c.id for c in found}) == len(found)
    letters = [i for i, char in enumerate(text) if char.isalnum() and not any(c.start <= i < c.end for c in found)]
    left_out = {text[text.rfind("\n", 0, i) + 1 : i + 1][0] for i in letters}
    assert left_out <= {"#", "|"}, "only headings and a table's header may stand in no chunk"


def paragraph(count: int, word: str = "word") -> Block:
    return Block("paragraph", " ".join([word] * count) + ".")


def test_short_sections_share_a_chunk_only_below_level_two() -> None:
    blocks = (
        Block("heading", "Policy", level=1), paragraph(30),
        Block("heading", "Leave", level=2), Block("heading", "Days", level=3), paragraph(20),
        Block("heading", "Pay", level=3), paragraph(20),
        Block("heading", "Long", level=3), paragraph(90),
        Block("heading", "Travel", level=2), paragraph(10),
    )  # fmt: skip
    _, found = chunk("doc@1", LoadedDocument(blocks))
    assert [c.heading for c in found] == [
        ("Policy",), ("Policy", "Leave"), ("Policy", "Leave", "Long"), ("Policy", "Travel")
    ]  # fmt: skip
    assert found[1].text.startswith("### Days\n\nword") and "\n\n### Pay\n\nword" in found[1].text


def test_a_long_table_is_split_by_rows_under_its_header() -> None:
    rows = [["City", "Limit"]] + [[f"City{n} " + "a " * 10, f"SGD {n}"] for n in range(40)]
    table = Block("table", markdown_table(rows), page=3)
    text, found = chunk("doc@1", LoadedDocument((Block("heading", "Limits", level=1), table)))
    assert len(found) > 2
    assert all(c.text.startswith("| City | Limit |\n| --- | --- |\n| City") and c.page == 3 for c in found)
    assert "".join(text[c.start : c.end] + "\n" for c in found).strip() == table.text
    small = Block("table", markdown_table(rows[:6]))
    _, whole = chunk("doc@1", LoadedDocument((Block("paragraph", "The limits are:"), small)))
    assert len(whole) == 1 and whole[0].text.startswith("The limits are:\n\n| City")


def test_changed_text_has_new_ids_and_same_text_the_same() -> None:
    first, again, other = (
        chunk("doc@1", LoadedDocument((paragraph(5, word),)))[1][0].id for word in ("leave", "leave", "travel")
    )
    assert first == again != other


def test_cuts_come_at_sentence_ends_and_not_after_abbreviations() -> None:
    text = "Ask Dr. Lim, e.g. by mail, for it now. " * 4
    parts = [text[a:b] for a, b in cut(text, 0, len(text), 12)]
    assert all(part.endswith("now.") for part in parts) and len(parts) == 4


def test_text_without_blanks_is_cut_too() -> None:
    text = "x" * 20_000
    parts = [text[a:b] for a, b in cut(text, 0, len(text), 200)]
    assert "".join(parts) == text and max(map(words, parts)) <= 200
