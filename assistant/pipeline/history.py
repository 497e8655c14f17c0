"""The conversation so far, as the server kept it: never what a browser sends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from assistant.pipeline.ask import Ask
from assistant.pipeline.results import Turn
from assistant.store.conversations import Conversations
from assistant.values import sentence


@dataclass(frozen=True)
class History:
    """Reads the last ``limit`` answered turns of the conversation that the asking person owns."""

    conversations: Conversations
    limit: int = 4

    async def __call__(self, ask: Ask) -> tuple[Turn, ...]:
        """Oldest first. Raises NotFound when the conversation is not the asking person's."""
        self.conversations.get(ask.person.id, ask.conversation_id)
        messages = await asyncio.to_thread(self.conversations.messages, ask.conversation_id)
        questions = {m.turn_id: m.text for m in messages if m.role == "user"}
        turns = [
            Turn(str(m.made.get("rewritten") or questions[m.turn_id]), m.text)
            for m in messages
            if m.role == "assistant"
            and m.outcome in ("answered", "abstained")
            and m.turn_id in questions
            and m.turn_id != ask.turn_id
        ]
        return tuple(turns[-self.limit :])

    def note(self, result: tuple[Turn, ...]) -> str:
        """One line for the timeline."""
        return sentence(f"{len(result)} earlier turn{'s' * (len(result) != 1)}" if result else "first question")
