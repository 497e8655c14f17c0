"""Stems, names and negations."""

from __future__ import annotations

import pytest

from assistant.validators.words import content, names, negates, stem


@pytest.mark.parametrize(("one", "other"), [("approved", "approves"), ("policies", "policy"), ("booking", "bookings")])
def test_forms_of_a_word_meet(one, other):
    assert stem(one) == stem(other)


def test_content_leaves_out_figures_placeholders_and_negations():
    assert content("You may not carry over 5 days to <PERSON_1>") == [stem("carry"), "day"]


def test_names_are_not_the_first_words():
    assert names("Ask Dana Whitfield or the CFO. Then I wait. <PERSON_1>") == ["Dana", "Whitfield", "CFO", "<PERSON_1>"]


def test_negations():
    assert all(negates(word) for word in ("not", "isn't", "don’t", "without"))
    assert not negates("note")
