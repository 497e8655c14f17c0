"""The chat page's handlers: what a person sees, that nothing is lost, and that ids of others open nothing."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import gradio as gr
import pytest

from assistant.errors import NotFound
from assistant.pipeline.kit import Kit
from assistant.tiers.scripted import Line, Wait
from assistant.ui.pages.chat import Chat
from assistant.ui.shell import pages
from assistant.ui.streams import Streams
from assistant.values import Person
from tests.pipeline.conftest import MakeKit, make_kit, person
from tests.ui.conftest import click, request_of

__all__ = ["make_kit"]
LEAVE = "How many days of parental leave do I get?"
NOT_YOURS = "does not exist, or is not yours"
FIRST, THE, REST = "You get 126 calendar days of parental leave [1]. ", "The ", "leave starts on the date of birth [1]."
SLOW = {"light": [Line("leave", (FIRST, THE, Wait(1.0), REST))]}


class Tab:
    """One browser tab: the page, and what it shows now by component."""

    def __init__(self, kit: Kit, who: Person) -> None:
        self.kit, self.who = kit, who
        self.chat, self.streams = Chat(kit), Streams(kit)
        with gr.Blocks():
            self.chat.components()
        self.shown: dict[Any, Any] = {}
        self.request = request_of(kit, who)
        self.lives: list[str] = []

    @property
    def here(self) -> str:
        return str(self["here"] or "")

    @property
    def turn(self) -> str:
        found = re.search(r'data-turn="(\w+)"', self["live"])
        return found[1] if found else ""

    def take(self, changes: dict[Any, Any]) -> None:
        self.shown |= changes

    async def arrive(self, query: str = "") -> None:
        self.take(await self.chat.arrive(request_of(self.kit, self.who, query)))

    async def ask(self, text: str) -> None:
        self.take(await self.chat.ask(self.here, text, self.request))

    async def follow(self, turn: str = "") -> None:
        """What chat.js does: put each state of the answer on the screen, then read the conversation."""
        request = self.request.request
        running = self.kit.turns.get(self.who, turn or self.turn)
        async for part in self.streams._live(request, running):
            self.lives.append(json.loads(part.partition("data: ")[2])["html"])
        await self.go(act="resume")

    async def act(self, **data: str) -> None:
        self.take(await self.chat.act(self.here, 60, click(**data), self.request))

    async def go(self, **data: str) -> None:
        self.take(await self.chat.go(self.here, 60, click(**data), self.request))

    def __getitem__(self, name: str) -> Any:
        return self.shown.get(getattr(self.chat, name), "")


async def slow_tab(make_kit: MakeKit) -> Tab:
    """A tab of Ann, whose answers take a second between their sentences."""
    kit = await make_kit(SLOW)
    return Tab(kit, person(kit, "ann"))


async def first_piece(tab: Tab, following: asyncio.Task[None]) -> None:
    """Wait until the tab shows the first sentence."""
    async with asyncio.timeout(20):
        while not any("126" in live for live in tab.lives) and not following.done():
            await asyncio.sleep(0.02)


async def asked(kit: Kit, name: str, text: str = LEAVE) -> Tab:
    tab = Tab(kit, person(kit, name))
    await tab.arrive()
    await tab.ask(text)
    await tab.follow()
    return tab


async def test_an_answer_comes_in_pieces_and_stands_in_the_conversation(make_kit: MakeKit) -> None:
    tab = await asked(await make_kit(SLOW), "ann")
    partly = [live for live in tab.lives if "126 calendar days" in live and "date of birth" not in live]
    assert partly and 'aria-busy="true"' in partly[0]
    assert "date of birth" in tab["past"] and 'data-act="cite"' in tab["past"] and tab["live"] == ""
    assert tab["box"] == "" and LEAVE in tab["past"] and tab.turn == ""
    messages = tab.kit.conversations.messages(tab.here)
    await tab.act(act="made", id=messages[-1].id)
    assert 'data-stage="retrieve"' in tab["proof"] and "ms</span>" in tab["proof"]
    await tab.act(act="cite", id=messages[-1].citations[0].chunk_id, message=messages[-1].id)
    assert "<mark>" in tab["proof"] and "Parental leave" in tab["proof"]


@pytest.mark.parametrize("text", ["x" * 5000, "���������� \x00\x01"])
async def test_a_refused_question_returns_into_the_box(make_kit: MakeKit, text: str) -> None:
    tab = await asked(await make_kit(), "ann", text)
    assert tab["box"] == text and "refused" in tab["past"]


async def test_an_empty_question_and_a_second_one_meanwhile_get_a_sentence(make_kit: MakeKit) -> None:
    tab = await slow_tab(make_kit)
    await tab.arrive()
    await tab.ask("  \n ")
    assert "Type your question first." in tab["notice"] and tab.chat.box not in tab.shown
    await tab.ask(LEAVE)
    tab.shown.pop(tab.chat.box)
    turn = tab.turn
    await tab.ask("And another?")
    assert "still being answered" in tab["notice"] and tab.chat.box not in tab.shown and tab.turn == turn
    await tab.follow()
    assert "date of birth" in tab["past"]


async def test_a_reloaded_page_picks_the_running_turn_up_from_its_start(make_kit: MakeKit) -> None:
    first = await slow_tab(make_kit)
    await first.arrive()
    await first.ask(LEAVE)
    await asyncio.sleep(0.4)
    again = Tab(first.kit, first.who)
    await again.arrive(f"c={first.here}")
    assert again.turn == first.turn and LEAVE in again["live"] and LEAVE not in again["past"]
    await again.follow()
    assert any("126 calendar days" in live for live in again.lives) and "date of birth" in again["past"]
    assert again["past"].count('class="turn mine"') == 1


async def test_stop_keeps_what_was_shown(make_kit: MakeKit) -> None:
    tab = await slow_tab(make_kit)
    await tab.arrive()
    await tab.ask(LEAVE)
    following = asyncio.create_task(tab.follow())
    await first_piece(tab, following)
    await tab.chat.stop(tab.here, request_of(tab.kit, tab.who))
    await following
    assert "126 calendar days" in tab["past"] and "Stopped before" in tab["past"] and "date of birth" not in tab["past"]


async def test_a_suspended_person_is_out_in_the_middle_of_an_answer(make_kit: MakeKit) -> None:
    kit = await make_kit(SLOW)
    tab = Tab(kit, person(kit, "ann"))
    await tab.arrive()
    await tab.ask(LEAVE)
    following = asyncio.create_task(tab.follow())
    await first_piece(tab, following)
    kit.people.set_suspended("ann", True)
    await following
    assert "You are signed out" in tab["live"] and tab["past"] == "" and tab["list"] == ""
    assert not any("date of birth" in live for live in tab.lives)


async def test_ids_of_others_open_nothing_and_change_nothing(make_kit: MakeKit) -> None:
    kit = await make_kit()
    ann = await asked(kit, "ann")
    theirs = kit.conversations.messages(ann.here)
    eve = Tab(kit, person(kit, "eve"))
    await eve.arrive(f"c={ann.here}")
    assert NOT_YOURS in eve["notice"] and "126" not in eve["past"] and eve.here == ""
    unknown = Tab(kit, person(kit, "eve"))
    await unknown.arrive("c=nothing")
    assert eve["notice"] == unknown["notice"]
    answer = theirs[-1].id
    for where in (ann.here, "nothing"):  # what a forged event says it shows
        for data in (
            {"act": "made", "id": answer}, {"act": "seen", "id": answer}, {"act": "person", "note": "mine now"},
            {"act": "edit", "id": theirs[0].id, "text": "x"}, {"act": "again", "id": answer},
            {"act": "branch", "id": answer}, {"act": "detach", "id": answer}, {"act": "next", "text": "And who?"},
            {"act": "thumb", "id": answer, "thumb": "down", "reason_wrong": "on", "comment": "x"},
        ):  # fmt: skip
            eve.shown = {eve.chat.here: where}
            await eve.act(**data)
            assert NOT_YOURS in eve["notice"] and not eve["proof"] and not eve["past"], data
        for act in ("pin", "rename", "delete", "open"):
            eve.shown = {eve.chat.here: ""}
            await eve.go(act=act, id=where, title="mine", pinned="")
            assert NOT_YOURS in eve["notice"], act
        eve.shown = {eve.chat.here: where}
        await eve.ask("What did I ask before?")
        assert NOT_YOURS in eve["notice"]
        eve.take(await eve.chat.look_again(where, request_of(kit, eve.who)))
        assert NOT_YOURS in eve["notice"]
    eve.shown = {eve.chat.here: ""}
    await eve.go(act="find", query="parental")
    assert "Nothing found" in eve["list"] and ann.here not in eve["list"]
    assert kit.conversations.messages(ann.here) == theirs
    assert await kit.handoffs.status(ann.who, ann.here) is None


async def test_another_persons_turn_is_neither_followed_nor_stopped(make_kit: MakeKit) -> None:
    kit = await make_kit(SLOW)
    ann, eve = Tab(kit, person(kit, "ann")), Tab(kit, person(kit, "eve"))
    await ann.ask(LEAVE)
    eve.take(await eve.chat.stop(ann.here, request_of(kit, eve.who)))
    assert NOT_YOURS in eve["notice"] and kit.turns.running(ann.who, ann.here) == ann.turn
    with pytest.raises(NotFound):
        await eve.follow(ann.turn)
    await ann.follow()
    assert "date of birth" in ann["past"]


async def test_a_passage_one_may_not_read_looks_like_one_that_is_not_there(make_kit: MakeKit) -> None:
    kit = await make_kit()
    hidden = kit.catalogue.chunk_ids("topup@1")[0]
    ann, bob = Tab(kit, person(kit, "ann")), Tab(kit, person(kit, "bob"))
    await bob.act(act="cite", id=hidden)
    assert "Cedar" in bob["proof"]
    await ann.act(act="cite", id=hidden)
    refused = ann["proof"]
    await ann.act(act="cite", id="nothing")
    assert refused == ann["proof"] and "Cedar" not in refused
    kit.people.set_access("bob", ["staff"], ["employee"])
    await bob.act(act="cite", id=hidden)
    assert bob["proof"] == refused


async def test_nobody_gets_an_empty_page(make_kit: MakeKit) -> None:
    kit = await make_kit()
    chat, nobody = Chat(kit), request_of(kit, None)
    with gr.Blocks():
        chat.components()
    for changes in (await chat.arrive(nobody), await chat.ask("", LEAVE, nobody),
                    await chat.act("", 60, click(act="cite", id="x"), nobody)):  # fmt: skip
        assert "You are signed out" in changes[chat.live] and changes[chat.list] == ""


@pytest.mark.parametrize(
    "data", [{}, {"act": "cite"}, {"act": "cite", "id": 7}, {"act": ["x"]}, {"act": "made"}, None, []]
)
async def test_malformed_clicks_are_harmless(make_kit: MakeKit, data: Any) -> None:
    tab = await asked(await make_kit(), "ann")
    tab.take(await tab.chat.act(tab.here, 60, gr.EventData(None, data), request_of(tab.kit, tab.who)))
    assert "<mark>" not in tab["proof"]


async def test_every_event_is_private_and_waits_for_no_other(make_kit: MakeKit) -> None:
    events = pages(await make_kit()).fns.values()
    assert len(events) > 10
    for event in events:
        assert event.api_visibility == "private", event.name
        assert event.concurrency_limit is None, event.name
