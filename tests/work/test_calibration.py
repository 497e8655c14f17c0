"""Calibration on made-up answers whose truth is known."""

from __future__ import annotations

import random

import pytest

from assistant.pipeline.confidence import band, confidence
from assistant.policy import SIGNALS
from assistant.work.calibration import Answered, calibrate, figures, first_half, threshold
from assistant.work.cards import curves


def made(count: int, seed: int = 1) -> list[Answered]:
    """Answers that are right with the probability that ``match`` says, and otherwise noise."""
    rng = random.Random(seed)
    found = []
    for at in range(count):
        match = rng.random()
        signals = {**dict.fromkeys(SIGNALS, 0.5), "bias": 1.0, "match": match, "kept": rng.random()}
        found.append(Answered(signals, rng.random() < match, f"group {at // 3}", "light", "made.jsonl"))
    return found


def test_groups_are_never_on_both_sides() -> None:
    names = [f"group {i}" for i in range(500)]
    assert 200 < sum(map(first_half, names)) < 300
    assert [first_half(n) for n in names] == [first_half(n) for n in names]


def test_confidence_says_how_often_an_answer_is_right() -> None:
    policy, report = calibrate(made(6000), 0.2, 0.4)
    whole = report["all"]
    assert whole["auc"] > 0.75
    assert all(abs(b["said"] - b["right"]) < 0.1 for b in whole["reliability"] if b["n"] > 100)
    assert whole["answer"]["wrong"] < 0.25 and whole["answer"]["share"] > 0.1
    assert whole["warn"]["wrong"] > whole["answer"]["wrong"] and whole["hand_over"]["wrong"] > whole["warn"]["wrong"]
    sure = {**dict.fromkeys(SIGNALS, 0.5), "bias": 1.0, "match": 0.99}
    assert band(confidence(sure, policy), policy) == "answer"
    assert band(confidence({**sure, "match": 0.02}, policy), policy) == "hand_over"
    assert "<svg" in curves.document(report)


def test_a_threshold_keeps_the_stated_error_or_is_never_reached() -> None:
    scored = [(i / 100, i >= 60) for i in range(100)]
    assert threshold(scored, 0.0) == 0.6
    assert threshold(scored, 0.2) == 0.5
    assert threshold([(0.9, False)] * 100, 0.1) == 1.01


def test_ties_are_kept_together() -> None:
    assert threshold([(0.9, True)] * 30 + [(0.5, True)] * 10 + [(0.5, False)] * 30, 0.1) == 0.9


def test_too_little_data_says_what_is_needed() -> None:
    with pytest.raises(ValueError, match="At least 20 right and 20 wrong"):
        calibrate(made(30), 0.1, 0.4)


def test_figures_of_answers_all_of_one_kind() -> None:
    policy, _ = calibrate(made(600), 0.2, 0.4)
    only = [a for a in made(60) if a.right]
    assert figures(only, policy)["auc"] == 0.0 and figures(only, policy)["right"] == 1.0
