from __future__ import annotations

import re

import pytest
from langchain_core.messages import HumanMessage

from assistant.encoder.minilm import MiniLM
from assistant.tiers.answerable import Answerable
from assistant.tiers.builtin import BuiltinAnswerer, cited
from assistant.values import ABSTAIN, AnswerContext, Passage
from tests.tiers.conftest import LAPTOP, LEAVE, PARKING, passage, question


async def answer(encoder: MiniLM, text: str, *passages: Passage) -> str:
    model = BuiltinAnswerer(answerable=Answerable(encoder))
    context = AnswerContext(question(text), list(passages), canary="", mask=str)
    return "".join([str(c.content) async for c in model.astream([HumanMessage(text)], context=context)])


async def test_it_quotes_word_for_word_and_cites_after_every_sentence(encoder: MiniLM) -> None:
    text = await answer(encoder, "What is the monthly price of a parking space?", LEAVE, LAPTOP, PARKING)
    assert text.startswith("A parking space costs SGD 165 a month. [3]")
    everything = " ".join(p.chunk.text for p in (LEAVE, LAPTOP, PARKING))
    for sentence in re.split(r"\s*\[\d\]\s*", text.strip()):
        assert sentence in everything


async def test_it_says_that_the_documents_do_not_say(encoder: MiniLM) -> None:
    assert await answer(encoder, "Who painted the ceiling of the chapel?", LEAVE, LAPTOP) == ABSTAIN
    assert await answer(encoder, "How long is the leave?") == ABSTAIN


def test_each_sentence_of_a_list_item_has_its_own_citation() -> None:
    assert (
        cited("It has 16 characters. Four words are better", 2)
        == "It has 16 characters. [2] Four words are better. [2]"
    )


async def test_of_a_table_only_the_rows_that_fit_best_are_quoted(encoder: MiniLM) -> None:
    rows = "".join(f"| {city} | {rate} |\n" for city, rate in (("Jakarta", 60), ("Penang", 48), ("Oslo", 95)))
    table = passage("Daily rates", f"| City | Full day |\n|---|---|\n{rows}")
    text = await answer(encoder, "What is the full day rate in Penang?", table)
    assert "48" in text and "60" not in text and "95" not in text


async def test_a_list_opens_with_the_line_that_leads_into_it(encoder: MiniLM) -> None:
    listing = passage("Visa", "For a visa you need:\n\n- a passport photo\n- a letter from your manager")
    text = await answer(encoder, "Which papers do I need for a visa?", listing)
    assert text == "For a visa you need: [1]\n- a passport photo. [1]\n- a letter from your manager. [1]\n"


async def test_it_is_asynchronous_only(encoder: MiniLM) -> None:
    with pytest.raises(TypeError, match="asynchronous"):
        BuiltinAnswerer(answerable=Answerable(encoder)).invoke([HumanMessage("Hello")])
