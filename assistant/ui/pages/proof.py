"""What the evidence pane shows: a passage in its document, a page as a picture, how an answer was made.

Every call looks up whose it is; a passage that one may not read looks like one that is not there.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.errors import DocumentRefused, NotFound
from assistant.pipeline.reading import conversation_view, passage_view
from assistant.ui import evidence
from assistant.ui.belongings import picture
from assistant.ui.evidence import Leaf
from assistant.values import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.pipeline.kit import Kit
    from assistant.pipeline.reading import PassageView
    from assistant.values import Message, Person


@dataclass(frozen=True)
class Proof:
    """HTML of the pane."""

    kit: Kit
    hosts: Sequence[str]

    async def passage(self, person: Person, conversation: str, message: str, chunk: str, page: str = "") -> str:
        """The passage; ``page`` is the page to show of its document, "" for its own."""
        try:
            view = await passage_view(self.kit, person, chunk)
        except NotFound as error:
            return evidence.gone(str(error))
        quote, others = await self._cited(person, conversation, message, chunk)
        leaf = await self._leaf(person, view, int(page) if page.isdigit() and len(page) < 6 else 0)
        return evidence.passage(view, self.hosts, quote, leaf, message, others)

    async def made(self, person: Person, conversation: str, message: str) -> str:
        """How an answer was made. NotFound when the conversation is not theirs."""
        answer = await self._message(person, conversation, message)
        if answer is None:
            return evidence.gone(sentence("There is no such answer."))
        return evidence.made(answer.made, message)

    async def seen(self, person: Person, conversation: str, message: str) -> str:
        """What the model saw for an answer, masked. NotFound when the conversation is not theirs."""
        answer = await self._message(person, conversation, message)
        text = await asyncio.to_thread(self.kit.conversations.seen, conversation, message) if answer else ""
        if answer is None or not text:
            return evidence.gone(sentence("For this answer no model was asked."))
        return evidence.seen(json.loads(text), answer.made, message, self.hosts)

    async def _message(self, person: Person, conversation: str, message: str) -> Message | None:
        self.kit.conversations.get(person.id, conversation)
        found = await asyncio.to_thread(self.kit.conversations.every_message, conversation)
        answer = next((m for m in found if m.id == message), None)
        return answer if answer is not None and answer.made.get("stages") else None

    async def _cited(self, person: Person, conversation: str, message: str, chunk: str) -> tuple[str, list[str]]:
        """The sentence that rests on the passage, and the passages that the answer cites."""
        if not (conversation and message):
            return "", []
        messages = await conversation_view(self.kit, person, conversation)
        answer = next((m for m in messages if m.id == message), None)
        if answer is None:
            return "", []
        quote = next((c.quote for c in answer.citations if c.chunk_id == chunk), "")
        return quote, [c.chunk_id for c in answer.citations]

    async def _leaf(self, person: Person, view: PassageView, page: int) -> Leaf | None:
        if view.document.pages is None:
            return None
        try:
            made = await picture(self.kit, person, view.chunk.id, page)
        except (DocumentRefused, NotFound):  # not a PDF, or its original is gone: the text is there
            return None
        boxes = tuple((box.left, box.top, box.right, box.bottom) for box in made.boxes)
        return Leaf(made.page, made.pages, made.width, made.height, boxes)
