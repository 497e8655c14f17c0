"""The chat page: conversations, the transcript with the answer that is being made, and the evidence pane.

It turns a turn's events into HTML and decides nothing. The turn is its own task: a page that is closed, reloaded or
opened twice picks it up where it stands. Every handler asks the kit whether the object belongs to the person.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.components.navbar import Navbar

from assistant.errors import NotFound, StewardError
from assistant.pipeline.reading import conversation_view, passage_view
from assistant.ui import evidence, render
from assistant.ui.events import QUIET, TEXT_CHARS, Changes, Handler, given, html, person_of_event
from assistant.ui.i18n import later, t
from assistant.ui.pages import frame
from assistant.ui.render import Live, Look
from assistant.ui.session import SignedOut
from assistant.ui.view import Asked, View
from assistant.values import sentence

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit
    from assistant.values import Person

FOLLOWERS = 256
POLL_S = 4.0


class Chat:
    """Components first, wiring second, handlers after."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.look = Look(hosts=tuple(kit.policies.output.link_hosts))
        self.asked = Asked()

    def build(self, blocks: gr.Blocks) -> None:
        """Put the page into ``blocks``."""
        self.components()
        self.wire(blocks)

    def components(self) -> None:
        """Three panes."""
        Navbar(visible=False)
        self.view = gr.State(View())
        with gr.Row(elem_id="app"):
            self.side = html("side", acts=True)
            with gr.Column(elem_id="talk"):
                html("top", frame.TOP)
                with gr.Column(elem_id="scroll"):
                    self.past = html("past", acts=True)
                    self.live = html("live", acts=True)
                    self.person = html("person")
                with gr.Column(elem_id="composer"):
                    self.notice = html("notice")
                    with gr.Row(elem_id="ask"):
                        self.box = gr.Textbox(
                            elem_id="box",
                            lines=1,
                            max_lines=8,
                            label=later("Your question"),
                            show_label=False,
                            container=False,
                            autofocus=True,
                            placeholder=later("Ask a question"),
                            html_attributes=gr.InputHTMLAttributes(autocomplete="off", enterkeyhint="send"),
                        )
                        self.send = gr.Button(later("Send"), elem_id="send", variant="primary")
                        self.halt = gr.Button(later("Stop"), elem_id="stop", visible=False)
                    html("fine", frame.FINE)
            self.proof = html("proof", acts=True)
        self.timer = gr.Timer(POLL_S, active=False)

    def wire(self, blocks: gr.Blocks) -> None:
        """Events. ``follow`` holds a slot for as long as an answer takes; nothing else does."""
        parts = [self.side, self.past, self.live, self.person, self.notice, self.box, self.send, self.halt,
                 self.proof, self.timer]  # fmt: skip
        follow = {"fn": self.follow, "inputs": self.view, "outputs": parts, **QUIET, "concurrency_limit": FOLLOWERS}
        blocks.load(self.arrive, self.view, parts, **QUIET).then(**follow)
        asking = [self.send.click, self.box.submit]
        gr.on(asking, self.ask, [self.view, self.box], parts, **QUIET).then(**follow)
        self.side.click(self.choose, self.view, parts, **QUIET).then(**follow)
        self.halt.click(self.stop, self.view, parts, **QUIET)
        for part in (self.past, self.live, self.proof):
            part.click(self.act, self.view, parts, trigger_mode="multiple", **QUIET)
        self.timer.tick(self.look_again, self.view, parts, **QUIET)

    async def arrive(self, view: View, request: gr.Request) -> Changes:
        """The page was opened or reloaded, perhaps with a conversation in its address."""
        wanted = request.request.query_params.get("c", "")[:200] if request.request is not None else ""
        return await self._guarded(view, request, lambda person: self._open(view, person, wanted))

    async def choose(self, view: View, event: gr.EventData, request: gr.Request) -> Changes:
        """A click on the left: another conversation, or a new one."""
        wanted = given(event, "id") if given(event, "act") == "open" else ""
        return await self._guarded(view, request, lambda person: self._open(view, person, wanted))

    async def ask(self, view: View, text: str, request: gr.Request) -> Changes:
        """Start a turn and clear the box; where it cannot start, the text stays in the box."""

        async def start(person: Person) -> Changes:
            if not (text or "").strip():
                raise StewardError("Type your question first.")
            running = self.kit.turns.start(person, view.conversation or None, text)
            first: Changes = {} if view.conversation else {self.past: ""}
            self.asked.put(running.turn_id, text)
            view.move(running.conversation_id, running.turn_id, text)
            live = Live(text, self.look, running.conversation_id).html()
            return {**first, self.box: "", self.notice: "", self.live: live, **self._running(True)}

        return await self._guarded(view, request, start)

    async def follow(self, view: View, request: gr.Request) -> AsyncIterator[Changes]:
        """Show the turn from its first event on, wherever it stands, until the tab looks elsewhere."""
        nothing: Changes = {self.notice: gr.skip()}
        yield nothing  # Gradio sends the last values once more at the end, and empties every part if there were none
        if not view.follow():
            return
        moves, turn, live = view.moves, view.turn, Live(view.asked, self.look, view.conversation)
        try:
            async for event in self.kit.turns.events(person_of_event(self.kit, request), turn, 0):
                person = person_of_event(self.kit, request)
                if view.moves != moves:
                    yield nothing
                    return
                if not live.take(event.kind, event.data):
                    continue
                if event.kind == "done":
                    yield await self._done(view, person, live, event.data)
                else:
                    yield {self.live: live.html()}
        except StewardError as error:
            yield self._sorry(view, error)

    async def stop(self, view: View, request: gr.Request) -> Changes:
        """Stop the turn; what was shown stays."""

        async def halt(person: Person) -> Changes:
            self.kit.turns.stop(person, view.turn)
            return {self.notice: ""}

        return await self._guarded(view, request, halt)

    async def act(self, view: View, event: gr.EventData, request: gr.Request) -> Changes:
        """A click in the transcript or the evidence pane."""

        async def do(person: Person) -> Changes:
            match given(event, "act"):
                case "cite":
                    return await self._cite(view, person, given(event, "id"), given(event, "message"))
                case "made":
                    messages = await conversation_view(self.kit, person, view.conversation)
                    story = next((m.made for m in messages if m.id == given(event, "id")), None)
                    return {
                        self.proof: evidence.made(story)
                        if story
                        else evidence.gone(sentence("There is no such answer."))
                    }
                case "person":
                    note = given(event, "note", TEXT_CHARS)
                    await self.kit.handoffs.ask_person(person, view.conversation, note)
                    return await self._open(view, person, view.conversation)
                case "starter":
                    return {self.box: given(event, "text", TEXT_CHARS)}
            return {self.notice: ""}

        return await self._guarded(view, request, do)

    async def look_again(self, view: View, request: gr.Request) -> Changes:
        """While a person is asked: has something come?"""

        async def look(person: Person) -> Changes:
            if not view.conversation or view.turn or await self._state(person, view.conversation) == view.seen:
                return {self.notice: gr.skip()}
            return await self._open(view, person, view.conversation)

        return await self._guarded(view, request, look)

    async def _guarded(self, view: View, request: gr.Request, handler: Handler) -> Changes:
        try:
            return await handler(person_of_event(self.kit, request))
        except StewardError as error:
            return self._sorry(view, error)

    def _sorry(self, view: View, error: StewardError) -> Changes:
        """The sentence of an error, and an empty page for somebody who is signed out."""
        if not isinstance(error, SignedOut):
            return {self.notice: frame.alert(str(error))}
        view.move("")
        empty: Changes = dict.fromkeys((self.side, self.past, self.person, self.proof, self.notice), "")
        return {**empty, self.live: frame.signed_out(), self.timer: gr.Timer(active=False)}

    async def _open(self, view: View, person: Person, conversation: str) -> Changes:
        """Everything of one conversation, or the start of a new one."""
        try:
            shown = await self._conversation(person, conversation) if conversation else self._start(person)
        except NotFound as error:
            conversation, shown = "", {**self._start(person), self.notice: frame.alert(str(error))}
        turn = self.kit.turns.running(person, conversation) if conversation else None
        view.move(conversation, turn or "", self.asked.get(turn))
        view.seen = await self._state(person, conversation) if conversation else ""
        listed = await asyncio.to_thread(self.kit.conversations.list_for, person.id)
        side = frame.side(person, listed, conversation)
        return {self.live: "", self.notice: "", **shown, self.side: side, **self._running(bool(turn))}

    def _start(self, person: Person) -> Changes:
        welcome = frame.welcome(person, self.kit.starters(person))
        return {self.past: welcome, self.person: "", self.timer: gr.Timer(active=False)}

    async def _conversation(self, person: Person, conversation: str) -> Changes:
        messages = await conversation_view(self.kit, person, conversation)
        handoff = await self.kit.handoffs.status(person, conversation)
        expert = self.kit.people.get(handoff.expert_id) if handoff and handoff.expert_id else None
        waiting = handoff is not None and handoff.state != "resolved"
        return {
            self.past: render.transcript(messages, replace(self.look, asked=waiting), conversation),
            self.person: render.handoff(handoff, expert.display_name if expert else t("A colleague")),
            self.timer: gr.Timer(active=waiting),
        }

    async def _state(self, person: Person, conversation: str) -> str:
        """Changes whenever the conversation or its hand-off does."""
        handoff = await self.kit.handoffs.status(person, conversation)
        updated = self.kit.conversations.get(person.id, conversation).updated.isoformat()
        return f"{updated} {handoff.id} {handoff.state}" if handoff else updated

    async def _done(self, view: View, person: Person, live: Live, data: dict[str, Any]) -> Changes:
        self.asked.drop(view.turn)
        changes = await self._open(view, person, view.conversation)
        if not data["made"]:  # it ended before it was on record, so the conversation does not hold it
            changes[self.live] = live.html()
        if data["outcome"] in ("refused", "failed"):
            changes[self.box] = live.asked
        return changes

    async def _cite(self, view: View, person: Person, chunk_id: str, message_id: str) -> Changes:
        try:
            passage = await passage_view(self.kit, person, chunk_id)
        except NotFound as error:
            return {self.proof: evidence.gone(str(error))}
        quote = ""
        if view.conversation and message_id:
            messages = await conversation_view(self.kit, person, view.conversation)
            cited = [c.quote for m in messages if m.id == message_id for c in m.citations if c.chunk_id == chunk_id]
            quote = cited[0] if cited else ""
        return {self.proof: evidence.passage(passage, self.look.hosts, quote)}

    def _running(self, running: bool) -> Changes:
        return {self.send: gr.Button(visible=not running), self.halt: gr.Button(visible=running)}
