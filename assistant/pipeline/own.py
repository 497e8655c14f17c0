"""What a person may do with their own conversations: title, pin, branch, deletion. Each is looked up as theirs first.

Deleting takes the conversation's key, messages, files and feedback for good and withdraws what waits at the desk. What
stays is the record: the rows of its turns, sealed under the person's key, and one that says it was deleted.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from assistant.errors import StewardError
from assistant.privacy.placeholders import PlaceholderMap

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit
    from assistant.values import Person

LONGEST_TITLE = 120


async def rename(kit: Kit, person: Person, conversation_id: str, title: str) -> None:
    """Give it a title, kept masked like one that was made. NotFound when it is not theirs."""
    kit.conversations.get(person.id, conversation_id)
    title = " ".join(title.split())
    if not title:
        raise StewardError("The title is empty. Type a few words that you will find again.")
    if len(title) > LONGEST_TITLE:
        raise StewardError(f"A title has up to {LONGEST_TITLE} characters; this one has {len(title):,}. Shorten it.")
    await asyncio.to_thread(_rename, kit, conversation_id, title)


def _rename(kit: Kit, conversation_id: str, title: str) -> None:
    placeholders = PlaceholderMap(kit.conversations.placeholders(conversation_id))
    masked = kit.guard.handler.mask(title, kit.guard.personal.find(title), placeholders).text
    kit.conversations.save_placeholders(conversation_id, placeholders.values)
    kit.conversations.rename(conversation_id, masked)


async def pin(kit: Kit, person: Person, conversation_id: str, pinned: bool) -> None:
    """Keep it on top of the list, or no longer. NotFound when it is not theirs."""
    kit.conversations.get(person.id, conversation_id)
    await asyncio.to_thread(kit.conversations.pin, conversation_id, pinned)


async def choose(kit: Kit, person: Person, conversation_id: str, message_id: str) -> None:
    """Read another branch from now on. NotFound when it is not theirs; refused while an answer is being made."""
    kit.conversations.get(person.id, conversation_id)
    if kit.turns.running(person, conversation_id):
        raise StewardError("This conversation is still being answered. Wait for it, or stop it first.")
    await asyncio.to_thread(kit.conversations.choose, conversation_id, message_id)


async def delete(kit: Kit, person: Person, conversation_id: str) -> None:
    """Remove it for good; a turn that runs in it is stopped first. NotFound when it is not theirs."""
    kit.conversations.get(person.id, conversation_id)
    await kit.turns.end(person, conversation_id)
    row = {"conversation": conversation_id}
    await asyncio.to_thread(kit.ledger.act, "conversation.delete", person.id, row)
    await asyncio.to_thread(kit.desk.withdraw, conversation_id)
    await asyncio.to_thread(kit.conversations.delete, conversation_id)
    kit.find.forget(person.id)
