"""Puts a turn on record: a row before any work, a sealed one after it, and then the conversation itself.

The opening row holds no text, because nothing is masked yet. The closing row holds what ``Story`` gathered;
question and answer are sealed by the ledger under the person's key.
"""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from assistant.errors import NotFound
from assistant.pipeline.ask import Ask
from assistant.pipeline.results import Guarded
from assistant.pipeline.story import Story
from assistant.pipeline.titles import title_of
from assistant.store.canonical import canonical
from assistant.store.catalogue import Catalogue
from assistant.store.conversations import Conversations
from assistant.store.ledger import Ledger
from assistant.store.thread import after_asides
from assistant.values import Message, sentence

INTERRUPTED = sentence(
    "Steward stopped running while this answer was made, so there is none. Your question is kept: ask it again."
)


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
            "question": ask.question_id,
            "attempt": ask.attempt,
        }
        await asyncio.to_thread(self.ledger.open_turn, ask.turn_id, ask.person.id, row)

    async def asked(self, ask: Ask, guarded: Guarded) -> None:
        """Keep the masked question before it is answered: a turn that is cut off can be asked again."""
        if ask.attempt == 1:
            await asyncio.to_thread(self._ask, ask, guarded.masked.text)

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
        """Add question and answer to the conversation, masked; nothing where it was deleted meanwhile."""
        with suppress(NotFound):
            await asyncio.to_thread(self._keep, story)

    def mend(self) -> int:
        """Tell the conversations of turns that an earlier run left open how these ended; returns how many."""
        told = 0
        for turn_id in self.ledger.unfinished:
            row = self.ledger.turn(turn_id)[0]["row"]
            with suppress(NotFound):
                told += self._interrupted(row["conversation"], row.get("question", ""), turn_id)
        return told

    def _interrupted(self, conversation_id: str, question_id: str, turn_id: str) -> bool:
        messages = self.conversations.every_message(conversation_id)
        known = {m.id for m in messages}
        if question_id not in known or any(m.role == "assistant" and m.turn_id == turn_id for m in messages):
            return False
        made = {"detail": "by a crash", "offer_person": False}
        answer = Message(uuid.uuid4().hex, "assistant", INTERRUPTED, datetime.now(UTC), turn_id, "failed", made=made)
        self.conversations.append(conversation_id, answer, after_asides(messages, question_id))
        return True

    def _ask(self, ask: Ask, masked: str) -> None:
        mine = Message(ask.question_id, "user", masked, ask.asked_at, turn_id=ask.turn_id)
        self.conversations.append(ask.conversation_id, mine, ask.parent)

    def _keep(self, story: Story) -> None:
        ask, now = story.ask, datetime.now(UTC)
        if story.guarded and story.outcome != "refused":
            # Passages and tools added values: without them an answer could not be restored when it is read again, and
            # the next turn would give their placeholders to others.
            self.conversations.save_placeholders(ask.conversation_id, story.guarded.placeholders.values)
        asked = story.guarded.masked.text if story.guarded else "(a question that was not taken)"
        if ask.attempt == 1:
            self._ask(ask, asked)
        seen = story.seen()
        self.conversations.append(
            ask.conversation_id,
            story.message(uuid.uuid4().hex, now),
            self.conversations.answer_goes_after(ask.conversation_id, ask.question_id),
            canonical(seen) if seen else "",
        )
        conversation = self.conversations.get(ask.person.id, ask.conversation_id)
        if not conversation.title and story.guarded:
            self.conversations.rename(ask.conversation_id, title_of(asked))
