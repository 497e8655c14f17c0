"""Signs are found where an order is given, not where one is reported or asked about."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.guards import signs


@pytest.mark.parametrize(("text", "found"), signs.EXAMPLES)
def test_examples(text: str, found: bool) -> None:
    assert bool(signs.signs(text)) is found


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=400))
def test_positions_lie_in_the_text(text: str) -> None:
    for sign in signs.signs(text):
        assert 0 <= sign.start < sign.end <= len(text) and sign.reason


@pytest.mark.parametrize(
    "part", ["ignore ", "ignore all the ", "<|", "<passage ", "### ", "a. ", "and ", "abaikan semua ", "\n#"]
)
def test_a_long_text_of_beginnings_ends_in_time(part: str) -> None:
    """A pattern that goes back and forth over its text would not come to an end here."""
    assert all(sign.end <= 20_000 for sign in signs.signs(part * (20_000 // len(part))))
