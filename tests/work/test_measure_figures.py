"""The arithmetic of the measures, on cases that can be worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from assistant.work.benches.timing import Timings, percentile
from assistant.work.measures import answers, retrieval
from assistant.work.measures.figures import Figures, auc, interval, read_lines


def test_auc_counts_ties_half() -> None:
    assert auc(np.array([0.1, 0.9]), np.array([False, True])) == 1.0
    assert auc(np.array([0.9, 0.1]), np.array([False, True])) == 0.0
    assert auc(np.array([0.5, 0.5]), np.array([False, True])) == 0.5
    assert auc(np.array([1.0, 2.0, 2.0, 3.0]), np.array([False, True, False, True])) == pytest.approx(0.875)
    assert math.isnan(auc(np.array([1.0, 2.0]), np.array([True, True])))


def test_interval_resamples_whole_groups() -> None:
    values = np.array([1.0, 1.0, 0.0, 0.0])
    low, high = interval(lambda at: float(values[at].mean()), ["a", "a", "b", "b"])
    assert (low, high) == (0.0, 1.0)
    assert interval(lambda at: float(values[at].mean()), ["a", "a", "a", "a"]) == (0.5, 0.5)


def test_ranks_become_recall_mrr_and_ndcg() -> None:
    found = Figures()
    retrieval._add(found, [[0, -1], [3, -1], [-1], [0, 1, -2]], "", ["a", "b", "c", "d"])
    assert found.figures["recall_at_1"] == 0.5 and found.figures["recall_at_5"] == 0.75
    assert found.figures["mrr"] == pytest.approx((1 + 0.25 + 0 + 1) / 4)
    assert found.figures["ndcg_at_5"] == pytest.approx((1 + 1 / math.log2(5) + 0 + 1) / 4, abs=1e-4)


def test_facts_are_compared_without_regard_to_case_space_and_dashes() -> None:
    assert answers.plain("  The **Fee** –\u00a0“12”  ") == 'the fee - "12"'


def test_cases_with_unknown_keys_or_bad_lines_are_named(tmp_path: Path) -> None:
    bad = tmp_path / "q.yaml"
    bad.write_text("- {id: a, kind: answerable, person: aisha, question: x, colour: red}", encoding="utf-8")
    with pytest.raises(ValueError, match="colour"):
        answers.read(bad)
    lines = tmp_path / "q.jsonl"
    lines.write_text('{"question": "x"}\nnot json\n', encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        read_lines(lines, ("question",))
    with pytest.raises(ValueError, match="'gold' is missing"):
        read_lines(lines, ("gold",))


def test_percentiles_and_tables() -> None:
    assert percentile([5.0, 1.0, 3.0, 2.0, 4.0], 0.5) == 3.0
    found = Timings()
    for value in (1.0, 2.0, 30.0):
        found.add("turn", value)
    assert found.summary()["turn"] == {"n": 3, "median_ms": 2.0, "p95_ms": 30.0, "max_ms": 30.0}
    assert "turn" in found.table()


def test_the_shipped_questions_fit_the_issue_of_variety() -> None:
    cases = answers.read(Path("knowledge/samples/questions.yaml"))
    kinds = {c.kind for c in cases}
    assert len(cases) >= 120 and len(kinds) == 7 and len({c.id for c in cases}) == len(cases)
    sourced = [c for c in cases if c.sources]
    assert sum(c.paraphrase for c in sourced) * 3 >= len(sourced)
    assert {c.person for c in cases} == {"aisha", "daniel", "mei", "priya", "victor", "budi"}
