"""Finds a person's own conversations by words in titles and texts.

Texts are sealed, so there is no index on the disk: they are opened, restored for their author and kept in memory for
the few people who searched last, each conversation as long as it is unchanged. A search asks the store for the list
of conversations first; what was deleted, or whose key was erased, is not found. Every word of the query has to occur
(also as a part of a word), capitals and accents aside. Does not know other forms of a word.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

from assistant.privacy.placeholders import PlaceholderMap
from assistant.store.conversations import Conversations
from assistant.values import Conversation

KEPT_PEOPLE = 32
QUERY_CHARS = 200
AROUND = 46


@dataclass(frozen=True)
class Found:
    """A conversation with every word of the query. ``before``, ``hit`` and ``after`` are where; "" for its title."""

    conversation: Conversation
    before: str = ""
    hit: str = ""
    after: str = ""


@dataclass(frozen=True)
class _Text:
    updated: datetime
    texts: tuple[str, ...]
    folded: tuple[str, ...]


@dataclass
class Find:
    """Built once; ``_opened`` holds the texts of the people who searched last, by conversation."""

    conversations: Conversations
    _opened: OrderedDict[str, dict[str, _Text]] = field(default_factory=OrderedDict)

    async def __call__(self, person_id: str, query: str, limit: int = 60) -> list[Found]:
        """Hits in titles first, then in texts, each the one changed last first."""
        words = fold(query[:QUERY_CHARS]).split()
        return await asyncio.to_thread(self._find, person_id, words, limit) if words else []

    def forget(self, person_id: str) -> None:
        """Drop what is kept of a person's texts."""
        self._opened.pop(person_id, None)

    def _find(self, person_id: str, words: list[str], limit: int) -> list[Found]:
        mine = sorted(self.conversations.list_for(person_id), key=lambda c: c.updated, reverse=True)
        kept = self._opened.get(person_id, {})
        now = {c.id: self._text(c, kept.get(c.id)) for c in mine}
        self._opened[person_id] = now
        self._opened.move_to_end(person_id)
        while len(self._opened) > KEPT_PEOPLE:
            self._opened.popitem(last=False)
        titled, within = [], []
        for conversation in mine:
            title, text = fold(conversation.title), now[conversation.id]
            if all(word in title for word in words):
                titled.append(Found(conversation))
            elif all(word in title or any(word in folded for folded in text.folded) for word in words):
                within.append(_shown(conversation, text, words))
        return [*titled, *within][:limit]

    def _text(self, conversation: Conversation, kept: _Text | None) -> _Text:
        if kept is not None and kept.updated == conversation.updated:
            return kept
        messages = self.conversations.every_message(conversation.id)
        placeholders = PlaceholderMap(self.conversations.placeholders(conversation.id))
        texts = tuple(" ".join(placeholders.restore(m.text).split()) for m in messages)
        return _Text(conversation.updated, texts, tuple(fold(text) for text in texts))


def fold(text: str) -> str:
    """Small letters without accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in parts if not unicodedata.combining(c))


def _shown(conversation: Conversation, text: _Text, words: list[str]) -> Found:
    """The text with most of the words, around the first of them."""
    best = max(range(len(text.texts)), key=lambda n: (sum(word in text.folded[n] for word in words), -n))
    whole, folded = text.texts[best], text.folded[best]
    word = next((word for word in words if word in folded), "")
    at = folded.find(word) if word else -1
    if at < 0 or len(folded) != len(whole):  # folding moved the letters: show how the text begins
        return Found(conversation, after=whole[: 2 * AROUND])
    start, end = max(0, at - AROUND), at + len(word)
    if start:
        start = whole.find(" ", start, at) + 1 or start
    cut = "…" if start else ""
    more = "…" if end + 2 * AROUND < len(whole) else ""
    return Found(conversation, cut + whole[start:at], whole[at:end], whole[end : end + 2 * AROUND] + more)
