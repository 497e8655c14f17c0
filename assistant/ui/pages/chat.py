"""The chat page: conversations, the transcript with the answer that is being made, and the evidence pane.

It keeps nothing of a tab on the server. Which conversation a tab shows comes from the browser with every event
(``here``) and is an id to look up, never a right; so a reload, a second tab and a restarted server are all the same to
it. A running turn is followed over its own stream (``streams.py``); here it is only started and, when it has ended,
read from the conversation. Every handler asks the kit whether the object belongs to the person.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import gradio as gr
from gradio.components.navbar import Navbar

from assistant.errors import NotFound, StewardError
from assistant.pipeline import own
from assistant.pipeline.followups import followups
from assistant.pipeline.reading import conversation_view
from assistant.ui import listing, render
from assistant.ui.events import QUIET, TEXT_CHARS, Changes, Handler, given, html, person_of_event
from assistant.ui.i18n import later, t
from assistant.ui.live import Live
from assistant.ui.pages import frame
from assistant.ui.pages.proof import Proof
from assistant.ui.render import Look
from assistant.ui.session import SignedOut

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit
    from assistant.pipeline.turns import Running
    from assistant.values import Message, Person

POLL_S = 4.0
TYPED_CHARS = 20_000
"""What is taken from a form of ours; how long a question may be is the guard's business."""
ALL = 100_000


class Chat:
    """Components first, wiring second, handlers after."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.look = Look(hosts=tuple(kit.policies.output.link_hosts))
        self.pane = Proof(kit, self.look.hosts)

    def build(self, blocks: gr.Blocks) -> None:
        """Put the page into ``blocks``."""
        self.components()
        self.wire(blocks)

    def components(self) -> None:
        """Three panes."""
        Navbar(visible=False)
        self.rows = gr.State(listing.ROWS)
        self.here = gr.Textbox(visible="hidden", elem_id="here", show_label=False, container=False)
        with gr.Row(elem_id="app"):
            with gr.Column(elem_id="side"):
                self.finder = html("finder", listing.SEARCH, acts=True)
                self.list = html("list", acts=True)
                self.menu = html("menu", listing.MENU, acts=True)
                self.account = html("account")
            with gr.Column(elem_id="talk"):
                html("top", frame.TOP)
                with gr.Column(elem_id="scroll"):
                    self.past = html("past", acts=True)
                    self.live = html("live", acts=True)
                    self.person = html("person")
                    self.next = html("next", acts=True)
                with gr.Column(elem_id="composer"):
                    self.notice = html("notice")
                    self.files = html("files", acts=True)
                    with gr.Row(elem_id="ask"):
                        html("attach", frame.ATTACH)
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
        self.resume = html("resume", frame.RESUME, acts=True)
        self.timer = gr.Timer(POLL_S, active=False)

    def wire(self, blocks: gr.Blocks) -> None:
        """Events. None waits for an answer: that is followed outside Gradio's queue."""
        parts = [self.list, self.account, self.past, self.live, self.person, self.next, self.notice, self.files,
                 self.box, self.send, self.halt, self.proof, self.here, self.rows, self.timer]  # fmt: skip
        given_ = [self.here, self.rows]
        every = {"trigger_mode": "multiple", **QUIET}
        blocks.load(self.arrive, None, parts, **QUIET)
        gr.on([self.send.click, self.box.submit], self.ask, [self.here, self.box], parts, **QUIET)
        self.halt.click(self.stop, self.here, parts, **QUIET)
        self.finder.click(self.go, given_, parts, trigger_mode="always_last", **QUIET)
        for part in (self.list, self.menu, self.resume):
            part.click(self.go, given_, parts, **every)
        for part in (self.past, self.live, self.next, self.files, self.proof):
            part.click(self.act, given_, parts, **every)
        self.timer.tick(self.look_again, self.here, parts, **QUIET)

    async def arrive(self, request: gr.Request) -> Changes:
        """The page was opened or reloaded, perhaps with a conversation in its address."""
        wanted = request.request.query_params.get("c", "")[:200] if request.request is not None else ""
        return await self._guarded(request, lambda person: self._open(person, wanted, request))

    async def go(self, here: str, rows: int, event: gr.EventData, request: gr.Request) -> Changes:
        """The left side: open, search, pin, rename, delete; and coming back to what one was reading."""

        async def do(person: Person) -> Changes:
            wanted, act = given(event, "id"), given(event, "act")
            match act:
                case "open" | "new":
                    return await self._open(person, wanted if act == "open" else "", request, rows)
                case "resume":
                    opened = await self._open(person, wanted or here, request, rows)
                    typed = self.kit.turns.untaken(person, wanted or here)
                    return {**opened, self.box: typed} if typed else opened
                case "find":
                    query = given(event, "query")
                    found = await self.kit.find(person.id, query)
                    if query.strip():
                        return {self.list: listing.results(found, query, here)}
                    return await self._list(person, here, request, rows)
                case "older":
                    return {**await self._list(person, here, request, ALL), self.rows: ALL}
                case "pin":
                    await own.pin(self.kit, person, wanted, given(event, "pinned") != "1")
                case "rename":
                    await own.rename(self.kit, person, wanted, given(event, "title", TEXT_CHARS))
                case "delete":
                    await own.delete(self.kit, person, wanted)
                    if wanted == here:
                        return await self._open(person, "", request, rows)
            return await self._list(person, here, request, rows)

        return await self._guarded(request, do)

    async def ask(self, here: str, text: str, request: gr.Request) -> Changes:
        """Start a turn and clear the box; where it cannot start, the text stays in the box."""

        async def start(person: Person) -> Changes:
            if not (text or "").strip():
                raise StewardError("Type your question first.")
            running = self.kit.turns.start(person, here or None, text)
            return {**self._began(running), **({} if here else {self.past: ""}), self.box: ""}

        return await self._guarded(request, start)

    async def stop(self, here: str, request: gr.Request) -> Changes:
        """Stop what runs here; what was shown stays."""

        async def halt(person: Person) -> Changes:
            turn = self.kit.turns.running(person, here or "")
            if turn is None:
                return await self._open(person, here or "", request)
            self.kit.turns.stop(person, turn)
            return {self.notice: ""}

        return await self._guarded(request, halt)

    async def act(self, here: str, rows: int, event: gr.EventData, request: gr.Request) -> Changes:
        """A click in the transcript, below it, or in the evidence pane."""

        async def do(person: Person) -> Changes:
            id_, message = given(event, "id"), given(event, "message")
            match given(event, "act"):
                case "cite":
                    return {self.proof: await self.pane.passage(person, here, message, id_)}
                case "page":
                    return {self.proof: await self.pane.passage(person, here, message, id_, given(event, "page"))}
                case "made":
                    return {self.proof: await self.pane.made(person, here, id_)}
                case "seen":
                    return {self.proof: await self.pane.seen(person, here, id_)}
                case "starter":
                    return {self.box: given(event, "text", TEXT_CHARS)}
                case "next":
                    return await self._followed(person, here, given(event, "text", TEXT_CHARS))
                case "edit":
                    text = given(event, "text", TYPED_CHARS)
                    if not text.strip():
                        raise StewardError("Type your question first.")
                    return await self._forked(person, self.kit.turns.edit(person, here, id_, text))
                case "again":
                    return await self._forked(person, self.kit.turns.again(person, here, id_))
                case "branch":
                    await own.choose(self.kit, person, here, id_)
                case "thumb":
                    data = event._data if isinstance(event._data, dict) else {}
                    reasons = [name.removeprefix("reason_") for name in data if str(name).startswith("reason_")][:20]
                    comment = given(event, "comment", TEXT_CHARS)
                    await self.kit.opinions.give(person, here, id_, given(event, "thumb"), reasons, comment)
                case "person":
                    await self.kit.handoffs.ask_person(person, here, given(event, "note", TEXT_CHARS))
                case "detach":
                    await self.kit.attached.remove(person, here, id_)
                    return {self.files: await self._files(person, here), self.notice: ""}
                case _:
                    return {self.notice: ""}
            return await self._open(person, here, request, rows)

        return await self._guarded(request, do)

    async def look_again(self, here: str, request: gr.Request) -> Changes:
        """While a person is asked: has something come?"""

        async def look(person: Person) -> Changes:
            if not here or self.kit.turns.running(person, here):
                return {self.notice: gr.skip()}
            return await self._conversation(person, here)

        return await self._guarded(request, look)

    async def _guarded(self, request: gr.Request, handler: Handler) -> Changes:
        try:
            return await handler(person_of_event(self.kit, request))
        except SignedOut:
            empty: Changes = dict.fromkeys((self.list, self.account, self.past, self.person, self.next, self.files,
                                            self.proof, self.notice, self.here), "")  # fmt: skip
            return {**empty, self.live: frame.signed_out(), self.timer: gr.Timer(active=False)}
        except StewardError as error:
            return {self.notice: frame.alert(str(error))}

    def _began(self, running: Running) -> Changes:
        live = Live(running.ask.text, self.look, running.conversation_id, running.turn_id).html()
        return {self.live: live, self.here: running.conversation_id, self.next: "", self.notice: "",
                **self._running(True)}  # fmt: skip

    async def _forked(self, person: Person, running: Running) -> Changes:
        """A turn that began in the middle of the conversation: what stands above it, then itself."""
        return {**await self._above(person, running), **self._began(running)}

    async def _followed(self, person: Person, here: str, text: str) -> Changes:
        return self._began(self.kit.turns.start(person, here or None, text))

    async def _above(self, person: Person, running: Running) -> Changes:
        messages = await conversation_view(self.kit, person, running.conversation_id, running.ask.parent)
        look = replace(self.look, tools=False)
        return {self.past: render.transcript(messages, look, running.conversation_id), self.person: ""}

    async def _open(self, person: Person, conversation: str, request: gr.Request, rows: int = listing.ROWS) -> Changes:
        """Everything of one conversation, or the start of a new one."""
        side = {self.account: frame.account(person, "chat")}
        try:
            turn = self.kit.turns.running(person, conversation) if conversation else None
            if turn is not None:
                running = self.kit.turns.get(person, turn)
                shown = {**await self._above(person, running), **self._began(running)}
                shown[self.files] = await self._files(person, conversation)
            else:
                shown = await self._conversation(person, conversation) if conversation else self._start(person)
        except NotFound as error:
            conversation, shown = "", {**self._start(person), self.notice: frame.alert(str(error))}
        return {self.notice: "", **shown, **side, **await self._list(person, conversation, request, rows)}

    def _start(self, person: Person) -> Changes:
        welcome = frame.welcome(person, self.kit.starters(person))
        return {self.past: welcome, self.live: "", self.person: "", self.next: "", self.files: "", self.here: "",
                self.timer: gr.Timer(active=False), **self._running(False)}  # fmt: skip

    async def _conversation(self, person: Person, conversation: str) -> Changes:
        messages = await conversation_view(self.kit, person, conversation)
        handoff = await self.kit.handoffs.status(person, conversation)
        expert = self.kit.people.get(handoff.expert_id) if handoff and handoff.expert_id else None
        waiting = handoff is not None and handoff.state != "resolved"
        look = replace(self.look, asked=waiting, opinions=await self.kit.opinions.of(person, conversation))
        name = expert.display_name if expert else t("A colleague")
        past = render.transcript(messages, look, conversation)
        if not messages:
            past = frame.welcome(person, self.kit.starters(person), conversation)
        return {
            self.past: past,
            self.live: "",
            self.person: render.handoff(handoff, name),
            self.next: await self._next(person, messages),
            self.files: await self._files(person, conversation),
            self.here: conversation,
            self.timer: gr.Timer(active=waiting),
            **self._running(False),
        }

    async def _next(self, person: Person, messages: list[Message]) -> str:
        last = messages[-1] if messages else None
        suggested = await followups(self.kit, person, last) if last is not None and last.role == "assistant" else []
        return frame.following(suggested)

    async def _files(self, person: Person, conversation: str) -> str:
        return frame.attached(await self.kit.attached.of(person, conversation))

    async def _list(self, person: Person, here: str, request: gr.Request, rows: int) -> Changes:
        listed = await asyncio.to_thread(self.kit.conversations.list_for, person.id)
        zone = request.request.cookies.get("steward_zone", "") if request.request is not None else ""
        return {self.list: listing.listing(listed, here, rows or listing.ROWS, listing.zone_of(zone))}

    def _running(self, running: bool) -> Changes:
        return {self.send: gr.Button(visible=not running), self.halt: gr.Button(visible=running)}
