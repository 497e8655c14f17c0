"""The arithmetic of the measures, on cases that can be worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from assistant.values import Chunk, Document
from assistant.work.benches.timing import Timings, percentile
from assistant.work.measures import answers
from assistant.work.measures.figures import Figures, auc, interval, read_lines
from assistant.work.measures.plain import plain_passages
from assistant.work.measures.ranks import Case, Hit, Tally, figures, report, sections


def test_auc_counts_ties_half() -> None:
    assert auc(np.array([0.1, 0.9]), np.array([False, True])) == 1.0
    assert auc(np.array([0.9, 0.1]), np.array([False, True])) == 0.0
    assert auc(np.array([0.5, 0.5]), np.array([False, True])) == 0.5
    assert auc(np.array([1.0, 2.0, 2.0, 3.0]), np.array([False, True, False, True])) == pytest.approx(0.875)
    assert math.isnan(auc(np.array([1.0, 2.0]), np.array([True, True])))


def test_interval_resamples_whole_groups_or_rows_of_few_groups() -> None:
    values = np.array([1.0, 0.0] * 6)
    paired = [name for name in "abcdef" for _ in range(2)]
    assert interval(lambda at: float(values[at].mean()), paired) == (0.5, 0.5)
    low, high = interval(lambda at: float(values[at].mean()), ["a"] * 12)
    assert low < 0.5 < high


def test_ranks_become_recall_mrr_and_ndcg() -> None:
    tally = Tally()
    for gold, order in (("x", "x"), ("x", "abcx"), ("x", "abc"), ("xy", "xy")):
        case = Case("", "", order, (), {"page": frozenset(gold)})
        tally.add(case, [Hit("", {"page": (frozenset({thing}),)}) for thing in order])
    found = Figures()
    report(found, tally, {"plain": tally}, "page")
    assert found.figures["recall_at_1"] == 0.5 and found.figures["recall_at_5"] == 0.75
    assert found.figures["mrr"] == pytest.approx((1 + 0.25 + 0 + 1) / 4)
    assert found.figures["ndcg_at_5"] == pytest.approx((1 + 1 / math.log2(5) + 0 + 1) / 4, abs=1e-4)
    assert found.figures["over_plain_recall_at_5"] == 0.0 and found.intervals["over_plain_mrr"] == (0.0, 0.0)


def test_things_are_ranked_by_their_first_passage() -> None:
    tally = Tally()
    one, two, three = (frozenset[object]({page}) for page in (1, 2, 3))
    hits = [Hit("", {"page": (one, two)}), Hit("", {"page": (two,)}), Hit("", {"page": (three,)})]
    tally.add(Case("", "", "a", (), {"page": three}), hits)
    assert tally.values["page_mrr"] == [pytest.approx(1 / 3)]
    both = Hit("", {"section": (frozenset({"Leave", "Notice"}),)})
    tally.add(Case("", "", "a", (), {"section": frozenset({"Notice"})}), [both])
    assert tally.values["section_mrr"] == [1.0]


def test_figures_of_an_answer_are_its_numbers_without_years_dates_and_sources() -> None:
    text = (
        "On July 1, 2023 sales were $82,959 million (SOURCE: 2023 Q3 AAPL.pdf), up 2% or 1.5 points; 7 shops, (1,234)"
    )
    assert figures(text) == {"82959", "2", "1.5", "1234"}
    tally = Tally()
    case = Case("", "", "a", (), {}, figures("$82,959 and 4.5%"))
    tally.add(case, [Hit("| Total net sales | 82,959 |", {})] + [Hit("", {})] * 4 + [Hit("4.5 %", {})])
    assert tally.values["figure_in_top_5"] == [0.5] and tally.values["all_figures_in_top_5"] == [0.0]


def test_sections_are_those_that_a_passage_holds_text_of() -> None:
    assert sections(("A",), "intro\n\n## B\n\ntext\n\n## C") == ("A", "B")


def test_plain_passages_are_cut_by_words_and_pages() -> None:
    document = Document("d", "1", "D", "everyone", "", "d.pdf", "")
    text = "# H\n\n" + "one " * 150 + "\n\n" + "two " * 20
    chunks = [Chunk("1", "d@1", 0, (), 1, "", 0, 600), Chunk("2", "d@1", 1, (), 2, "", text.index("two"), len(text))]
    made = plain_passages(document, text, chunks)
    assert [(p.page, len(p.text.split()), p.heading) for p in made] == [(1, 141, ()), (1, 11, ("H",)), (2, 20, ("H",))]


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
