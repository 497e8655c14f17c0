"""The report card: its arithmetic on cases worked out by hand, its page, and the script on a small file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from assistant.store import report_card
from assistant.work.cards import drawing, report
from assistant.work.cards.card import Scored
from assistant.work.cards.registry import guards


class Toy:
    name, title, bad, good = "toy", "Toy <guard>", "bad things", "good things"


def scored(bad: bool, scores: list[float], **more: str) -> list[Scored]:
    return [Scored(bad, s, s > 0.5, 2.0, group=f"{more}{i}", **more) for i, s in enumerate(scores)]


def test_every_guard_has_a_name_of_its_own_and_says_what_it_stops():
    names = [card.name for card in guards()]
    assert {"grounding", "leaks", "unanswerable"} <= set(names) and len(set(names)) == len(names)
    assert all(card.title and card.bad and card.good for card in guards())


def test_the_threshold_lets_no_more_than_its_share_of_good_cases_through():
    good = np.arange(100.0)
    assert sum(good > report.threshold(good, 0.05)) == 5
    assert sum(good > report.threshold(good, 0.01)) == 1
    assert report.threshold(np.array([1.0, 2.0]), 0.01) == 2.0


def test_recall_is_at_one_threshold_for_all_files():
    cases = [
        *scored(False, [i / 100 for i in range(100)], file="a"),
        *scored(True, [0.995, 0.97, 0.2, 0.1], file="a", language="id"),
        *scored(True, [0.2, 0.1], file="b"),
    ]
    made = report.summary(Toy(), cases)
    assert made["recall"]["5%"]["share"] == pytest.approx(2 / 6, abs=1e-4)
    assert made["recall"]["1%"]["share"] == pytest.approx(1 / 6, abs=1e-4)
    assert made["recall_shipped"]["share"] == pytest.approx(2 / 6, abs=1e-4)
    assert made["wrong_shipped"]["share"] == 0.49
    by = {(s["by"], s["value"]): s for s in made["slices"]}
    assert by["file", "b"]["recall"]["5%"]["share"] == 0 and by["file", "b"]["wrong_shipped"] is None
    assert by["language", "id"]["recall"]["5%"]["share"] == 0.5


def test_a_guard_without_good_cases_has_no_recall_at_a_share_of_them():
    made = report.summary(Toy(), scored(True, [0.9, 0.1], file="a"))
    assert made["recall"] == {} and made["auc"] is None and made["recall_shipped"]["share"] == 0.5


def test_the_page_escapes_what_files_and_guards_say():
    card = {
        "made": "now", "policy": "p", "tiers": ["<script>"], "files": [{"name": "<b>.jsonl", "rows": 2}],
        "guards": [report.summary(Toy(), scored(True, [0.9], file="<i>") + scored(False, [0.1], file="<i>"))],
    }  # fmt: skip
    page = drawing.document(card)
    assert "<script>" not in page and "<i>" not in page and "&lt;b&gt;.jsonl" in page and "Toy &lt;guard&gt;" in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_last_card_is_read_back_and_nonsense_is_none(tmp_path: Path):
    assert report_card.read(tmp_path) is None
    page, figures = report_card.write(tmp_path, {"guards": []}, "<p>")
    assert report_card.read(tmp_path) == {"guards": []} and page.read_text() == "<p>"
    figures.write_text(json.dumps([1]))
    assert report_card.read(tmp_path) is None
    figures.write_text("{")
    assert report_card.read(tmp_path) is None
