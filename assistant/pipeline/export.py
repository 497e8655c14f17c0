"""A person's own conversation as a file to keep: Markdown to read, JSON to work with. Restored for its author.

Markdown holds the branch that is read, JSON every branch. Each export is on record. Does not hold attached files.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from assistant.pipeline.reading import restored
from assistant.privacy.placeholders import PlaceholderMap

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit
    from assistant.values import Conversation, Message, Person

Kind = Literal["md", "json"]


async def export(kit: Kit, person: Person, conversation_id: str, kind: Kind) -> tuple[str, str]:
    """(file name, text). NotFound when the conversation is not theirs."""
    conversation = kit.conversations.get(person.id, conversation_id)
    row = {"conversation": conversation_id, "format": kind}
    await asyncio.to_thread(kit.ledger.act, "conversation.export", person.id, row)
    return await asyncio.to_thread(_export, kit, conversation, kind)


def _export(kit: Kit, conversation: Conversation, kind: Kind) -> tuple[str, str]:
    placeholders = PlaceholderMap(kit.conversations.placeholders(conversation.id))
    title = placeholders.restore(conversation.title) or "Conversation"
    name = f"{_file_name(title)}-{conversation.created:%Y-%m-%d}.{kind}"
    if kind == "md":
        messages = [restored(m, placeholders) for m in kit.conversations.messages(conversation.id)]
        return name, _markdown(title, conversation, messages)
    messages = [restored(m, placeholders) for m in kit.conversations.every_message(conversation.id)]
    return name, _json(title, conversation, messages)


def _markdown(title: str, conversation: Conversation, messages: list[Message]) -> str:
    parts = [f"# {title}", f"Asked with Steward, {_time(conversation.created)}."]
    for message in messages:
        who = {"user": "Question", "assistant": "Answer", "expert": f"{message.author} (a person)", "notice": "Note"}
        parts.append(f"## {who[message.role]}, {_time(message.created)}")
        parts.append(message.text.strip())
        rows = [
            f"{c.number}. {' › '.join((c.title, *c.heading))}" + (f", page {c.page}" if c.page else "")
            + (f" ({c.stale})" if c.stale else "") + f" [{c.document_key}]"
            for c in message.citations
        ]  # fmt: skip
        if rows:
            parts.append("Sources:\n\n" + "\n".join(rows))
    return "\n\n".join(parts) + "\n"


def _json(title: str, conversation: Conversation, messages: list[Message]) -> str:
    rows = []
    for message in messages:
        row = asdict(message)
        row["created"] = message.created.isoformat()
        row["made"] = {k: message.made[k] for k in ("tier", "model", "confidence", "masked") if k in message.made}
        del row["siblings"]
        rows.append(row)
    whole = {
        "format": "steward-conversation-1",
        "id": conversation.id,
        "title": title,
        "created": conversation.created.isoformat(),
        "updated": conversation.updated.isoformat(),
        "messages": rows,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _time(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"


def _file_name(title: str) -> str:
    return re.sub(r"[^\w-]+", "-", title).strip("-")[:60].strip("-").lower() or "conversation"
