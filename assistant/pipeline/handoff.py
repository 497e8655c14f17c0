"""Hand-offs: a conversation goes to a person, who answers in it.

The expert sees the masked transcript; the employee's own words come back unmasked to the employee alone. Only
experts of the group a hand-off went to (and administrators, who see every queue) see it.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from assistant.errors import NotFound, StewardError
from assistant.policy import Escalation
from assistant.privacy.handling import Handler
from assistant.privacy.placeholders import PlaceholderMap
from assistant.store.conversations import Conversations
from assistant.store.desk import Desk
from assistant.store.ledger import Ledger
from assistant.store.people import People
from assistant.values import HandOff, Message, Person, PersonalData, sentence

if TYPE_CHECKING:
    from assistant.pipeline.story import Story

NOTE_CHARS = 2000
ANSWER_CHARS = 8000


@dataclass(frozen=True)
class HandOffs:
    """Queue, answers and their record."""

    desk: Desk
    conversations: Conversations
    people: People
    ledger: Ledger
    policy: Escalation
    personal: PersonalData
    handler: Handler
    groups: tuple[str, ...]
    """Every group of the access policy."""

    async def promise(self, story: Story) -> None:
        """Make the hand-off that an ending promises, before it is shown."""
        if story.handoff is None:
            return
        topic, group, hours = story.handoff
        await asyncio.to_thread(
            self._request,
            story.ask.person,
            story.ask.conversation_id,
            story.ask.turn_id,
            group,
            hours,
            topic,
            "",
        )

    async def ask_person(self, person: Person, conversation_id: str, note: str) -> HandOff:
        """Queue ``person``'s own conversation; asking twice gives the same hand-off. NotFound if not theirs."""
        self.conversations.get(person.id, conversation_id)
        messages = await asyncio.to_thread(self.conversations.messages, conversation_id)
        if not messages:
            raise StewardError("Ask your question first; then a person can see what it is about.")
        if len(note) > NOTE_CHARS:
            raise StewardError(f"Your note has {len(note):,} characters; up to {NOTE_CHARS:,} are taken. Shorten it.")
        group, hours = self.policy.person_for("asked")
        masked = await asyncio.to_thread(self._masked, conversation_id, note.strip())
        return await asyncio.to_thread(
            self._request,
            person,
            conversation_id,
            messages[-1].turn_id,
            group,
            hours,
            sentence("asked for a person"),
            masked,
        )

    async def status(self, person: Person, conversation_id: str) -> HandOff | None:
        """The latest hand-off of ``person``'s own conversation."""
        self.conversations.get(person.id, conversation_id)
        return await asyncio.to_thread(self.desk.for_conversation, conversation_id)

    async def queue(self, expert: Person) -> list[HandOff]:
        """What waits for this expert, most urgent first. NotFound for anybody else."""
        return await asyncio.to_thread(self.desk.queue, self._groups(expert))

    async def transcript(self, expert: Person, handoff_id: str) -> list[Message]:
        """The masked conversation; reading it leaves a row in the record."""
        handoff = self._mine(expert, handoff_id)
        row = {"handoff": handoff.id, "conversation": handoff.conversation_id}
        await asyncio.to_thread(self.ledger.act, "handoff.read", expert.id, row)
        end = await asyncio.to_thread(self.conversations.end_after_turn, handoff.conversation_id, handoff.turn_id)
        return await asyncio.to_thread(self.conversations.messages, handoff.conversation_id, end)

    async def claim(self, expert: Person, handoff_id: str) -> bool:
        """Take it. False when somebody else has it already."""
        self._mine(expert, handoff_id)
        taken = await asyncio.to_thread(self.desk.claim, handoff_id, expert.id)
        if taken:
            await asyncio.to_thread(self.ledger.act, "handoff.claim", expert.id, {"handoff": handoff_id})
        return taken

    async def answer(self, expert: Person, handoff_id: str, text: str) -> None:
        """Answer in the employee's conversation and resolve. Raises StewardError with what to do."""
        handoff = self._mine(expert, handoff_id)
        text = text.strip()
        if not text:
            raise StewardError("The answer is empty. Write what the employee should read.")
        if len(text) > ANSWER_CHARS:
            raise StewardError(f"The answer has {len(text):,} characters; up to {ANSWER_CHARS:,} are taken.")
        if handoff.state == "resolved":
            raise StewardError("This request has been answered already.")
        if not await asyncio.to_thread(self.desk.claim, handoff_id, expert.id) and handoff.expert_id != expert.id:
            raise StewardError("A colleague has taken this request. Nothing was sent; your text is still in the box.")
        row = {"handoff": handoff_id, "conversation": handoff.conversation_id, "characters": len(text)}
        await asyncio.to_thread(self.ledger.act, "handoff.answer", expert.id, row)
        message = Message(
            uuid.uuid4().hex,
            "expert",
            text,
            datetime.now(UTC),
            turn_id=handoff.turn_id,
            author=expert.display_name,
        )
        end = await asyncio.to_thread(
            self.conversations.end_after_turn, handoff.conversation_id, handoff.turn_id
        )  # in the branch that the question was asked in
        await asyncio.to_thread(self.conversations.append, handoff.conversation_id, message, end)
        await asyncio.to_thread(self.desk.resolve, handoff_id, expert.id)

    def _request(
        self, person: Person, conversation: str, turn: str, group: str, hours: float, reason: str, note: str
    ) -> HandOff:
        now = datetime.now(UTC)
        handoff = HandOff(
            id=uuid.uuid4().hex,
            conversation_id=conversation,
            person_id=person.id,
            turn_id=turn,
            group=group,
            reason=reason,
            note=note,
            created=now,
            due=now + timedelta(hours=hours),
        )
        self.desk.request(handoff)
        kept = self.desk.for_conversation(conversation)
        if kept is None:
            raise StewardError("The request could not be queued. Please try again.")
        row = {"handoff": kept.id, "conversation": conversation, "group": group, "reason": reason}
        self.ledger.act("handoff.request", person.id, row)
        return kept

    def _masked(self, conversation_id: str, note: str) -> str:
        placeholders = PlaceholderMap(self.conversations.placeholders(conversation_id))
        masked = self.handler.mask(note, self.personal.find(note), placeholders)
        self.conversations.save_placeholders(conversation_id, placeholders.values)
        return masked.text

    def _groups(self, expert: Person) -> list[str]:
        if "administrator" in expert.roles:
            return list(self.groups)
        if "expert" not in expert.roles:
            raise NotFound("There is no queue for you. Ask an administrator for the role of expert.")
        return sorted(expert.groups)

    def _mine(self, expert: Person, handoff_id: str) -> HandOff:
        groups = self._groups(expert)
        handoff = self.desk.get(handoff_id)
        if handoff is None or handoff.group not in groups:
            raise NotFound("This request does not exist, or is not for you.")
        return handoff
