"""Puts a turn on record: a row before any work, a sealed one after it, and then the conversation itself.

The opening row holds no text, because nothing is masked yet. The closing row holds what ``Story`` gathered;
question and answer are sealed by the ledger under the person's key.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from assistant.pipeline.ask import Ask
from assistant.pipeline.story import Story
from assistant.store.catalogue import Catalogue
from assistant.store.conversations import Conversations
from assistant.store.ledger import Ledger
from assistant.values import Message

TITLE_CHARS = 64


@dataclass(frozen=True)
class Audit:
    """The record's side of a turn."""

    ledger: Ledger
    conversations: Conversations
    catalogue: Catalogue

    async def open(self, ask: Ask) -> None:
        """Raises RecordUnavailable: without it there is no turn."""
        row = {
            "conversation": ask.conversation_id,
            "audiences": list(ask.audiences),
            "characters": len(ask.text),
            "asked_at": ask.asked_at.isoformat(),
        }
        await asyncio.to_thread(self.ledger.open_turn, ask.turn_id, ask.person.id, row)

    async def close(self, story: Story) -> None:
        """Raises RecordUnavailable: then nothing is shown."""
        made = story.made()
        row = {
            "conversation": story.ask.conversation_id,
            "outcome": story.outcome,
            "index_version": self.catalogue.index_version(),
            "detected": sorted({s.entity for s in story.guarded.detected}) if story.guarded else [],
            "citations": [{"document": c.document_key, "chunk": c.chunk_id} for c in story.citations],
            "handoff": story.handoff[0] if story.handoff else "",
            **{key: value for key, value in made.items() if key not in ("rewritten", "verdicts")},
            "verdicts": [{**asdict(v), "detail": ""} for v in story.verdicts],
            "sealed": {
                "question": story.guarded.masked.text if story.guarded else "",
                "rewritten": made["rewritten"] or "",
                "answer": story.text,
                "withheld": "\n".join(story.withheld),
                "details": "\n".join(v.detail for v in story.verdicts if v.detail),
            },
        }
        await asyncio.to_thread(self.ledger.close_turn, story.ask.turn_id, story.ask.person.id, row)

    async def keep(self, story: Story) -> None:
        """Add question and answer to the conversation, masked."""
        await asyncio.to_thread(self._keep, story)

    def _keep(self, story: Story) -> None:
        ask, now = story.ask, datetime.now(UTC)
        if story.guarded and story.outcome != "refused":
            # Passages and tools added values: without them an answer could not be restored when it is read again, and
            # the next turn would give their placeholders to others.
            self.conversations.save_placeholders(ask.conversation_id, story.guarded.placeholders.values)
        asked = story.guarded.masked.text if story.guarded else "(a question that was not taken)"
        mine = Message(uuid.uuid4().hex, "user", asked, ask.asked_at, turn_id=ask.turn_id)
        self.conversations.append(ask.conversation_id, mine)
        self.conversations.append(ask.conversation_id, story.message(uuid.uuid4().hex, now))
        conversation = self.conversations.get(ask.person.id, ask.conversation_id)
        if not conversation.title and story.guarded:
            self.conversations.rename(ask.conversation_id, title_of(asked))


def title_of(masked: str) -> str:
    """A conversation's title from its first masked question: its first line, cut at a word."""
    line = " ".join(masked.split())
    if len(line) <= TITLE_CHARS:
        return line
    return line[:TITLE_CHARS].rsplit(" ", 1)[0] + " …"
