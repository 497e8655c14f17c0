"""The order of candidates, each rule by a table of its own."""

from __future__ import annotations

from dataclasses import replace

from assistant.pipeline.fusion import Candidate, order
from assistant.values import Chunk, Document

TABLE = "| Item | 2025 |\n| --- | --- |\n| Premium income | 1,204 |\n| Claims paid | 811 |"


def candidate(
    name: str, text: str, words: float, near: float, *, title: str = "", page: int | None = None
) -> Candidate:
    document = Document(title or name, "1", title or name, "everyone", "", f"{title or name}.pdf", "")
    chunk = Chunk(name, document.key, 0, (), page, text, 0, len(text))
    return Candidate(chunk, document, words, near)


def names(question: str, *candidates: Candidate, telling: dict[str, float] | None = None) -> list[str]:
    by_words = sorted(candidates, key=lambda c: -c.words)
    by_near = sorted(candidates, key=lambda c: -(c.similarity or 0))
    ranked = [
        replace(c, word_rank=by_words.index(c) + 1 if c.words else None, vector_rank=by_near.index(c) + 1)
        for c in candidates
    ]
    return [each.candidate.chunk.id for each in order(question, ranked, telling or {})]


def test_what_both_searches_find_comes_first() -> None:
    both, one, other = candidate("both", "a", 8, 0.6), candidate("one", "b", 9, 0.1), candidate("other", "c", 0, 0.7)
    assert names("where", one, other, both)[0] == "both"


def test_nothing_in_nothing_out() -> None:
    assert order("where", (), {}) == []


def test_a_question_for_figures_prefers_the_table() -> None:
    text, table = candidate("text", "Premium income is what customers pay.", 8, 0.6), candidate("table", TABLE, 7, 0.55)
    assert names("What was the total premium income?", text, table)[0] == "table"
    assert names("Who looks after premium?", text, table)[0] == "text"


def test_the_variant_that_is_named_comes_first() -> None:
    plus = candidate("p", "Covered.", 8, 0.6, title="Health plan Plus")
    standard = candidate("s", "Covered.", 7.5, 0.58, title="Health plan Standard")
    assert names("Is it covered by Plus?", plus, standard)[0] == "p"
    assert names("Is it covered by Standard?", plus, standard)[0] == "s"
    assert names("Is it covered?", plus, standard)[0] == "p"


def test_a_comparison_gets_the_best_of_each_document() -> None:
    found = [
        candidate("a1", "Rooms.", 9, 0.7, title="Report A"),
        candidate("a2", "Rooms.", 8.8, 0.69, title="Report A"),
        candidate("b1", "Rooms.", 8.5, 0.66, title="Report B"),
    ]
    assert names("Compare the rooms", *found) == ["a1", "b1", "a2"]
    assert names("Where are rooms", *found) == ["a1", "a2", "b1"]


def test_passages_of_one_page_support_each_other_and_coverage_is_told() -> None:
    alone = candidate("alone", "x", 8.0, 0.6, title="T", page=1)
    first, second = (candidate(n, "x", w, 0.59, title="T", page=2) for n, w in (("first", 7.9), ("second", 7.5)))
    assert names("where", alone, first, second)[0] == "first"
    (ranked,) = order("where", [replace(alone, terms=frozenset({"a"}))], {"a": 3.0, "b": 1.0})
    assert ranked.coverage == 0.75
