"""Files attached to one conversation: taken in, searched beside the documents, and gone with it.

A file is read like any upload (a process of its own with limits), cut and encoded, and kept sealed with the
conversation. Nobody but the person of that conversation reaches it. Its passages are masked and cited like any other.
Search is brute force by similarity and words over at most ``MOST_FILES`` files.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from assistant.errors import DocumentRefused, NotFound, StewardError
from assistant.pipeline.ask import Ask
from assistant.pipeline.rewrite import content_words
from assistant.store.attachments import Attachment, Attachments
from assistant.store.conversations import Conversations
from assistant.store.ledger import Ledger
from assistant.values import Chunk, Document, Encoder, LoadedDocument, Passage, Person, Question, Suspicion, Vector

PREFIX = "attached:"
MOST_BYTES = 20 * 1024 * 1024
MOST_FILES = 8
MOST_PASSAGES = 600
MOST_FOUND = 4
NEAR = 0.28
"""Cosine from which a passage is taken as near the question."""
SHARE = 0.5
"""Share of the question's content words from which a passage counts, however far it is."""


class Reader(Protocol):
    """Reads a file. Raises DocumentRefused."""

    async def parse(self, path: Path, name: str = "") -> LoadedDocument: ...


Cut = Callable[[str, LoadedDocument], tuple[str, list[Chunk]]]


@dataclass(frozen=True)
class Attached:
    """Built once. ``folder`` is where a file lies while it is read, and no longer."""

    conversations: Conversations
    attachments: Attachments
    ledger: Ledger
    reader: Reader
    cut: Cut
    encoder: Encoder
    suspicion: Suspicion | None
    folder: Path
    _one_at_a_time: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def add(self, person: Person, conversation_id: str, name: str, data: bytes) -> Attachment:
        """Read a file into a conversation of theirs. NotFound when it is not theirs; DocumentRefused with a reason."""
        self.conversations.get(person.id, conversation_id)
        if len(data) > MOST_BYTES:
            raise StewardError(
                f"This file has {len(data) / 1e6:.0f} MB; up to {MOST_BYTES / 1e6:.0f} MB are taken here."
            )
        async with self._one_at_a_time.setdefault(person.id, asyncio.Lock()):
            if len(await asyncio.to_thread(self.attachments.of, conversation_id)) >= MOST_FILES:
                raise StewardError(f"A conversation takes up to {MOST_FILES} files. Take one away first.")
            return await self._add(person, conversation_id, _plain_name(name), data)

    async def _add(self, person: Person, conversation_id: str, name: str, data: bytes) -> Attachment:
        id_ = uuid.uuid4().hex
        async with self.lying(data, name) as path:
            loaded = await self.reader.parse(path, name)
        text, chunks = await asyncio.to_thread(self.cut, f"{PREFIX}{id_}", loaded)
        if not chunks:
            raise DocumentRefused(f"{name} was not read: no text was found in it.", "no text was found in it")
        if len(chunks) > MOST_PASSAGES:
            raise StewardError(f"{name} is too long to attach. Attach the part that your question is about.")
        chunks = [replace(chunk, id=f"{PREFIX}{id_}:{n}", position=n) for n, chunk in enumerate(chunks)]
        texts = [chunk.text for chunk in chunks]
        if self.suspicion is not None:
            flags = await self.suspicion.flags(texts, background=True)
            chunks = [replace(chunk, flags=found) for chunk, found in zip(chunks, flags, strict=True)]
        vectors = [each.vector for each in await self.encoder.encode(texts, background=True)]
        kept = Attachment(id_, conversation_id, name, len(data), loaded.pages, len(chunks))
        row = {"conversation": conversation_id, "attachment": id_, "bytes": len(data), "passages": len(chunks)}
        await asyncio.to_thread(self.ledger.act, "attachment.add", person.id, {**row, "sealed": {"name": name}})
        await asyncio.to_thread(self.attachments.add, kept, text, chunks, vectors, data)
        return kept

    @asynccontextmanager
    async def lying(self, data: bytes, name: str) -> AsyncIterator[Path]:
        """The bytes as a file for as long as the block runs."""
        suffix = Path(name).suffix[:12]
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, where = tempfile.mkstemp(suffix=suffix if suffix.isascii() else "", dir=self.folder)
        path = Path(where)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            yield path
        finally:
            path.unlink(missing_ok=True)  # noqa: ASYNC240 - one call, and not to be cancelled

    async def of(self, person: Person, conversation_id: str) -> list[Attachment]:
        """The files of a conversation of theirs. NotFound when it is not theirs."""
        self.conversations.get(person.id, conversation_id)
        return await asyncio.to_thread(self.attachments.of, conversation_id)

    async def remove(self, person: Person, conversation_id: str, attachment_id: str) -> None:
        """Take a file away, bytes and all. NotFound when it is not theirs."""
        self.conversations.get(person.id, conversation_id)
        await asyncio.to_thread(self.attachments.remove, conversation_id, attachment_id)
        row = {"conversation": conversation_id, "attachment": attachment_id}
        await asyncio.to_thread(self.ledger.act, "attachment.remove", person.id, row)

    async def search(self, ask: Ask, question: Question) -> list[Passage]:
        """Passages of the conversation's files, best first, unmasked; [] where it has none."""
        files = await asyncio.to_thread(self.attachments.of, ask.conversation_id)
        if not files:
            return []
        vector = (await self.encoder.encode([question.search_text]))[0].vector
        return await asyncio.to_thread(self._search, files, question, vector)

    def _search(self, files: list[Attachment], question: Question, vector: Vector) -> list[Passage]:
        words = set(content_words(question.search_text))
        found: list[Passage] = []
        for file in files:
            _, _, chunks, vectors = self.attachments.passages(file.id)
            for chunk, near in zip(chunks, vectors @ vector, strict=True):
                whole = set(content_words(" ".join((file.name, *chunk.heading, chunk.text))))
                share = len(words & whole) / len(words) if words else 0.0
                if near >= NEAR or share >= SHARE:
                    found.append(Passage(chunk, document_of(file), float(near) + share, float(near)))
        found.sort(key=lambda p: (-p.score, p.chunk.id))
        return [replace(p, vector_rank=rank) for rank, p in enumerate(found[:MOST_FOUND], 1)]

    def read(self, person: Person, chunk_id: str) -> tuple[Attachment, str, Chunk]:
        """(file, whole text, passage) by a passage's id. NotFound when it is not theirs."""
        file = self.own(person, chunk_id)
        _, text, chunks, _ = self.attachments.passages(file.id)
        chunk = next((c for c in chunks if c.id == chunk_id), None)
        if chunk is None:
            raise NotFound("This passage does not exist, or you may not read its document.")
        return file, text, chunk

    def own(self, person: Person, name: str) -> Attachment:
        """The file that a passage id or document key names. NotFound when it is not theirs."""
        id_ = name.removeprefix(PREFIX).partition("@")[0].partition(":")[0]
        conversation_id = self.attachments.conversation_of(id_)
        self.conversations.get(person.id, conversation_id)
        return next(file for file in self.attachments.of(conversation_id) if file.id == id_)


def document_of(file: Attachment) -> Document:
    """A file as a document like any other; of no audience."""
    return Document(f"{PREFIX}{file.id}", "1", file.name, "", "", file.name, file.id, pages=file.pages)


def merged(found: tuple[Passage, ...], mine: list[Passage]) -> tuple[Passage, ...]:
    """Both lists by similarity: a file's passage goes before the first that is not nearer than it."""
    together = list(found)
    for passage in reversed(mine):
        at = next((n for n, p in enumerate(together) if (p.similarity or 0.0) <= (passage.similarity or 0.0) + 0.05),
                  len(together))  # fmt: skip
        together.insert(at, passage)
    return tuple(together)


def _plain_name(name: str) -> str:
    """A file's name without folders and characters that hide or turn text."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = " ".join("".join(c if c.isprintable() else " " for c in last).split())
    return kept[:120] or "file"
