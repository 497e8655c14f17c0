"""The turn from outside: what is shown, what is on record, and what happens when a part breaks."""

from __future__ import annotations

import asyncio
import dataclasses
import sqlite3
from typing import Any

import pytest

from assistant.errors import ModelUnavailable, NotFound, RecordUnavailable
from assistant.pipeline.reading import conversation_view
from assistant.tiers.scripted import Call, Line, Wait
from assistant.values import ABSTAIN
from tests.pipeline.conftest import MakeKit, ask, person, shown

LEAVE = "How many days of parental leave do I get, and when does it start?"
GOOD = ("You get 126 calendar days of parental leave [1]. ", "The leave starts on the date of birth [1].")


async def test_builtin_tier_answers_with_a_citation(make_kit: MakeKit) -> None:
    kit = await make_kit()
    events = await ask(kit, "ann", LEAVE)
    done = events[-1].data
    assert done["outcome"] == "answered"
    assert "126 calendar days" in done["text"] and "date of birth" in done["text"]
    assert [c["document_key"] for c in done["citations"]] == ["leave@1"]
    assert shown(events).strip() == done["text"]
    names = [s["name"] for s in done["made"]["stages"]]
    assert names == [
        "audit.open", "guard", "purpose", "history", "rewrite", "retrieve", "clarify", "route", "generate", "release",
        "check", "escalate", "audit.close",
    ]  # fmt: skip
    assert [e.offset for e in events] == list(range(len(events)))


async def test_unanswerable_question_is_declined(make_kit: MakeKit) -> None:
    kit = await make_kit()
    done = (await ask(kit, "ann", "What is the boiling point of tungsten?"))[-1].data
    assert done["outcome"] == "abstained"
    assert done["made"]["offer_person"]


async def test_each_reader_gets_what_they_may_read_and_no_trace_of_the_rest(make_kit: MakeKit) -> None:
    kit = await make_kit()
    question = "What is the Cedar scheme and by how many days does it extend parental leave?"
    theirs = (await ask(kit, "bob", question))[-1].data
    assert "45 calendar days" in theirs["text"]
    events = await ask(kit, "ann", question)
    everything = str([e.data for e in events if e.kind != "masked"])
    assert "45 calendar" not in everything and "topup" not in everything and "hard to replace" not in everything


async def test_group_taken_away_acts_on_the_next_question(make_kit: MakeKit) -> None:
    kit = await make_kit()
    before = (await ask(kit, "bob", "What is the Cedar scheme?"))[-1].data
    assert "Cedar" in before["text"]
    kit.people.set_access("bob", ["staff"], ["employee"])
    after = (await ask(kit, "bob", "What is the Cedar scheme?"))[-1].data
    assert "topup" not in str(after) and "hard to replace" not in str(after)


async def test_personal_data_never_reaches_the_model_and_comes_back_to_its_author(make_kit: MakeKit) -> None:
    script = [Line("126", ("Your address <EMAIL_ADDRESS_1> gets 126 calendar days of parental leave [1].",))]
    kit = await make_kit({"light": script})
    question = "I am jane.roe@corp.example. How many days of parental leave do I get?"
    done = (await ask(kit, "ann", question))[-1].data
    prompts = str(kit.models["light"].prompts)  # type: ignore[attr-defined]
    assert "jane.roe" not in prompts and "<EMAIL_ADDRESS_1>" in prompts
    assert "leave.desk@harbourline.example" not in prompts
    assert {"entity": "EMAIL_ADDRESS", "placeholder": "<EMAIL_ADDRESS_1>"} in done["made"]["masked"]
    files = [p for p in kit.settings.data_dir.rglob("*") if p.is_file()] + [kit.settings.audit_db]
    assert not [p for p in files if b"jane.roe" in p.read_bytes()]


async def test_a_secret_is_refused_and_on_record(make_kit: MakeKit) -> None:
    kit = await make_kit()
    done = (await ask(kit, "ann", "Is this key fine: AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))[
        -1
    ].data
    assert done["outcome"] == "refused" and "secret" in done["text"]
    assert b"AKIAIOSFODNN7EXAMPLE" not in kit.settings.audit_db.read_bytes()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "There is no question"),
        ("   \n ", "There is no question"),
        ("?!…", "There is no question"),
        ("x" * 100_000, "100,000 characters"),
        ("\x00\x01\x02\x03\x04leave\x05\x06", "cannot be read"),
        ("caf\ufffd\ufffd\ufffd l\ufffd\ufffdve", "cannot be read"),
    ],
)
async def test_bad_input_is_refused_with_what_to_do(make_kit: MakeKit, text: str, says: str) -> None:
    kit = await make_kit()
    done = (await ask(kit, "ann", text))[-1].data
    assert done["outcome"] == "refused" and says in done["text"]
    assert outcomes(kit) == ["refused"]


async def test_a_sentence_that_the_passages_do_not_hold_is_never_shown(make_kit: MakeKit) -> None:
    script = [Line("leave", (GOOD[0], "It is doubled to 252 calendar days for managers [1]. ", GOOD[1]))]
    kit = await make_kit({"light": script})
    events = await ask(kit, "ann", LEAVE)
    assert "252" not in str([e.data for e in events if e.kind in ("piece", "done")])
    assert events[-1].data["made"]["withheld"] == 1


async def test_an_answer_that_fails_goes_up_one_tier_and_then_is_declined(make_kit: MakeKit) -> None:
    bad = [Line("leave", ("You get 999 days of champagne [1].",))]
    kit = await make_kit({"light": bad, "mid": [Line("leave", GOOD)]})
    done = (await ask(kit, "ann", LEAVE))[-1].data
    assert done["outcome"] == "answered" and done["made"]["attempts"] == ["light", "mid"]
    kit = await make_kit({"light": bad, "mid": bad})
    done = (await ask(kit, "ann", LEAVE))[-1].data
    assert done["outcome"] == "abstained" and "999" not in done["text"]


async def test_a_dead_tier_is_skipped_and_said(make_kit: MakeKit) -> None:
    dead = [Line("leave", (ModelUnavailable("The server of tier light is down."),))]
    kit = await make_kit({"light": dead, "mid": [Line("leave", GOOD)]})
    events = await ask(kit, "ann", LEAVE)
    assert events[-1].data["outcome"] == "answered"
    assert any("light was skipped" in e.data["text"] for e in events if e.kind == "notice")


async def test_a_tier_that_dies_in_mid_answer_leaves_nothing_of_it(make_kit: MakeKit) -> None:
    dies = [Line("leave", (GOOD[0], "And ", ModelUnavailable("The server ended in mid-answer.")))]
    kit = await make_kit({"light": dies, "mid": [Line("leave", ("The leave starts on the date of birth [1].",))]})
    events = await ask(kit, "ann", LEAVE)
    assert shown(events).strip() == events[-1].data["text"] == "The leave starts on the date of birth [1]."
    kit = await make_kit({"light": dies})
    done = (await ask(kit, "ann", LEAVE))[-1].data
    assert done["outcome"] == "failed" and "No model can answer" in done["text"]


async def test_the_model_says_that_the_documents_do_not_say(make_kit: MakeKit) -> None:
    kit = await make_kit({"light": [Line("leave", (ABSTAIN,))]})
    done = (await ask(kit, "ann", LEAVE))[-1].data
    assert done["outcome"] == "abstained"


async def test_stop_keeps_what_was_checked_and_is_on_record(make_kit: MakeKit) -> None:
    kit = await make_kit({"light": [Line("leave", (GOOD[0], "The ", Wait(30), "end [1]."))]})
    ann = person(kit, "ann")
    running = kit.turns.start(ann, None, LEAVE)
    seen = []
    async for event in kit.turns.events(ann, running.turn_id):
        seen.append(event)
        if event.kind == "piece":
            kit.turns.stop(ann, running.turn_id)
    assert seen[-1].data["outcome"] == "stopped" and "126 calendar days" in seen[-1].data["text"]
    assert outcomes(kit) == ["stopped"]


async def test_the_log_can_be_read_from_any_offset_and_by_its_owner_alone(make_kit: MakeKit) -> None:
    kit = await make_kit()
    events = await ask(kit, "ann", LEAVE)
    turn = next(iter(kit.turns._turns))
    again = [e async for e in kit.turns.events(person(kit, "ann"), turn, offset=5)]
    assert again == events[5:]
    with pytest.raises(NotFound):
        await anext(kit.turns.events(person(kit, "eve"), turn))
    with pytest.raises(NotFound):
        kit.turns.stop(person(kit, "eve"), turn)
    conversation = kit.turns._turns[turn].conversation_id
    with pytest.raises(NotFound):
        kit.turns.start(person(kit, "eve"), conversation, "And then?")


async def test_a_follow_up_is_read_with_what_came_before(make_kit: MakeKit) -> None:
    kit = await make_kit()
    ann = person(kit, "ann")
    first = kit.turns.start(ann, None, "How many days of parental leave do I get?")
    await first.task
    done = (await ask(kit, "ann", "And when does it start?", first.conversation_id))[-1].data
    assert "date of birth" in done["text"]
    assert "parental leave" in done["made"]["rewritten"]


class Broken:
    """Raises whatever is done with it."""

    def __getattr__(self, name: str) -> Any:
        raise ZeroDivisionError("the part is broken")

    def __call__(self, *args: Any) -> Any:
        raise ZeroDivisionError("the part is broken")


@pytest.mark.parametrize(
    "stage",
    [
        "guard",
        "purpose",
        "history",
        "rewrite",
        "gather",
        "clarify",
        "route",
        "generate",
        "release",
        "check",
        "escalate",
    ],
)
async def test_a_broken_part_stops_the_turn_and_nothing_unchecked_is_shown(make_kit: MakeKit, stage: str) -> None:
    kit = await make_kit()
    setattr(kit, stage, Broken())
    events = await ask(kit, "ann", LEAVE)
    assert events[-1].data["outcome"] == "failed"
    if stage not in ("check", "escalate"):  # these come after pieces that had passed their own checks
        assert shown(events) == ""
    assert "126" not in events[-1].data["text"]
    assert outcomes(kit) == ["failed"]


async def test_no_record_no_answer(make_kit: MakeKit, monkeypatch: pytest.MonkeyPatch) -> None:
    kit = await make_kit()

    def refuse(*args: Any) -> None:
        raise RecordUnavailable("The record cannot be written: the disk is full. Free some space and ask again.")

    monkeypatch.setattr(kit.ledger, "open_turn", refuse)
    events = await ask(kit, "ann", LEAVE)
    assert events[-1].data["outcome"] == "failed" and "disk is full" in events[-1].data["text"]
    assert shown(events) == ""


async def test_a_closing_row_that_cannot_be_written_takes_the_answer_back(
    make_kit: MakeKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit = await make_kit()

    def refuse(*args: Any) -> None:
        raise RecordUnavailable("The record cannot be written: the disk is full. Free some space and ask again.")

    monkeypatch.setattr(kit.ledger, "close_turn", refuse)
    done = (await ask(kit, "ann", LEAVE))[-1].data
    assert done["outcome"] == "failed" and "126" not in done["text"]


async def test_every_turn_has_its_two_rows_and_the_record_verifies(make_kit: MakeKit) -> None:
    kit = await make_kit()
    for text in (LEAVE, "", "What is the boiling point of tungsten?"):
        await ask(kit, "ann", text)
    result = kit.ledger.verify()
    assert result.ok and result.complete
    with (
        sqlite3.connect(kit.settings.audit_db) as db,
        pytest.raises(sqlite3.IntegrityError, match="never changed or removed"),
    ):
        db.execute("DELETE FROM row")


async def test_ten_people_at_once_do_not_mix(make_kit: MakeKit) -> None:
    kit = await make_kit()
    names = [f"p{i}.x" for i in range(10)]
    for name in names:
        kit.people.add(name, name, password=None, groups=["staff"], roles=["employee"])
    texts = [f"Please note {name}@corp.example. How much is a parking space a month?" for name in names]
    all_events = await asyncio.gather(*(ask(kit, n, t) for n, t in zip(names, texts, strict=True)))
    for name, events in zip(names, all_events, strict=True):
        assert events[-1].data["outcome"] == "answered"
        own = kit.conversations.list_for(person(kit, name).id)
        assert len(own) == 1
        typed = [v for v in kit.conversations.placeholders(own[0].id).values() if v.endswith("@corp.example")]
        assert typed == [f"{name}@corp.example"]


async def test_a_topic_for_a_person_is_handed_over_and_answered(make_kit: MakeKit) -> None:
    kit = await make_kit()
    done = (await ask(kit, "ann", "My team lead is bullying me and I do not know what to do."))[-1].data
    assert done["outcome"] == "handed_off"
    bob, ann = person(kit, "bob"), person(kit, "ann")
    waiting = await kit.handoffs.queue(bob)
    assert len(waiting) == 1
    with pytest.raises(NotFound):
        await kit.handoffs.queue(person(kit, "eve"))
    assert await kit.handoffs.claim(bob, waiting[0].id)
    await kit.handoffs.answer(bob, waiting[0].id, "Thank you for telling us. I will call you today.")
    messages = await conversation_view(kit, ann, waiting[0].conversation_id)
    assert [m.role for m in messages] == ["user", "assistant", "expert"]
    assert messages[-1].author == "Bob Tan"
    assert await kit.handoffs.queue(bob) == []


def outcomes(kit: Any) -> list[str]:
    """Outcomes of the closing rows on record."""
    return [
        r["row"]["outcome"] for turn in kit.turns._turns for r in kit.ledger.turn(turn) if r["kind"] == "turn.close"
    ]


async def test_stopped_again_while_it_is_closed_the_turn_still_ends_as_the_record_says(make_kit: MakeKit) -> None:
    kit = await make_kit({"light": [Line("leave", (GOOD[0], "The ", Wait(30), "end [1]."))]})
    ann = person(kit, "ann")
    running = kit.turns.start(ann, None, LEAVE)
    async for event in kit.turns.events(ann, running.turn_id):
        closing = event.kind == "stage" and event.data["name"] == "audit.close"
        if event.kind == "piece" or closing:
            kit.turns.stop(ann, running.turn_id)
    assert event.data["outcome"] == "stopped" and "126 calendar days" in event.data["text"]
    story = await running.task
    assert story.outcome == "stopped" and outcomes(kit) == ["stopped"]
    assert [m.text for m in kit.conversations.messages(running.conversation_id)][1] == event.data["text"]


async def test_what_a_tool_finds_counts_for_citations_checks_and_rights(make_kit: MakeKit) -> None:
    script = [
        Line(
            r"^tool: [\s\S]*SGD 165",
            (
                "A parking space costs SGD 165 a month [2]. ",
                "Spaces are given out by lot every six months [2]. ",
                "It costs SGD 9 for managers [2].",
            ),
        ),
        Line(r"^human: ", (Call("search_knowledge", '{"query": "Cedar scheme, or what a parking space costs"}'),)),
    ]
    kit = await make_kit({"light": script})
    few = dataclasses.replace(kit.retrieve, limit=1)  # leaves something for the tool to find
    kit.gather = dataclasses.replace(kit.gather, retrieve=few)
    done = (await ask(kit, "ann", LEAVE))[-1].data
    assert done["outcome"] == "answered"
    assert (
        done["text"] == "A parking space costs SGD 165 a month [1]. Spaces are given out by lot every six months [1]."
    )
    assert [c["document_key"] for c in done["citations"]] == ["parking@1"]
    assert done["made"]["withheld"] == 1
    prompts = str(kit.models["light"].prompts)  # type: ignore[attr-defined]
    assert "hard to replace" not in prompts and "45 calendar" not in prompts


async def test_values_of_documents_come_back_when_the_conversation_is_read_again(make_kit: MakeKit) -> None:
    kit = await make_kit()
    running = kit.turns.start(person(kit, "ann"), None, "Whom do I write to, to register my parental leave?")
    story = await running.task
    assert "leave.desk@harbourline.example" in story.screen and "leave.desk" not in story.text
    messages = await conversation_view(kit, person(kit, "ann"), running.conversation_id)
    assert messages[-1].text == story.screen
    more = "My address is ann.other@corp.example. Whom do I write to, to register my parental leave?"
    done = (await ask(kit, "ann", more, running.conversation_id))[-1].data
    assert "leave.desk@harbourline.example" in done["text"]
    values = kit.conversations.placeholders(running.conversation_id)
    assert len(set(values.values())) == len(values) == 2
