"""What a person asked, and the event log of the turn that answers it.

The log is the only way out of a turn: pages, scripts and tests read it from any offset, as often as they like.
It lives in memory; a finished answer lives in the conversation.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from assistant.values import Event, Person

if TYPE_CHECKING:
    from assistant.pipeline.story import Story


class EventLog:
    """Ordered events with any number of readers, each at its own offset."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._changed = asyncio.Event()
        self.closed = False
        self.interrupted = False
        """Steward itself ends this turn, not its reader."""
        self.shown: list[tuple[str, str]] = []
        """What stands on the screen now, piece by piece: (masked, restored for the reader)."""

    def add(self, kind: Literal["stage", "masked", "piece", "withdraw", "notice", "done"], **data: Any) -> None:
        """Append an event; nothing may follow ``done``."""
        if self.closed:
            return
        self._events.append(Event(len(self._events), kind, data))
        self.closed = kind == "done"
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def piece(self, masked: str, restored: str) -> None:
        """Show a checked piece."""
        self.shown.append((masked, restored))
        self.add("piece", text=restored)

    def withdraw(self, reason: str) -> None:
        """Take back what was shown so far."""
        self.shown.clear()
        self.add("withdraw", reason=reason)

    def close(self, story: Story) -> None:
        """Append ``done`` with the whole answer; what was shown and is not part of it is taken back first."""
        if self.shown and story.outcome not in ("answered", "stopped"):
            self.withdraw(story.ending_detail)
        self.add("done", **story.shown())

    async def read(self, offset: int = 0) -> AsyncIterator[Event]:
        """Events from ``offset`` on, waiting for new ones; ends after ``done``."""
        async for batch in self.batches(offset):
            for event in batch:
                yield event

    async def batches(self, offset: int = 0) -> AsyncIterator[Sequence[Event]]:
        """The same, as many at once as there are."""
        while True:
            changed = self._changed
            batch = self._events[offset:]
            if batch:
                offset += len(batch)
                yield batch
            elif self.closed:
                return
            else:
                await changed.wait()


@dataclass(frozen=True)
class Ask:
    """One question of one person. ``audiences`` are those the person belongs to at this moment."""

    turn_id: str
    person: Person
    audiences: tuple[str, ...]
    conversation_id: str
    text: str
    asked_at: datetime
    log: EventLog = field(default_factory=EventLog)
    parent: str = ""
    """The message that the question stands under, "" at the start of a conversation: history ends there."""
    question_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    """The question's message; an earlier one where its answer is made again."""
    attempt: int = 1
    """1 for a new question, more where another answer to the same one is asked for."""
