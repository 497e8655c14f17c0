"""Placeholders: one-to-one, stable, never somebody else's value."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.privacy.placeholders import PLACEHOLDER, PlaceholderMap
from assistant.values import Span

WORDS = st.sampled_from(
    ["jane@firm.com", "ann@firm.com", "S1234567D", "91234567", "<EMAIL_ADDRESS_1>", "<EMAIL_ADDRESS_2>", "<LITERAL_1>",
     "<PHONE_NUMBER_1>", "hello", "<", ">", "_1>", "<EMAIL", "x<EMAIL_ADDRESS_1>y", "firm.com", "", "\n"]
)  # fmt: skip
VALUES = re.compile(r"[a-z]+@firm\.com|S1234567D|91234567|x<EMAIL_ADDRESS_1>y")
MESSAGES = st.lists(st.lists(WORDS, max_size=8).map(" ".join) | st.lists(WORDS, max_size=8).map("".join), max_size=6)


def spans(text: str) -> list[Span]:
    kinds = {"@": "EMAIL_ADDRESS", "S": "SG_NRIC_FIN", "9": "PHONE_NUMBER", "x": "PERSON"}
    return [
        Span(m.start(), m.end(), "EMAIL_ADDRESS" if "@" in m.group() else kinds[m.group()[0]], 1.0)
        for m in VALUES.finditer(text)
    ]


@settings(max_examples=300)
@given(MESSAGES)
def test_what_was_masked_comes_back_over_a_whole_conversation(messages):
    stored: dict[str, str] = {}
    seen: list[tuple[str, str]] = []
    for text in messages:
        mapped = PlaceholderMap(stored)
        masked = mapped.mask(text, spans(text))
        assert not any(v in masked.text for v in ("jane@firm.com", "ann@firm.com", "S1234567D", "91234567"))
        assert mapped.unknown(masked.text) == []
        assert stored.items() <= mapped.values.items()
        stored = mapped.values
        seen.append((text, masked.text))
    final = PlaceholderMap(stored)
    assert all(final.restore(masked) == text for text, masked in seen)
    assert len(set(stored.values())) == len(stored)


@settings(max_examples=300)
@given(MESSAGES, st.lists(WORDS, max_size=6).map(" ".join))
def test_an_answer_never_shows_the_wrong_value(messages, answer):
    mapped = PlaceholderMap()
    for text in messages:
        mapped.mask(text, spans(text))
    tokens = [match.group() for match in PLACEHOLDER.finditer(answer)]
    between = PLACEHOLDER.split(answer)[::3]
    values = [mapped.values.get(token, token) for token in tokens]
    assert mapped.restore(answer) == "".join(a + b for a, b in zip(between, [*values, ""], strict=True))


def test_two_values_are_never_one_and_one_is_never_two():
    mapped = PlaceholderMap()
    first = mapped.mask("a@b.com c@d.com a@b.com", [Span(0, 7, "EMAIL_ADDRESS", 1), Span(8, 15, "EMAIL_ADDRESS", 1)])
    assert first.text == "<EMAIL_ADDRESS_1> <EMAIL_ADDRESS_2> <EMAIL_ADDRESS_1>"
    assert first.shown == (("EMAIL_ADDRESS", "<EMAIL_ADDRESS_1>"), ("EMAIL_ADDRESS", "<EMAIL_ADDRESS_2>"))
    again = PlaceholderMap(mapped.values)
    assert again.mask("e@f.com", [Span(0, 7, "EMAIL_ADDRESS", 1)]).text == "<EMAIL_ADDRESS_3>"


def test_a_typed_placeholder_is_its_own_entry():
    mapped = PlaceholderMap({"<EMAIL_ADDRESS_1>": "ann@firm.com"})
    masked = mapped.mask("who is <EMAIL_ADDRESS_1>?", [])
    assert masked.text == "who is <LITERAL_1>?"
    assert mapped.restore(masked.text) == "who is <EMAIL_ADDRESS_1>?"


def test_a_value_that_looks_like_a_placeholder_is_restored_once():
    mapped = PlaceholderMap({"<EMAIL_ADDRESS_1>": "ann@firm.com", "<PERSON_1>": "<EMAIL_ADDRESS_1>"})
    assert mapped.restore("<PERSON_1>") == "<EMAIL_ADDRESS_1>"


def test_known_values_are_masked_as_whole_words_and_placeholders_left():
    mapped = PlaceholderMap({"<PHONE_NUMBER_1>": "91234567", "<PERSON_1>": "Ann", "<LITERAL_1>": "<PERSON_1>"})
    assert mapped.mask_known("Ann, Anna: 91234567, 912345678, <PERSON_1>") == (
        "<PERSON_1>, Anna: <PHONE_NUMBER_1>, 912345678, <PERSON_1>"
    )


def test_only_exact_and_allowed_placeholders_are_restored():
    mapped = PlaceholderMap({"<PERSON_1>": "Ann", "<PERSON_2>": "Bo"})
    text = "<PERSON_1> <person_1> < PERSON_1> <PERSON_11> <PERSON_2>"
    assert mapped.restore(text, {"<PERSON_1>"}) == "Ann <person_1> < PERSON_1> <PERSON_11> <PERSON_2>"
    assert mapped.unknown(text) == ["<PERSON_11>"]


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="span 3:9"):
        PlaceholderMap().mask("abc", [Span(3, 9, "X", 1)])
    with pytest.raises(ValueError, match="known"):
        PlaceholderMap({"<A_1>": "x", "<A_2>": "x"})
