"""Plain text and the way back to the original."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.privacy.normalise import normalise

ODD = st.text(st.sampled_from("ab1 @.-[](){}\n\u200b\u202e\ufeff\u00ade\u0301ｊ＠．４①ﬁ٣—\u00a0dotat"), max_size=60)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("jane [at] firm (dot) com", "jane@firm.com"),
        ("jane.tan(at)firm[.]co[.]uk!", "jane.tan@firm.co.uk!"),
        ("write jane at firm dot com now", "write jane@firm.com now"),
        ("jane @ firm.com", "jane@firm.com"),
        ("ja\u200bne\u202e@firm.com", "jane@firm.com"),
        ("ｊａｎｅ＠ｆｉｒｍ．ｃｏｍ", "jane@firm.com"),
        ("+65 ٩١٢٣ 4567", "+65 9123 4567"),
        ("9123—4567", "9123-4567"),
        ("e\u0301t\u00e9", "\u00e9t\u00e9"),
        ("We are at home. Look at dot two.", "We are at home. Look at dot two."),
    ],
)
def test_forms(text, plain):
    assert normalise(text).text == plain


def test_a_finding_is_cut_out_of_the_original():
    text = "Mail ja\u200bne [at] ｆｉｒｍ (dot) com, please"
    plain = normalise(text)
    at = plain.text.index("jane@firm.com")
    start, end = plain.span(at, at + len("jane@firm.com"))
    assert text[start:end] == "ja\u200bne [at] ｆｉｒｍ (dot) com"


@given(ODD | st.text(max_size=60))
def test_every_character_knows_where_it_came_from(text):
    plain = normalise(text)
    last = 0
    for at in range(len(plain.text)):
        start, end = plain.span(at, at + 1)
        assert 0 <= start < end <= len(text)
        assert start >= last
        last = start
