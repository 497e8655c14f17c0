"""Turns as tasks of their own: started, followed by offset from anywhere, stopped by their owner.

A page that goes away changes nothing; only ``stop`` cancels. Finished turns stay readable here for a while; after
that their answer is in the conversation.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from assistant.errors import NotFound, StewardError
from assistant.pipeline.ask import Ask
from assistant.pipeline.story import Story
from assistant.pipeline.turn import run_turn
from assistant.privacy.placeholders import PlaceholderMap
from assistant.store.thread import after_asides
from assistant.values import Event, Message, Person

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit

log = logging.getLogger("steward.turn")

KEPT_TURNS = 500
NOT_YOURS = "This turn does not exist, or is not yours."


@dataclass(frozen=True)
class Running:
    """A started turn."""

    turn_id: str
    conversation_id: str
    ask: Ask
    task: asyncio.Task[Story]


class Turns:
    """Every turn of this process. ``kit`` is asked at each start: a turn keeps the kit it began with."""

    def __init__(self, kit: Callable[[], Kit]) -> None:
        self._kit = kit
        self._turns: dict[str, Running] = {}
        self._returned: set[str] = set()

    def start(self, person: Person, conversation_id: str | None, text: str) -> Running:
        """Start a turn at the end of the branch that is read; makes a conversation when None is given.

        NotFound when the conversation is not theirs.
        """
        kit = self._kit()
        if conversation_id is None:
            return self._begin(kit, self._ask(kit, person, kit.conversations.create(person.id, "").id, text))
        self._free(kit, person, conversation_id)
        messages = kit.conversations.messages(conversation_id)
        return self._begin(
            kit, self._ask(kit, person, conversation_id, text, parent=messages[-1].id if messages else "")
        )

    def edit(self, person: Person, conversation_id: str, message_id: str, text: str) -> Running:
        """Ask another wording of a question beside it, in a branch of its own. NotFound when it is not theirs."""
        kit = self._kit()
        self._free(kit, person, conversation_id)
        asked = question_of(kit.conversations.every_message(conversation_id), message_id)
        return self._begin(kit, self._ask(kit, person, conversation_id, text, parent=asked.parent))

    def again(self, person: Person, conversation_id: str, message_id: str) -> Running:
        """Make another answer to the question that ``message_id`` is, or answers. NotFound when it is not theirs."""
        kit = self._kit()
        self._free(kit, person, conversation_id)
        messages = kit.conversations.every_message(conversation_id)
        asked = question_of(messages, message_id)
        place = after_asides(messages, asked.id)
        answers = [m for m in messages if m.role == "assistant" and m.parent == place]
        if any(m.outcome == "refused" for m in answers):
            raise StewardError(
                "This question was not taken, so it is not kept. Type it anew, without what was refused."
            )
        text = PlaceholderMap(kit.conversations.placeholders(conversation_id)).restore(asked.text)
        # What was stopped or broke was no answer: the question is simply asked once more.
        tried = sum(m.outcome not in ("stopped", "failed") for m in answers)
        ask = self._ask(kit, person, conversation_id, text, parent=asked.parent)
        return self._begin(kit, replace(ask, question_id=asked.id, attempt=tried + 1))

    def _free(self, kit: Kit, person: Person, conversation_id: str) -> None:
        kit.conversations.get(person.id, conversation_id)
        if self.running(person, conversation_id):
            raise StewardError("This conversation is still being answered. Wait for it, or stop it first.")

    def _ask(self, kit: Kit, person: Person, conversation_id: str, text: str, parent: str = "") -> Ask:
        turn, now = uuid.uuid4().hex, datetime.now(UTC)
        return Ask(turn, person, kit.audiences(person), conversation_id, text, now, parent=parent)

    def _begin(self, kit: Kit, ask: Ask) -> Running:
        task = asyncio.create_task(self._guarded(ask, kit), name=f"turn-{ask.turn_id}")
        task.add_done_callback(_taken_note_of)
        running = Running(ask.turn_id, ask.conversation_id, ask, task)
        self._turns[ask.turn_id] = running
        self._forget()
        return running

    async def events(self, person: Person, turn_id: str, offset: int = 0) -> AsyncIterator[Event]:
        """Events from ``offset`` on, to the ``done`` event. NotFound when the turn is not theirs."""
        running = self._own(person, turn_id)
        async for event in running.ask.log.read(offset):
            yield event

    def stop(self, person: Person, turn_id: str) -> None:
        """Cancel the turn and with it the request at the model server."""
        self._own(person, turn_id).task.cancel()

    def get(self, person: Person, turn_id: str) -> Running:
        """A turn of theirs that runs, or ended not long ago. NotFound."""
        return self._own(person, turn_id)

    def untaken(self, person: Person, conversation_id: str) -> str:
        """What was typed for the last turn there, where it was refused or failed; given once, to go back in the box."""
        for running in reversed(self._turns.values()):
            if running.conversation_id == conversation_id and running.ask.person.id == person.id:
                if running.task.done() and running.turn_id not in self._returned:
                    self._returned.add(running.turn_id)
                    if running.task.result().outcome in ("refused", "failed"):
                        return running.ask.text
                return ""
        return ""

    async def end(self, person: Person, conversation_id: str) -> None:
        """Stop what runs in a conversation of theirs, and wait until it is on record."""
        turn_id = self.running(person, conversation_id)
        if turn_id is not None:
            running = self._own(person, turn_id)
            running.task.cancel()
            await asyncio.wait([running.task])

    def running(self, person: Person, conversation_id: str) -> str | None:
        """Id of the turn that answers in this conversation right now."""
        for turn_id, running in reversed(self._turns.items()):
            if (
                running.conversation_id == conversation_id
                and running.ask.person.id == person.id
                and not running.ask.log.closed
            ):
                return turn_id
        return None

    async def close(self) -> None:
        """Let running turns end (stopped), so that each gets its closing row."""
        running = [r for r in self._turns.values() if not r.task.done()]
        for turn in running:
            turn.ask.log.interrupted = True
            turn.task.cancel()
        await asyncio.gather(*(r.task for r in running), return_exceptions=True)

    async def _guarded(self, ask: Ask, kit: Kit) -> Story:
        """No turn without a ``done`` event, also when the record could not be opened."""
        try:
            return await run_turn(ask, kit)
        except Exception as error:
            text = str(error) if isinstance(error, StewardError) else "Something went wrong. Please try again."
            log.error("turn %s failed: %s", ask.turn_id, type(error).__name__)
            ask.log.add("done", outcome="failed", text=text, citations=[], made={})
            raise
        except asyncio.CancelledError:
            ask.log.add("done", outcome="stopped", text="Stopped before it began.", citations=[], made={})
            raise

    def _own(self, person: Person, turn_id: str) -> Running:
        running = self._turns.get(turn_id)
        if running is None or running.ask.person.id != person.id:
            raise NotFound(NOT_YOURS)
        return running

    def _forget(self) -> None:
        for turn_id in list(self._turns):
            if len(self._turns) <= KEPT_TURNS:
                return
            if self._turns[turn_id].ask.log.closed:
                del self._turns[turn_id]
                self._returned.discard(turn_id)


def question_of(messages: Sequence[Message], message_id: str) -> Message:
    """The question that a message is, or stands under. NotFound where there is none."""
    by_id = {m.id: m for m in messages}
    at = by_id.get(message_id)
    while at is not None and at.role != "user":
        at = by_id.get(at.parent)
    if at is None:
        raise NotFound("There is no such message in this conversation.")
    return at


def _taken_note_of(task: asyncio.Task[Story]) -> None:
    """The reader was told already; asyncio would log the error's message, which may hold what was typed."""
    if not task.cancelled():
        task.exception()
