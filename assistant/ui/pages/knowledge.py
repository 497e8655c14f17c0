"""The Knowledge page, for those who manage documents: list, bench, saved tests, questions without a source.

It shows what the parts below it say and decides nothing: every section asks for the person's rights anew, at every
event. For somebody without the role the page does not exist (``gate.py``), and its events answer as if there were
nothing here. What was uploaded is told by a timer that runs only while something is being read.
"""

from __future__ import annotations

import asyncio

import gradio as gr
from gradio.components.navbar import Navbar

from assistant.errors import NotFound, StewardError
from assistant.pipeline.kit import Kit
from assistant.ui.events import QUIET, Changes, Handler, html, person_of_event
from assistant.ui.i18n import tell
from assistant.ui.knowledge import parts
from assistant.ui.knowledge.bench import Bench
from assistant.ui.knowledge.documents import Documents
from assistant.ui.knowledge.dropping import BUSY, Dropping
from assistant.ui.knowledge.gaps import Gaps
from assistant.ui.knowledge.place import TEXT_CHARS, Click, Outcome, Place, Section, click_of
from assistant.ui.knowledge.saved import Saved
from assistant.ui.markup import plain
from assistant.ui.pages import frame
from assistant.ui.session import SignedOut
from assistant.values import Person
from assistant.work.knowledge_gaps import KnowledgeGaps
from assistant.work.managing import NOT_HERE, managed
from assistant.work.saved_tests import SavedTests

POLL_S = 1.0


class KnowledgePage:
    """Components first, wiring second, handlers after."""

    def __init__(self, kit: Kit, tests: SavedTests) -> None:
        self.kit = kit
        self.dropping = Dropping(kit)
        self.sections: dict[str, Section] = {
            "documents": Documents(kit, tests),
            "bench": Bench(kit, tests),
            "tests": Saved(kit, tests),
            "gaps": Gaps(kit, KnowledgeGaps(kit)),
        }

    def build(self, blocks: gr.Blocks) -> None:
        """Put the page into ``blocks``."""
        self.components()
        self.wire(blocks)

    def components(self) -> None:
        """Sections on the left, one of them on the right."""
        Navbar(visible=False)
        self.place = gr.State(Place())
        with gr.Row(elem_id="app", elem_classes=["knowledge"]):
            self.side = html("side", acts=True)
            with gr.Column(elem_id="talk"):
                html("top", frame.TOP_DESK)
                with gr.Column(elem_id="scroll"):
                    self.notice = html("notice")
                    self.head = html("head", acts=True)
                    self.coming = html("coming-in", acts=True)
                    self.tools = html("tools", acts=True)
                    self.body = html("body", acts=True)
        self.timer = gr.Timer(POLL_S, active=False)

    def wire(self, blocks: gr.Blocks) -> None:
        """Events; clicks of one kind do not wait for one another."""
        everything = [self.side, self.notice, self.head, self.coming, self.tools, self.body, self.timer]
        blocks.load(self.arrive, self.place, everything, **QUIET)
        for part in (self.side, self.head, self.tools, self.body):
            part.click(self.act, self.place, everything, trigger_mode="multiple", **QUIET)

        self.coming.click(self.look, self.place, everything, trigger_mode="multiple", **QUIET)
        self.timer.tick(self.tick, self.place, everything, **QUIET)

    async def arrive(self, place: Place, request: gr.Request) -> Changes:
        """The page was opened, perhaps at an address that says where."""

        async def open_(person: Person) -> Changes:
            place.take(dict(request.request.query_params) if request.request is not None else {})
            return await self._draw(person, place, Outcome())

        return await self._guarded(request, open_)

    async def act(self, place: Place, event: gr.EventData, request: gr.Request) -> Changes:
        """Something was clicked or sent."""
        click = click_of(event._data)

        async def do(person: Person) -> Changes:
            managed(self.kit, person)
            outcome = self._go(place, click) or await self.sections[place.view].act(person, place, click)
            return await self._draw(person, place, outcome or Outcome("nothing"))

        return await self._guarded(request, do)

    async def look(self, place: Place, event: gr.EventData, request: gr.Request) -> Changes:
        """A click among the files on their way, or one of them has been sent."""
        click = click_of(event._data)

        async def do(person: Person) -> Changes:
            if await self.dropping.act(person, place, click):
                return await self._coming(person, place)
            return await self._draw(person, place, self._go(place, click) or Outcome("nothing"))

        return await self._guarded(request, do)

    async def tick(self, place: Place, request: gr.Request) -> Changes:
        """While files are being read: how far they are; the list of documents once they are in."""

        async def look(person: Person) -> Changes:
            if place.view != "documents":
                return {self.timer: gr.Timer(active=False)}
            return await self._coming(person, place)

        return await self._guarded(request, look)

    async def _coming(self, person: Person, place: Place) -> Changes:
        rows = await asyncio.to_thread(self.dropping.rows, person, place)
        busy = any(item.state in BUSY for _, item in rows)
        came = frozenset((job.id, item.number) for job, item in rows if item.state not in BUSY)
        news, place.came = came != place.came, came
        changes: Changes = {
            self.coming: await asyncio.to_thread(self.dropping.html, person, place, rows),
            self.timer: gr.Timer(active=busy),
        }
        if news and not place.deleting:
            changes[self.body] = await self._body(person, place)
            if place.document:  # a version came in beside it
                changes[self.head] = await self.sections["documents"].head(person, place)
        return changes

    def _go(self, place: Place, click: Click) -> Outcome | None:
        """What every section can ask for: another section."""
        match click.get("act"):
            case "go":
                place.take({"view": click.get("view")})
            case "document":
                place.take({"document": click.get("key"), "tab": click.get("tab")})
                place.passage = click.get("chunk")
            case "bench":
                place.take({"view": "bench"})
                place.question, place.audiences = click.get("question", TEXT_CHARS), ()
            case _:
                return None
        return Outcome()

    async def _draw(self, person: Person, place: Place, outcome: Outcome) -> Changes:
        changes: Changes = {self.notice: parts.said(outcome.said) if outcome.said else ""}
        section = self.sections[place.view]
        if outcome.redraw == "all":
            changes[self.side] = parts.side(person, place.view)
            changes[self.head] = await section.head(person, place)
            changes[self.tools] = await section.tools(person, place)
            if place.view == "documents":
                changes |= await self._coming(person, place)
            else:
                changes |= {self.coming: "", self.timer: gr.Timer(active=False)}
        if outcome.redraw != "nothing":
            changes[self.body] = await self._body(person, place)
        return changes

    async def _body(self, person: Person, place: Place) -> str:
        """What stands below, with the address of where this is: the browser takes it from here."""
        body = await self.sections[place.view].body(person, place)
        return f'<div hidden data-address="{plain(place.address)}" data-where="{plain(place.where)}"></div>{body}'

    async def _guarded(self, request: gr.Request, handler: Handler) -> Changes:
        try:
            person = person_of_event(self.kit, request)
            managed(self.kit, person)
        except SignedOut:
            return self._shut(frame.signed_out())
        except NotFound:
            return self._shut(f'<div class="welcome-chat"><h1>{plain(tell(NOT_HERE))}</h1></div>')
        try:
            return await handler(person)
        except StewardError as error:
            return {self.notice: frame.alert(str(error))}

    def _shut(self, page: str) -> Changes:
        empty: Changes = dict.fromkeys((self.side, self.notice, self.coming, self.tools, self.body), "")
        return {**empty, self.head: page, self.timer: gr.Timer(active=False)}
