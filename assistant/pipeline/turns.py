"""Turns as tasks of their own: started, followed by offset from anywhere, stopped by their owner.

A page that goes away changes nothing; only ``stop`` cancels. Finished turns stay readable here for a while; after
that their answer is in the conversation.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from assistant.errors import NotFound, StewardError
from assistant.pipeline.ask import Ask
from assistant.pipeline.story import Story
from assistant.pipeline.turn import run_turn
from assistant.values import Event, Person

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

    def start(self, person: Person, conversation_id: str | None, text: str) -> Running:
        """Start a turn; makes a conversation when None is given. NotFound when the conversation is not theirs."""
        kit = self._kit()
        if conversation_id is None:
            conversation_id = kit.conversations.create(person.id, "").id
        else:
            kit.conversations.get(person.id, conversation_id)
            if self.running(person, conversation_id):
                raise StewardError("This conversation is still being answered. Wait for it, or stop it first.")
        ask = Ask(uuid.uuid4().hex, person, kit.audiences(person), conversation_id, text, datetime.now(UTC))
        task = asyncio.create_task(self._guarded(ask, kit), name=f"turn-{ask.turn_id}")
        task.add_done_callback(_taken_note_of)
        running = Running(ask.turn_id, conversation_id, ask, task)
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
        tasks = [r.task for r in self._turns.values() if not r.task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

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


def _taken_note_of(task: asyncio.Task[Story]) -> None:
    """The reader was told already; asyncio would log the error's message, which may hold what was typed."""
    if not task.cancelled():
        task.exception()
