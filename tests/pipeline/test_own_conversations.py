"""What a person does with their own conversations: find, branch, ask again, rate, attach, export, delete."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from assistant.errors import DocumentRefused, NotFound, StewardError
from assistant.pipeline import own
from assistant.pipeline.export import export
from assistant.pipeline.followups import followups
from assistant.pipeline.kit import Kit, build
from assistant.pipeline.reading import conversation_view, passage_view
from assistant.tiers.scripted import Line, Wait
from tests.pipeline.conftest import MakeKit, ask, person, settings_in

LEAVE = "How many days of parental leave do I get?"
NOTES = b"# Team offsite\n\n## Budget\n\nThe zanzibar offsite has a budget of SGD 4,200 for twelve colleagues.\n"


async def first(kit: Kit, name: str, text: str = LEAVE) -> str:
    running = kit.turns.start(person(kit, name), None, text)
    await running.task
    return running.conversation_id


async def test_a_question_edited_or_asked_again_forks_and_history_is_the_branchs_own(make_kit: MakeKit) -> None:
    kit = await make_kit()
    ann = person(kit, "ann")
    conversation = await first(kit, "ann")
    question, answer = kit.conversations.messages(conversation)
    await kit.turns.start(ann, conversation, "What does a parking space cost?").task
    await kit.turns.edit(ann, conversation, question.id, "What does parking cost a month?").task
    branch = kit.conversations.messages(conversation)
    assert [m.role for m in branch] == ["user", "assistant"] and "parking" in branch[0].text
    assert branch[0].siblings == (question.id, branch[0].id)
    last = kit.turns.start(ann, conversation, "And from when?")
    await last.task
    rewritten = kit.conversations.messages(conversation)[-1].made["rewritten"]
    assert "parking" in rewritten and "leave" not in rewritten
    await kit.turns.again(ann, conversation, answer.id).task
    branch = kit.conversations.messages(conversation)
    assert branch[0].id == question.id and branch[1].siblings == (answer.id, branch[1].id)
    assert any("Another answer" in text for text in branch[1].made["notices"])
    await own.choose(kit, ann, conversation, answer.id)
    assert kit.conversations.messages(conversation)[-1].text != ""
    with pytest.raises(NotFound):
        kit.turns.edit(ann, conversation, "nothing", "x")


async def test_words_are_found_in_titles_and_texts_of_ones_own_conversations_alone(make_kit: MakeKit) -> None:
    kit = await make_kit()
    mine = await first(kit, "ann", "What does a PARKING space cost? I am ann.lee@example.com.")
    await first(kit, "ann")
    await first(kit, "eve", "Is parking free?")
    ann = person(kit, "ann")
    found = await kit.find(ann.id, "parking cost")
    assert [f.conversation.id for f in found] == [mine]
    found = await kit.find(ann.id, "165")
    assert [f.conversation.id for f in found] == [mine] and found[0].hit == "165"
    assert [f.conversation.id for f in await kit.find(ann.id, "ann.lee@example")] == [mine]  # restored for its author
    assert await kit.find(ann.id, "   ") == [] and await kit.find(ann.id, "quokka") == []
    await own.rename(kit, ann, mine, "Écoute")
    assert [f.conversation.id for f in await kit.find(ann.id, "ecoute")] == [mine]
    await own.delete(kit, ann, mine)
    assert await kit.find(ann.id, "165") == []


async def test_deleting_stops_what_runs_and_takes_everything_but_the_record(make_kit: MakeKit) -> None:
    kit = await make_kit(
        {"light": [Line("leave", ("You get 126 calendar days of parental leave [1]. ", "The leave ", Wait(60), "x"))]}
    )
    ann = person(kit, "ann")
    running = kit.turns.start(ann, None, LEAVE)
    async for event in kit.turns.events(ann, running.turn_id):
        if event.kind == "piece":
            break
    await kit.handoffs.ask_person(ann, running.conversation_id, "please")
    await own.delete(kit, ann, running.conversation_id)
    assert running.task.done() and kit.conversations.list_for(ann.id) == []
    assert kit.desk.for_conversation(running.conversation_id) is None
    assert [row["kind"] for row in kit.ledger.rows()][-2:] == ["turn.close", "conversation.delete"]
    with pytest.raises(NotFound):
        await conversation_view(kit, ann, running.conversation_id)


async def test_a_turn_that_a_crash_cut_off_says_so_and_can_be_asked_again(make_kit: MakeKit, tmp_path: Path) -> None:
    kit = await make_kit({"light": [Line("leave", (Wait(30), "x"))]})
    running = kit.turns.start(person(kit, "ann"), None, LEAVE)
    async with asyncio.timeout(20):
        while not kit.conversations.every_message(running.conversation_id):
            await asyncio.sleep(0.02)
    await asyncio.to_thread(kit.ledger._close_unfinished)  # what opening the record does after a crash
    assert kit.audit.mend() == 1 and kit.audit.mend() == 0
    question, answer = kit.conversations.messages(running.conversation_id)
    assert question.text == LEAVE and answer.outcome == "failed" and "ask it again" in answer.text
    assert kit.ledger.turn(running.turn_id)[-1]["row"]["detail"] == "the program ended during this turn"
    running.task.cancel()


async def test_a_turn_that_a_shutdown_cut_off_is_kept_with_its_question(make_kit: MakeKit, tmp_path: Path) -> None:
    kit = await make_kit({"light": [Line("leave", ("You get 126 calendar days of parental leave [1]. ", Wait(30)))]})
    ann = person(kit, "ann")
    running = kit.turns.start(ann, None, LEAVE)
    async for event in kit.turns.events(ann, running.turn_id):
        if event.kind == "piece":
            break
    folder = kit.settings.data_dir.parent
    await kit.close()
    again = await build(settings_in(folder))
    try:
        question, answer = again.conversations.messages(running.conversation_id)
        assert answer.outcome == "stopped" and "shut down" in answer.text and "126" in answer.text
        redo = again.turns.again(ann, running.conversation_id, answer.id)
        assert redo.ask.attempt == 1 and (await redo.task).outcome == "answered"
        assert again.conversations.messages(running.conversation_id)[0].id == question.id
    finally:
        await again.close()


async def test_opinions_are_kept_with_the_answer_and_on_record(make_kit: MakeKit) -> None:
    kit = await make_kit()
    ann, eve = person(kit, "ann"), person(kit, "eve")
    conversation = await first(kit, "ann")
    answer = kit.conversations.messages(conversation)[-1]
    given = await kit.opinions.give(ann, conversation, answer.id, "down", ["outdated", "wrong"], "ask bo@example.com")
    assert given is not None and given.reasons == ("wrong", "outdated") and "bo@example.com" not in given.comment
    assert given.snapshot["answer"] == answer.text and LEAVE in given.snapshot["question"]
    row = [row for row in kit.ledger.rows() if row["kind"] == "feedback"][-1]["row"]
    assert row["thumb"] == "down" and row["of_turn"] == answer.turn_id and "bo@" not in json.dumps(row)
    assert (await kit.opinions.give(ann, conversation, answer.id, "up", [], "")) is not None
    assert (await kit.opinions.give(ann, conversation, answer.id, "up", [], "")) is None
    assert await kit.opinions.of(ann, conversation) == {}
    before = sum(1 for _ in kit.ledger.rows())
    for who, where, what in ((eve, conversation, answer.id), (ann, conversation, "x"), (ann, "x", answer.id)):
        with pytest.raises(NotFound):
            await kit.opinions.give(who, where, what, "up", [], "")
    with pytest.raises(StewardError, match="offered"):
        await kit.opinions.give(ann, conversation, answer.id, "up", ["rude"], "")
    assert sum(1 for _ in kit.ledger.rows()) == before


async def test_an_attached_file_is_cited_by_its_person_and_gone_with_its_conversation(make_kit: MakeKit) -> None:
    kit = await make_kit()
    ann, eve = person(kit, "ann"), person(kit, "eve")
    conversation = kit.conversations.create(ann.id, "").id
    file = await kit.attached.add(ann, conversation, "..\\notes/off\u202esite.md", NOTES)
    assert file.name == "off site.md" and [f.id for f in await kit.attached.of(ann, conversation)] == [file.id]
    assert list((kit.settings.data_dir / "incoming").iterdir()) == []
    await kit.turns.start(ann, conversation, "What is the budget of the zanzibar offsite?").task
    answer = kit.conversations.messages(conversation)[-1]
    assert "4,200" in answer.text and answer.citations[0].chunk_id.startswith(f"attached:{file.id}")
    view = await passage_view(kit, ann, answer.citations[0].chunk_id)
    assert "4,200" in view.text and view.document.title == "off site.md"
    for call in (
        lambda: passage_view(kit, eve, answer.citations[0].chunk_id),
        lambda: kit.attached.of(eve, conversation),
        lambda: kit.attached.add(eve, conversation, "x.md", NOTES),
        lambda: kit.attached.remove(eve, conversation, file.id),
        lambda: kit.attached.remove(ann, conversation, "x"),
    ):
        with pytest.raises(NotFound):
            await call()
    other = await ask(kit, "ann", "What is the budget of the zanzibar offsite?")
    assert "4,200" not in other[-1].data["text"]
    with pytest.raises(DocumentRefused):
        await kit.attached.add(ann, conversation, "x.pdf", b"%PDF-1.4 nothing")
    sealed = kit.conversations.file.path
    with kit.conversations.file.read() as db:
        blob = bytes(db.execute("SELECT original FROM attachment").fetchone()[0])
    await own.delete(kit, ann, conversation)
    on_disk = b"".join(path.read_bytes() for path in sealed.parent.glob("conversations.db*"))
    assert blob[-40:] not in on_disk and b"zanzibar" not in on_disk
    with pytest.raises(NotFound):
        kit.attached.own(ann, answer.citations[0].chunk_id)


async def test_follow_ups_come_from_sections_beside_those_that_are_cited(make_kit: MakeKit) -> None:
    kit = await make_kit()
    ann = person(kit, "ann")
    conversation = await first(kit, "bob", "What does the Cedar scheme extend?")
    answer = kit.conversations.messages(conversation)[-1]
    assert await followups(kit, ann, answer) == []  # Ann may not read that document
    conversation = await first(kit, "ann")
    answer = kit.conversations.messages(conversation)[-1]
    suggested = await followups(kit, ann, answer)
    assert all("How long" not in text for text in suggested) and len(suggested) <= 3


async def test_an_export_holds_the_branch_and_is_its_persons_alone(make_kit: MakeKit) -> None:
    kit = await make_kit()
    ann = person(kit, "ann")
    conversation = await first(kit, "ann", "I am ann.lee@example.com, how many days of parental leave do I get?")
    name, text = await export(kit, ann, conversation, "md")
    assert name.endswith(".md") and "ann.lee@example.com" in text and "126" in text and "Parental leave" in text
    name, text = await export(kit, ann, conversation, "json")
    assert [m["role"] for m in json.loads(text)["messages"]] == ["user", "assistant"]
    with pytest.raises(NotFound):
        await export(kit, person(kit, "eve"), conversation, "md")
    assert [row["kind"] for row in kit.ledger.rows()].count("conversation.export") == 2


async def test_everything_of_others_is_as_if_it_were_not_there(make_kit: MakeKit) -> None:
    kit = await make_kit()
    eve, conversation = person(kit, "eve"), await first(kit, "ann")
    messages = kit.conversations.messages(conversation)
    before = sum(1 for _ in kit.ledger.rows())
    for where in (conversation, "nothing"):
        said = set()
        for call in (
            lambda: own.rename(kit, eve, where, "mine"),  # noqa: B023
            lambda: own.pin(kit, eve, where, True),  # noqa: B023
            lambda: own.delete(kit, eve, where),  # noqa: B023
            lambda: own.choose(kit, eve, where, messages[0].id),  # noqa: B023
        ):
            with pytest.raises(NotFound) as error:
                await call()
            said.add(str(error.value))
        for start in (kit.turns.edit, kit.turns.again):
            with pytest.raises(NotFound) as error:
                start(eve, where, messages[0].id, *(["x"] if start == kit.turns.edit else []))
            said.add(str(error.value))
        assert said == {"This conversation does not exist, or is not yours."}
    assert kit.conversations.messages(conversation) == messages
    assert sum(1 for _ in kit.ledger.rows()) == before
