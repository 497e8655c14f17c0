"""Thumbs: what a person thinks of an answer of their own conversation, kept with a snapshot and put on record.

The comment is masked with the conversation's map before it is kept. Nobody but the person reads it back here; the
record holds thumb, reasons and turn in the clear and the comment sealed under the person's key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from assistant.errors import NotFound, StewardError
from assistant.privacy.handling import Handler
from assistant.privacy.placeholders import PlaceholderMap
from assistant.store.conversations import Conversations
from assistant.store.feedback import Feedback, Feedbacks, Thumb
from assistant.store.ledger import Ledger
from assistant.values import Message, Person, PersonalData

REASONS = ("wrong", "not_found", "outdated", "incomplete", "wrong_source", "unclear", "offensive", "other")
COMMENT_CHARS = 2000


@dataclass(frozen=True)
class Opinions:
    """Built once."""

    conversations: Conversations
    feedbacks: Feedbacks
    ledger: Ledger
    personal: PersonalData
    handler: Handler

    async def give(
        self, person: Person, conversation_id: str, message_id: str, thumb: str, reasons: Sequence[str], comment: str
    ) -> Feedback | None:
        """Keep it; the same bare thumb once more takes it back (None). NotFound when the answer is not theirs."""
        self.conversations.get(person.id, conversation_id)
        if thumb not in ("up", "down") or any(reason not in REASONS for reason in reasons):
            raise StewardError("Choose a thumb and, if you like, some of the reasons that are offered.")
        if len(comment) > COMMENT_CHARS:
            raise StewardError(
                f"Your comment has {len(comment):,} characters; up to {COMMENT_CHARS:,} are taken. Shorten it."
            )
        return await asyncio.to_thread(
            self._give, person, conversation_id, message_id, "up" if thumb == "up" else "down", reasons, comment.strip()
        )

    async def of(self, person: Person, conversation_id: str) -> dict[str, Feedback]:
        """What the person said about the answers of their conversation. NotFound when it is not theirs."""
        self.conversations.get(person.id, conversation_id)
        return await asyncio.to_thread(self.feedbacks.of, conversation_id)

    def _give(
        self, person: Person, conversation_id: str, message_id: str, thumb: Thumb, reasons: Sequence[str], comment: str
    ) -> Feedback | None:
        messages = {m.id: m for m in self.conversations.every_message(conversation_id)}
        answer = messages.get(message_id)
        if answer is None or answer.role != "assistant":
            raise NotFound("There is no such message in this conversation.")
        before = self.feedbacks.of(conversation_id).get(message_id)
        if before is not None and before.thumb == thumb and not reasons and not comment:
            self.feedbacks.take_back(conversation_id, message_id)
            self._record(person, conversation_id, answer, "none", (), "")
            return None
        placeholders = PlaceholderMap(self.conversations.placeholders(conversation_id))
        masked = self.handler.mask(comment, self.personal.find(comment), placeholders).text
        if comment:
            self.conversations.save_placeholders(conversation_id, placeholders.values)
        question = messages.get(answer.parent)
        snapshot = {
            "question": question.text if question else "",
            "answer": answer.text,
            "citations": [asdict(c) for c in answer.citations],
            "tier": answer.made.get("tier", ""),
            "model": answer.made.get("model", ""),
            "confidence": answer.made.get("confidence"),
            "policy_version": answer.made.get("policy_version", ""),
        }
        chosen = tuple(reason for reason in REASONS if reason in reasons)
        given = Feedback(message_id, thumb, chosen, masked, snapshot, datetime.now(UTC))
        self._record(person, conversation_id, answer, thumb, chosen, masked)
        self.feedbacks.put(conversation_id, given)
        return given

    def _record(
        self, person: Person, conversation: str, answer: Message, thumb: str, reasons: Sequence[str], comment: str
    ) -> None:
        row = {"conversation": conversation, "of_turn": answer.turn_id, "message": answer.id, "thumb": thumb}
        self.ledger.act("feedback", person.id, {**row, "reasons": list(reasons), "sealed": {"comment": comment}})
