"""Support of a sentence: what may not be missing, and what lowers it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.validators.support import answer_support, sentences, support

TABLE = "| Leave | Paid |\n|---|---|\n| Birth mother | 16 weeks |\n| Partner | 4 weeks |"
TRAVEL = (
    "Economy class is booked for flights below 6 hours. Business class needs approval by the Chief Financial Officer. "
    "The hotel limit is SGD 280 per night in Singapore and USD 190 in Jakarta. Alcohol is not reimbursed."
)


@pytest.mark.parametrize(
    "sentence",
    ["The hotel limit in Singapore is SGD 280 per night.", "Alcohol is not reimbursed.", "Alcohol isn't reimbursed.",
     "Business class needs approval by the CFO.", "| Partner | 4 weeks |", "Partners: four weeks.",
     "Economy class is booked for flights below six hours."],
)  # fmt: skip
def test_supported(sentence):
    assert support(sentence, [TRAVEL, TABLE]).score >= 0.35


@pytest.mark.parametrize(
    ("sentence", "missing"),
    [
        ("The hotel limit in Singapore is SGD 290 per night.", "figure SGD 290"),
        ("The hotel limit in Singapore is EUR 280 per night.", "figure EUR 280"),
        ("| Partner | 16 weeks |", "belongs to something else"),
        ("Alcohol is reimbursed.", "negation"),
        ("Business class needs no approval by the Chief Financial Officer.", "negation"),
        ("Economy class is booked for flights above 6 hours.", "below, not above"),
        ("Business class needs approval by the Chief Risk Officer.", "name Risk"),
        ("Economy class is booked for flights below 6 days.", "figure 6 day"),
    ],
)
def test_violations(sentence, missing):
    found = support(sentence, [TRAVEL, TABLE])
    assert found.score < 0.35
    assert any(missing in m for m in found.missing), found


def test_a_sentence_needs_a_passage():
    assert support("Anything at all.", []).score == 0.0


def test_words_of_the_question_do_not_make_support():
    question = "May I keep a parrot at my desk?"
    assert support("You may keep a parrot at your desk.", [TRAVEL], question).score < 0.35


def test_a_whole_answer_is_the_mean_of_its_sentences():
    good, bad = "Alcohol is not reimbursed. [1]", "The hotel limit is SGD 999. [1]"
    both = answer_support(f"{good} {bad}", [TRAVEL])
    assert answer_support(bad, [TRAVEL]).score < both.score < answer_support(good, [TRAVEL]).score
    assert len(sentences(f"{good} {bad}\n- item one\n|---|")) == 3


@given(st.text(max_size=200), st.lists(st.text(max_size=200), max_size=3))
def test_any_text_has_a_score(sentence, texts):
    assert 0.0 <= support(sentence, texts).score <= 1.0
