"""What a person may read back: their own conversation restored, and a passage in its document.

Rights are asked anew at each call; the ids that come from a browser are looked up and never trusted.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.pipeline.attached import PREFIX, document_of
from assistant.privacy.placeholders import PlaceholderMap
from assistant.values import Chunk, Document, Message, Person

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit

AROUND = 1500


@dataclass(frozen=True)
class PassageView:
    """A passage with the text around it (up to 1,500 characters each side). ``stale`` says why to take care."""

    chunk: Chunk
    document: Document
    before: str
    text: str
    after: str
    stale: str = ""
    earlier: str = ""
    """Id of the passage before it in the document, "" for the first."""
    later: str = ""


async def conversation_view(kit: Kit, person: Person, conversation_id: str, leaf: str | None = None) -> list[Message]:
    """The branch that is read (or the one that ends at ``leaf``), the person's own values restored.

    NotFound when the conversation is not theirs.
    """
    kit.conversations.get(person.id, conversation_id)
    messages = await asyncio.to_thread(kit.conversations.messages, conversation_id, leaf)
    values = await asyncio.to_thread(kit.conversations.placeholders, conversation_id)
    placeholders = PlaceholderMap(values)
    return [restored(m, placeholders) for m in messages]


def restored(message: Message, placeholders: PlaceholderMap) -> Message:
    """A message with the values of its conversation's map in place of the placeholders."""
    return replace(
        message,
        text=placeholders.restore(message.text),
        citations=tuple(replace(c, quote=placeholders.restore(c.quote)) for c in message.citations),
    )


async def passage_view(kit: Kit, person: Person, chunk_id: str) -> PassageView:
    """The passage and its surroundings. NotFound when ``person`` may not read the document (any more)."""
    if chunk_id.startswith(PREFIX):
        file, whole, chunk = await asyncio.to_thread(kit.attached.read, person, chunk_id)
        document = document_of(file)
        beside = [f"{PREFIX}{file.id}:{n}" for n in range(file.passages)]
    else:
        audiences = kit.audiences(person)
        chunk, document = await asyncio.to_thread(kit.catalogue.chunk, chunk_id, audiences)
        whole = await asyncio.to_thread(kit.catalogue.text, document.key, audiences)
        beside = await asyncio.to_thread(kit.catalogue.chunk_ids, document.key)
    before = whole[max(0, chunk.start - AROUND) : chunk.start]
    after = whole[chunk.end : chunk.end + AROUND]
    if chunk.start > AROUND and "\n" in before:
        before = before.split("\n", 1)[1]
    if chunk.end + AROUND < len(whole) and "\n" in after:
        after = after.rsplit("\n", 1)[0]
    at = beside.index(chunk_id)
    return PassageView(
        chunk,
        document,
        before,
        whole[chunk.start : chunk.end],
        after,
        document.stale(),
        beside[at - 1] if at else "",
        beside[at + 1] if at + 1 < len(beside) else "",
    )
