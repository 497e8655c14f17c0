"""Pieces are a matter of the text alone, not of how it was cut on the way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.pipeline.pieces import Pieces, split

EXAMPLES = [
    ("You get 126 days [1]. They start at birth [2].", ["You get 126 days [1]. ", "They start at birth [2]."]),
    ("You get 126 days. [1] They start at birth. [2]", ["You get 126 days. [1] ", "They start at birth. [2]"]),
    ("It costs SGD 12.50 per day. No more.", ["It costs SGD 12.50 per day. ", "No more."]),
    ("See sec. 4 of e.g. the policy. Then stop.", ["See sec. 4 of e.g. the policy. ", "Then stop."]),
    ("- one [1]\n- two [1]\n", ["- one [1]\n", "- two [1]\n"]),
    ("Go to https://a.example/x.y?z=1. Then go.", ["Go to https://a.example/x.y?z=1. ", "Then go."]),
    (
        "Key: -----BEGIN PRIVATE KEY-----\nabc. Def\n-----END PRIVATE KEY----- end. After.",
        ["Key: -----BEGIN PRIVATE KEY-----\nabc. Def\n-----END PRIVATE KEY----- end. ", "After."],
    ),
    ("```\na. B\nc\n``` done. Next", ["```\na. B\nc\n``` done. ", "Next"]),
]


@pytest.mark.parametrize(("text", "pieces"), EXAMPLES)
def test_examples(text: str, pieces: list[str]) -> None:
    assert split(text) == pieces


PARTS = st.sampled_from(
    [
        "You get 12.5 days", ". ", "! ", ".", " ", "\n", "\n\n", "- ", "[1]", "[12]", " [", "]", "e.g. ",
        "No. 4", "Dr. Lim", "-----BEGIN X-----", "-----END X-----", "-----", "```", "https://a.b/c?d.e ",
        "<EMAIL_ADDRESS_1>", "。", "…", '"', ")", "3. ",
        "A", "a", "?", "1", "* ", "| a | b |\n",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PARTS, max_size=30).map("".join), st.lists(st.integers(0, 200), max_size=40))
def test_cuts_do_not_matter(text: str, cuts: list[int]) -> None:
    pieces, found, last = Pieces(), [], 0
    for cut in sorted({min(c, len(text)) for c in cuts} | {len(text)}):
        found += pieces.feed(text[last:cut])
        last = cut
    found += pieces.flush()
    assert "".join(found) == text
    assert found == split(text)


def test_nothing_of_a_key_comes_out_before_its_end() -> None:
    pieces = Pieces()
    assert pieces.feed("Here it is. Look: -----BEGIN RSA PRIVATE KEY-----\nMIIE. Abc\n\nmore. And ") == ["Here it is. "]
    assert pieces.feed("-----END RSA PRIVATE KEY----- over. Next") != []
