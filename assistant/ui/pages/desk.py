"""The desk: what waits for a person, and the answer that goes back into the same conversation.

The expert reads the masked transcript. Who may see which hand-off is asked of the kit at every event.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import gradio as gr
from gradio.components.navbar import Navbar

from assistant.errors import NotFound, StewardError
from assistant.ui import render
from assistant.ui.events import QUIET, Changes, Handler, given, html, person_of_event
from assistant.ui.i18n import later, now, t, tell
from assistant.ui.markup import plain
from assistant.ui.pages import frame
from assistant.ui.render import Look, moment
from assistant.ui.session import SignedOut

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit
    from assistant.values import HandOff, Message, Person

POLL_S = 8.0
CHOOSE = later(
    "Choose a request on the left to read the conversation. The person who asked sees your answer in that same "
    "conversation."
)
NOTHING = f'<div class="welcome-chat"><h1>{later("Desk")}</h1><p>{CHOOSE}</p></div>'
FOR_EXPERTS = later(
    "Here experts answer what colleagues asked a person. If you should be one of them, ask an administrator."
)
NOT_YOU = (
    f'<div class="welcome-chat"><h1>{later("The desk is not for you")}</h1><p>{FOR_EXPERTS}</p>'
    f'<p><a class="button" href="/">{later("Back to the chat")}</a></p></div>'
)


class DeskPage:
    """Components first, wiring second, handlers after."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.look = Look(hosts=tuple(kit.policies.output.link_hosts), desk=True)

    def build(self, blocks: gr.Blocks) -> None:
        """Put the page into ``blocks``."""
        self.components()
        self.wire(blocks)

    def components(self) -> None:
        """The queue on the left, one request on the right."""
        Navbar(visible=False)
        self.chosen = gr.State("")
        with gr.Row(elem_id="app", elem_classes=["desk"]):
            self.side = html("side", acts=True)
            with gr.Column(elem_id="talk"):
                html("top", frame.TOP_DESK)
                with gr.Column(elem_id="scroll"):
                    self.case = html("past", NOTHING, acts=True)
                with gr.Column(elem_id="composer", visible=False) as self.composer:
                    self.notice = html("notice")
                    with gr.Row(elem_id="ask"):
                        self.box = gr.Textbox(
                            elem_id="box",
                            lines=3,
                            max_lines=12,
                            show_label=False,
                            container=False,
                            label=later("Your answer"),
                            placeholder=later("Your answer, as your colleague should read it"),
                        )
                        self.send = gr.Button(later("Send answer"), elem_id="send", variant="primary")
        self.timer = gr.Timer(POLL_S)

    def wire(self, blocks: gr.Blocks) -> None:
        """Events."""
        everything = [self.side, self.case, self.composer, self.notice, self.box, self.chosen, self.timer]
        blocks.load(self.arrive, None, everything, **QUIET)
        self.side.click(self.choose, None, everything, **QUIET)
        self.case.click(self.take, self.chosen, everything, **QUIET)
        self.send.click(self.answer, [self.chosen, self.box], everything, **QUIET)
        self.timer.tick(self.refresh, self.chosen, everything, **QUIET)

    async def arrive(self, request: gr.Request) -> Changes:
        """The page was opened."""
        return await self._guarded(request, lambda expert: self._open(expert, ""))

    async def choose(self, event: gr.EventData, request: gr.Request) -> Changes:
        """A request was clicked."""
        chosen = given(event, "id")
        return await self._guarded(request, lambda expert: self._open(expert, chosen))

    async def take(self, chosen: str, event: gr.EventData, request: gr.Request) -> Changes:
        """ "I take it": tells colleagues and the person who asked."""

        async def claim(expert: Person) -> Changes:
            if given(event, "act") != "claim" or not chosen:
                return {self.notice: ""}
            if not await self.kit.handoffs.claim(expert, chosen):
                raise StewardError("A colleague has taken this request already.")
            return await self._open(expert, chosen)

        return await self._guarded(request, claim)

    async def answer(self, chosen: str, text: str, request: gr.Request) -> Changes:
        """Send the answer; where that fails the text stays in the box."""

        async def send(expert: Person) -> Changes:
            await self.kit.handoffs.answer(expert, chosen, text or "")
            done = (
                f'<div class="welcome-chat"><h1>{t("Sent")}</h1>'
                f"<p>{t('Your answer stands in the conversation now.')}</p></div>"
            )
            return {**await self._open(expert, ""), self.case: done, self.box: ""}

        return await self._guarded(request, send)

    async def refresh(self, chosen: str, request: gr.Request) -> Changes:
        """The queue as it is now; the request that is open stays as it is."""

        async def look(expert: Person) -> Changes:
            return {self.side: self._side(expert, await self.kit.handoffs.queue(expert), chosen)}

        return await self._guarded(request, look)

    async def _guarded(self, request: gr.Request, handler: Handler) -> Changes:
        try:
            expert = person_of_event(self.kit, request)
            if not expert.roles & {"expert", "administrator"}:
                return self._shut(now(NOT_YOU), frame.side(expert, (), "", "desk"))
            return await handler(expert)
        except SignedOut:
            return self._shut(frame.signed_out(), "")
        except StewardError as error:
            return {self.notice: frame.alert(str(error))}

    def _shut(self, page: str, side: str) -> Changes:
        return {
            self.side: side, self.case: page, self.composer: gr.Column(visible=False), self.chosen: "",
            self.timer: gr.Timer(active=False),
        }  # fmt: skip

    async def _open(self, expert: Person, chosen: str) -> Changes:
        queue = await self.kit.handoffs.queue(expert)
        shown: Changes = {
            self.case: now(NOTHING),
            self.composer: gr.Column(visible=False),
            self.chosen: "",
            self.notice: "",
        }
        if chosen:
            try:
                messages = await self.kit.handoffs.transcript(expert, chosen)
                found = next((handoff for handoff in queue if handoff.id == chosen), None)
            except NotFound as error:
                messages, found = [], None
                shown[self.case] = frame.alert(str(error))
            if found is not None:
                shown[self.case] = self._case(expert, found, messages)
                shown |= {self.chosen: chosen, self.composer: gr.Column(visible=True)}
        return {**shown, self.side: self._side(expert, queue, shown[self.chosen])}

    def _side(self, expert: Person, queue: list[HandOff], chosen: str) -> str:
        rows = "".join(self._row(expert, handoff, chosen) for handoff in queue)
        listed = f'<ul class="list queue">{rows}</ul>' if rows else f'<p class="hint">{t("Nobody is waiting.")}</p>'
        return (
            f'<nav class="side" aria-label="{t("Requests")}"><div class="brand"><img src="/ui/steward.svg" alt="" '
            f'width="26" height="26"><span>Steward</span></div><h2>{t("Waiting for a person")}</h2>{listed}'
            f"{frame.account(expert, 'desk')}</nav>"
        )

    def _row(self, expert: Person, handoff: HandOff, chosen: str) -> str:
        due = t("due {when}", when=moment(handoff.due))
        here = ' aria-current="true"' if handoff.id == chosen else ""
        late = f'<span class="badge bad">{t("overdue")}</span>' if handoff.due < datetime.now(UTC) else ""
        return (
            f'<li><button type="button" class="row" data-act="open" data-id="{plain(handoff.id)}"{here}>'
            f'<span class="title">{plain(self._title(handoff))}</span>'
            f'<span class="place">{plain(tell(handoff.reason))} · {due}</span>'
            f'{late}<span class="badge">{plain(handoff.group)}</span>{self._taken(expert, handoff)}</button></li>'
        )

    def _title(self, handoff: HandOff) -> str:
        """The conversation's title, which is made of masked text."""
        try:
            return self.kit.conversations.get(handoff.person_id, handoff.conversation_id).title or tell(handoff.reason)
        except NotFound:
            return tell(handoff.reason)

    def _taken(self, expert: Person, handoff: HandOff) -> str:
        if handoff.state != "taken":
            return ""
        if handoff.expert_id == expert.id:
            return f'<span class="badge good">{t("yours")}</span>'
        other = self.kit.people.get(handoff.expert_id)
        return f'<span class="badge">{plain(other.display_name if other else t("taken"))}</span>'

    def _case(self, expert: Person, handoff: HandOff, messages: list[Message]) -> str:
        note = f"<p><strong>{t('Their note:')}</strong> {plain(handoff.note)}</p>" if handoff.note else ""
        titles = {p["title"]: None for m in messages for p in m.made.get("passages", ())}
        read = f'<p class="hint">{t("Passages considered")}: {plain(", ".join(titles))}</p>' if titles else ""
        claim = f'<button type="button" class="small" data-act="claim">{t("I take it")}</button>'
        masked = t("Personal data is masked here. Your answer is shown to the person as you write it.")
        about = t(
            "{reason}, {asked}. Due {due}, for {group}.",
            reason=plain(tell(handoff.reason)).capitalize(),
            asked=moment(handoff.created),
            due=moment(handoff.due),
            group=plain(handoff.group),
        )
        mine = self._taken(expert, handoff) or claim
        return (
            f'<section class="case"><header><h1>{plain(self._title(handoff))}</h1>{mine}</header>'
            f"<p>{about}</p>{note}{read}"
            f'<p class="hint">{masked}</p>'
            f"</section>{render.transcript(messages, self.look)}"
        )
