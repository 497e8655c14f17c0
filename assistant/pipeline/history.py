"""The conversation so far, as the server kept it: never what a browser sends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from assistant.pipeline.ask import Ask
from assistant.pipeline.results import Turn
from assistant.store.conversations import Conversations
from assistant.values import sentence

KEPT = ("answered", "abstained", "asked_back")


@dataclass(frozen=True)
class History:
    """Reads the last ``limit`` answered turns before the question, in its own branch of the conversation."""

    conversations: Conversations
    limit: int = 4

    async def __call__(self, ask: Ask) -> tuple[Turn, ...]:
        """Oldest first. Raises NotFound when the conversation is not the asking person's."""
        self.conversations.get(ask.person.id, ask.conversation_id)
        messages = await asyncio.to_thread(self.conversations.messages, ask.conversation_id, ask.parent)
        turns: list[Turn] = []
        question = ""
        for message in messages:
            if message.role == "user":
                question = message.text
            elif message.role == "assistant" and message.outcome in KEPT and question:
                asked = str(message.made.get("rewritten") or question)
                turns.append(Turn(asked, message.text, message.outcome == "asked_back"))
        return tuple(turns[-self.limit :])

    def note(self, result: tuple[Turn, ...]) -> str:
        """One line for the timeline."""
        return sentence(f"{len(result)} earlier turn{'s' * (len(result) != 1)}" if result else "first question")
