"""The desk's handlers: the queue of an expert, and nobody else."""

from __future__ import annotations

from typing import Any

import gradio as gr

from assistant.pipeline.kit import Kit
from assistant.ui.pages.desk import DeskPage
from assistant.values import HandOff, Person
from tests.pipeline.conftest import MakeKit, ask, make_kit, person
from tests.ui.conftest import click, request_of
from tests.ui.test_chat import Tab

__all__ = ["make_kit"]
MINE = "Can you write to ann.lee@harbourline.example about my parental leave?"


class Desk:
    """One expert's tab."""

    def __init__(self, kit: Kit, who: Person) -> None:
        self.kit, self.who, self.page = kit, who, DeskPage(kit)
        with gr.Blocks():
            self.page.components()
        self.shown: dict[Any, Any] = {}

    def take(self, changes: dict[Any, Any]) -> None:
        self.shown |= changes

    async def open(self, handoff_id: str = "") -> None:
        request = request_of(self.kit, self.who)
        self.take(await self.page.choose(click(act="open", id=handoff_id), request))

    async def answer(self, text: str, chosen: str | None = None) -> None:
        chosen = self["chosen"] if chosen is None else chosen
        self.take(await self.page.answer(chosen, text, request_of(self.kit, self.who)))

    def __getitem__(self, name: str) -> Any:
        return self.shown.get(getattr(self.page, name), "")


async def waiting(kit: Kit) -> tuple[Tab, HandOff]:
    """Ann asked something and then a person."""
    await ask(kit, "ann", MINE)
    tab = Tab(kit, person(kit, "ann"))
    await tab.arrive(f"c={kit.conversations.list_for(tab.who.id)[0].id}")
    await tab.act(act="person", note="I am at +65 6123 4567 <script>")
    given = await kit.handoffs.status(tab.who, tab.here)
    assert given is not None and "Waiting for a person" in tab["person"] and "has been asked" in tab["past"]
    return tab, given


async def test_an_expert_takes_answers_and_the_person_sees_it(make_kit: MakeKit) -> None:
    kit = await make_kit()
    tab, given = await waiting(kit)
    desk = Desk(kit, person(kit, "bob"))
    desk.take(await desk.page.arrive(request_of(kit, desk.who)))
    assert given.id in desk["side"] and "Desk" in desk["case"]
    await desk.open(given.id)
    assert "ann.lee@" not in desk["case"] and "6123" not in desk["case"] and "<script" not in desk["case"]
    assert "parental leave" in desk["case"] and "Their note" in desk["case"]
    desk.take(await desk.page.take(given.id, click(act="claim"), request_of(kit, desk.who)))
    tab.take(await tab.chat.look_again(tab.here, request_of(kit, tab.who)))
    assert "Bob Tan is on it" in tab["person"] and "yours" in desk["side"]
    await desk.answer("")
    assert "empty" in desk["notice"] and desk.page.box not in desk.shown
    await desk.answer("I wrote to **you**. <img src=x onerror=alert(1)>")
    assert "Sent" in desk["case"] and given.id not in desk["side"] and desk["box"] == ""
    tab.take(await tab.chat.look_again(tab.here, request_of(kit, tab.who)))
    assert "<strong>you</strong>" in tab["past"] and "<img" not in tab["past"]
    assert "Answered by Bob Tan." in tab["person"] and "ann.lee@harbourline.example" in tab["past"]


async def test_the_desk_is_not_for_everybody(make_kit: MakeKit) -> None:
    kit = await make_kit()
    _, given = await waiting(kit)
    eve = Desk(kit, person(kit, "eve"))
    for changes in (
        await eve.page.arrive(request_of(kit, eve.who)),
        await eve.page.choose(click(act="open", id=given.id), request_of(kit, eve.who)),
        await eve.page.take(given.id, click(act="claim"), request_of(kit, eve.who)),
        await eve.page.answer(given.id, "hello", request_of(kit, eve.who)),
        await eve.page.refresh(given.id, request_of(kit, eve.who)),
    ):
        assert "not for you" in changes[eve.page.case] and given.id not in changes[eve.page.side]
    kept = kit.desk.get(given.id)
    assert kept is not None and kept.state == "waiting"


async def test_an_expert_of_another_group_gets_nothing(make_kit: MakeKit) -> None:
    kit = await make_kit()
    tab, given = await waiting(kit)
    kit.people.set_access("eve", ["staff", "finance"], ["employee", "expert"])
    eve = Desk(kit, person(kit, "eve"))
    await eve.open(given.id)
    assert given.id not in eve["side"] and "does not exist, or is not for you" in eve["case"]
    await eve.answer("hello", given.id)
    assert "does not exist, or is not for you" in eve["notice"]
    assert not any(m.role == "expert" for m in kit.conversations.messages(tab.here))


async def test_a_colleague_who_was_faster_loses_nobody_their_text(make_kit: MakeKit) -> None:
    kit = await make_kit()
    _, given = await waiting(kit)
    kit.people.set_access("eve", ["staff", "hr"], ["employee", "expert"])
    bob, eve = Desk(kit, person(kit, "bob")), Desk(kit, person(kit, "eve"))
    await bob.open(given.id)
    await eve.open(given.id)
    bob.take(await bob.page.take(given.id, click(act="claim"), request_of(kit, bob.who)))
    eve.take(await eve.page.take(given.id, click(act="claim"), request_of(kit, eve.who)))
    assert "taken this request already" in eve["notice"]
    await eve.answer("My long answer")
    assert "A colleague has taken" in eve["notice"] and eve.page.box not in eve.shown


async def test_a_suspended_expert_is_out(make_kit: MakeKit) -> None:
    kit = await make_kit()
    _, given = await waiting(kit)
    bob = Desk(kit, person(kit, "bob"))
    request = request_of(kit, bob.who)
    kit.people.set_suspended("bob", True)
    changes = await bob.page.choose(click(act="open", id=given.id), request)
    assert "You are signed out" in changes[bob.page.case] and changes[bob.page.side] == ""
