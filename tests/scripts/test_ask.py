"""``scripts/ask.py`` as its user runs it, through a running app; alone it runs in ``tests/test_egress.py``."""

from __future__ import annotations

import json

from assistant.web.control import serve
from tests.pipeline.conftest import MakeKit
from tests.scripts.running import script

QUESTION = "I am jane.roe@corp.example. How many days of parental leave do I get?"


async def test_json_holds_all_of_the_turn(make_kit: MakeKit) -> None:
    kit = await make_kit()
    async with await serve(kit):
        done = await script(kit.settings, "ask.py", "--json", "--person", "ann", QUESTION)
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["outcome"] == "answered" and "126 calendar days" in told["answer"]
    assert [c["number"] for c in told["citations"]] == list(range(1, len(told["citations"]) + 1))
    assert {(c["document_key"], c["title"]) for c in told["citations"]} == {("leave@1", "Parental leave")}
    assert 0 < told["confidence"] <= 1
    assert told["tier"] == "light" and told["tier_reason"]
    assert {v["check"] for v in told["verdicts"]} >= {"grounding", "citations"}
    assert all(v["passed"] for v in told["verdicts"])
    assert list(told["times"]) == [
        "audit.open", "guard", "purpose", "history", "rewrite", "retrieve", "clarify", "route", "generate", "release",
        "check", "escalate", "audit.close",
    ]  # fmt: skip
    assert told["masked"] == [{"entity": "EMAIL_ADDRESS", "placeholder": "<EMAIL_ADDRESS_1>"}]
    rows = kit.ledger.turn(told["turn"])
    assert [r["kind"] for r in rows] == ["turn.open", "turn.close"] and rows[1]["row"]["outcome"] == "answered"


async def test_plain_output_has_answer_citation_and_conversation(make_kit: MakeKit) -> None:
    kit = await make_kit()
    async with await serve(kit):
        first = await script(kit.settings, "ask.py", "--person", "ann", QUESTION)
        conversation = first.out.rsplit("conversation ", 1)[1].rstrip(")\n")
        again = await script(
            kit.settings, "ask.py", "--person", "ann", "--conversation", conversation, "And when does it start?"
        )
        others = await script(
            kit.settings, "ask.py", "--person", "eve", "--conversation", conversation, "And when does it start?"
        )
    assert "126 calendar days" in first.out and "[1] Parental leave" in first.out and "(answered, " in first.out
    assert again.code == 0 and "date of birth" in again.out
    assert others.code == 1 and "does not exist, or is not yours" in others.err and "birth" not in others.out


async def test_a_question_in_another_encoding_is_refused_in_a_sentence(make_kit: MakeKit) -> None:
    kit = await make_kit()
    garbled = "Wie viele Tage Elternurlaub gibt es für Väter?".encode("utf-16")
    async with await serve(kit):
        piped = await script(kit.settings, "ask.py", "--person", "ann", "-", stdin=garbled)
        good = await script(kit.settings, "ask.py", "--person", "ann", "-", stdin=QUESTION.encode())
    assert "cannot be read" in piped.out and "(refused" in piped.out and piped.code == 0
    assert "126 calendar days" in good.out


async def test_who_cannot_ask_is_told_why(make_kit: MakeKit) -> None:
    kit = await make_kit()
    kit.people.set_suspended("eve", True)
    async with await serve(kit):
        suspended = await script(kit.settings, "ask.py", "--person", "eve", QUESTION)
        unknown = await script(kit.settings, "ask.py", "--person", "nobody", QUESTION)
    assert (suspended.code, suspended.out) == (1, "") and "eve is suspended" in suspended.err
    assert (unknown.code, unknown.out) == (1, "") and "Nobody signs in as 'nobody'" in unknown.err
    assert "ann" in unknown.err
    assert not [r for r in kit.ledger.rows() if r["kind"].startswith("turn.")]
