from __future__ import annotations

import asyncio
import json

from assistant.encoder.minilm import MiniLM
from assistant.tiers.answerable import CACHE_PASSAGES, FEATURES, WEIGHTS, Answerable, clauses
from assistant.tiers.match import PASSAGE, UNIT
from tests.tiers.conftest import LAPTOP, LEAVE, PARKING, passage, question

ALL = (LEAVE, LAPTOP, PARKING)


async def test_the_passage_and_the_sentence_that_answer_come_first(encoder: MiniLM) -> None:
    judged = await Answerable(encoder)(question("What is the monthly price of a parking space?"), ALL)
    best = judged.passages[0]
    assert (best.number, best.units[0].unit.number) == (3, 3)
    assert "165" in best.units[0].unit.text
    assert judged.answers
    assert abs(sum(p.share for p in judged.passages) - 1) < 1e-6


async def test_another_topic_is_not_answered(encoder: MiniLM) -> None:
    judge = Answerable(encoder)
    good = await judge(question("What is the monthly price of a parking space?"), ALL)
    bad = await judge(question("Who painted the ceiling of the chapel?"), ALL)
    assert not bad.answers
    assert bad.probability < good.probability


async def test_nothing_found_is_never_an_answer(encoder: MiniLM) -> None:
    judge = Answerable(encoder)
    assert not (await judge(question("How long is the leave?"), ())).answers
    assert not (await judge(question("How long is the leave?"), (passage("Empty", "---"),))).answers
    assert (await judge(question("?"), ALL)).passages  # no content word: judged, not broken


async def test_each_part_of_a_question_has_its_own_best_passage(encoder: MiniLM) -> None:
    asked = "What does a parking space cost? When must I report a lost laptop?"
    judged = await Answerable(encoder)(question(asked), ALL)
    assert [part[0].number for part in judged.by_part] == [3, 2]


async def test_other_words_for_the_same_count_as_the_word(encoder: MiniLM) -> None:
    judge = Answerable(encoder)
    plain = await judge.compared(question("How do I bring unused days over?"), ALL)
    wider = await judge.compared(question("How do I bring unused days over?", ("bring", ("carry over",))), ALL)
    assert wider.covered[0] > plain.covered[0]


async def test_questions_at_the_same_time_keep_the_cache_small_and_right(encoder: MiniLM) -> None:
    judge = Answerable(encoder)
    many = [passage(f"Note {i}", f"Rule {i} applies.") for i in range(CACHE_PASSAGES + 3)]
    await asyncio.gather(judge(question("Which rule applies?"), many), judge(question("Rule 3?"), many[:5]))
    assert len(judge._kept) == CACHE_PASSAGES


def test_a_question_in_one_part_is_not_cut() -> None:
    assert clauses(question("What does a parking space cost in town and country?")) == []
    assert len(clauses(question("How long is the notice period and who signs the letter?"))) == 2


def test_the_shipped_head_names_its_numbers_and_where_they_come_from() -> None:
    head = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    assert (tuple(head["passage"]), tuple(head["unit"]), tuple(head["weights"])) == (PASSAGE, UNIT, FEATURES)
    assert head["card"]["data"] and head["card"]["licences"] and 0 < head["threshold"] < 1
