"""Files into the index: load, cut, encode, then vectors and catalogue in an order that a crash cannot spoil.

Vectors come first and nobody finds them, for a passage counts only when the catalogue knows its id; the catalogue's one
transaction then makes the new text the valid one; old vectors go last. So a crash leaves the old document or the
new one. The record is written before the catalogue: no row, no document. A file that cannot be read names itself in the
report and the others go on. Files are opened in a process of their own (``parse.py``).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import DocumentRefused
from assistant.ingest import metadata
from assistant.ingest.chunks import chunk
from assistant.ingest.parse import Parser
from assistant.ingest.sources import content_hash_of, documents_in, source_name
from assistant.store.catalogue import Catalogue
from assistant.store.ledger import Ledger
from assistant.store.vectors import Vectors
from assistant.values import Chunk, Document, Encoder, LoadedDocument, PersonalData, Suspicion, Vector

BATCH = 16
SYSTEM = "system"
CELLS = re.compile(r"\s*\|[\s|]*")
TABLE_RULE = re.compile(r"^\|( --- \|)+$", re.MULTILINE)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Report:
    """What became of a folder's files; ``refused`` holds a sentence for each that could not be read."""

    indexed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    seconds: float = 0.0


class Indexer:
    """Puts documents in and takes them out, one at a time; ``audiences`` are those of the access policy."""

    def __init__(
        self,
        catalogue: Catalogue,
        vectors: Vectors,
        encoder: Encoder,
        ledger: Ledger | None,
        audiences: Sequence[str],
        personal_data: PersonalData | None = None,
        parser: Parser | None = None,
        suspicion: Suspicion | None = None,
    ) -> None:
        self.catalogue, self.vectors, self.encoder, self.ledger = catalogue, vectors, encoder, ledger
        self.audiences = tuple(audiences)
        self.personal_data = personal_data
        self.parser = parser or Parser()
        self.suspicion = suspicion
        self._one_at_a_time = asyncio.Lock()

    async def ingest(self, path: Path, progress: Progress | None = None, *, actor: str = SYSTEM) -> Document:
        """Index one file with its metadata, or return at once what is there when nothing changed.

        ``progress`` gets (file name, chunks done, chunks in all). Raises DocumentRefused.
        """
        async with self._one_at_a_time:
            document, _ = await self._ingest(path, path.name, progress, actor, None)
            return document

    async def ingest_plain(
        self, path: Path, *, audience: str, progress: Progress | None = None, actor: str = SYSTEM
    ) -> Document:
        """Index one file that brings no metadata: its id comes from its path, its title from its first heading."""
        async with self._one_at_a_time:
            document, _ = await self._ingest(path, path.name, progress, actor, audience)
            return document

    async def remove(self, key: str, *, actor: str = SYSTEM) -> None:
        """Take a document version out of catalogue and index. Raises NotFound."""
        async with self._one_at_a_time:
            await asyncio.to_thread(self._remove, key, actor)

    async def ingest_folder(self, folder: Path, progress: Progress | None = None, *, actor: str = SYSTEM) -> Report:
        """Index every document under ``folder`` and remove those that came from it and are no longer there.

        ``progress`` gets (file name, files done, files in all). Raises StewardError when there is no such folder.
        """
        began = time.perf_counter()
        files = await asyncio.to_thread(documents_in, folder)
        kept: dict[str, list[str]] = {"indexed": [], "unchanged": [], "refused": []}
        async with self._one_at_a_time:
            for done, path in enumerate(files):
                if progress:
                    progress(path.name, done, len(files))
                try:
                    document, changed = await self._ingest(path, source_name(folder, path), None, actor, None)
                    kept["indexed" if changed else "unchanged"].append(document.key)
                except DocumentRefused as error:
                    kept["refused"].append(str(error))
            present = {source_name(folder, path) for path in files}
            removed = await asyncio.to_thread(self._gone, folder.name + "/", present, actor)
        if progress:
            progress("", len(files), len(files))
        lists = {name: tuple(keys) for name, keys in kept.items()}
        return Report(**lists, removed=removed, seconds=time.perf_counter() - began)

    async def mend(self, progress: Progress | None = None) -> int:
        """Add the vectors that searched passages lack, as when the index folder was lost; returns their number."""
        mended = 0
        async with self._one_at_a_time:
            for audience in self.audiences:
                lacking = await asyncio.to_thread(self._lacking, audience)
                for key, chunks in lacking.items():
                    document = self.catalogue.document(key, self.audiences)
                    vectors = await self._encode(document.title, chunks, document.source_name, progress)
                    await asyncio.to_thread(self.vectors.add, audience, [c.id for c in chunks], vectors)
                    mended += len(chunks)
        return mended

    def _lacking(self, audience: str) -> dict[str, list[Chunk]]:
        searched = self.catalogue.searchable(audience)
        if len(searched) == self.vectors.count(audience):
            return {}
        there = self.vectors.vectors(audience, list(searched))
        lacking: dict[str, list[Chunk]] = {}
        for chunk_id, each in searched.items():
            if chunk_id not in there:
                lacking.setdefault(each.document_key, []).append(each)
        return lacking

    async def _ingest(
        self, path: Path, source: str, progress: Progress | None, actor: str, plain_for: str | None
    ) -> tuple[Document, bool]:
        content_hash = await asyncio.to_thread(content_hash_of, path, plain_for)
        if known := self.catalogue.by_hash(content_hash):
            return self.catalogue.document(known[0], self.audiences), False
        loaded = await self.parser.parse(path)
        document, text, chunks = await asyncio.to_thread(self._read, path, source, content_hash, plain_for, loaded)
        if self.suspicion is not None:
            flags = await self.suspicion.flags([each.text for each in chunks], background=True)
            chunks = [replace(each, flags=found) for each, found in zip(chunks, flags, strict=True)]
        vectors = await self._encode(document.title, chunks, path.name, progress)
        await asyncio.to_thread(self._put, document, text, chunks, vectors, actor)
        return document, True

    def _read(
        self, path: Path, source: str, content_hash: str, plain_for: str | None, loaded: LoadedDocument
    ) -> tuple[Document, str, list[Chunk]]:
        described = metadata.read(path, loaded) if plain_for is None else metadata.made_up(path, loaded, plain_for)
        if described.audience not in self.audiences:
            raise DocumentRefused(
                f"{path.name} was not indexed: audience {described.audience!r} is not one of "
                f"{', '.join(sorted(self.audiences))} (policies/access.yaml)."
            )
        document = Document(
            **described.model_dump(exclude={"supersedes"}),
            source_name=source,
            content_hash=content_hash,
            pages=loaded.pages,
        )
        text, chunks = chunk(document.key, loaded)
        chunks = [_below_title(each, document.title) for each in chunks]
        if not chunks:
            raise DocumentRefused(f"{path.name} was not indexed: it holds no text to search.")
        if self.personal_data is not None:
            chunks = [replace(each, spans=tuple(self.personal_data.find(each.text))) for each in chunks]
        return document, text, chunks

    async def _encode(self, title: str, chunks: Sequence[Chunk], name: str, progress: Progress | None) -> list[Vector]:
        vectors: list[Vector] = []
        for start in range(0, len(chunks), BATCH):
            if progress:
                progress(name, start, len(chunks))
            batch = [as_encoded(title, each) for each in chunks[start : start + BATCH]]
            vectors += [np.asarray(e.vector) for e in await self.encoder.encode(batch, background=True)]
        if progress:
            progress(name, len(chunks), len(chunks))
        return vectors

    def _put(self, document: Document, text: str, chunks: list[Chunk], vectors: list[Vector], actor: str) -> None:
        new = {(document.audience, each.id) for each in chunks}
        self.vectors.add(document.audience, [each.id for each in chunks], vectors)
        self._act("document.index", actor, document, chunks=len(chunks))
        left = self.catalogue.put(document, text, chunks)
        self._forget(set(left.passages) - new if left.searchable else set(left.passages) | new)

    def _forget(self, passages: Iterable[tuple[str, str]]) -> None:
        by_audience: dict[str, list[str]] = {}
        for audience, chunk_id in passages:
            by_audience.setdefault(audience, []).append(chunk_id)
        for audience, ids in by_audience.items():
            self.vectors.remove(audience, ids)

    def _remove(self, key: str, actor: str) -> None:
        document = self.catalogue.document(key, self.audiences)
        self._act("document.remove", actor, document)
        self._forget(self.catalogue.remove(key).passages)

    def _gone(self, prefix: str, present: set[str], actor: str) -> tuple[str, ...]:
        gone = [
            d.key
            for d in self.catalogue.documents(self.audiences)
            if d.source_name.startswith(prefix) and d.source_name not in present
        ]
        for key in gone:
            self._remove(key, actor)
        return tuple(gone)

    def _act(self, kind: str, actor: str, document: Document, **more: Any) -> None:
        if self.ledger is not None:
            row = {
                "document": document.key,
                "audience": document.audience,
                "content_hash": document.content_hash,
            }
            self.ledger.act(kind, actor, row | more)


def _below_title(each: Chunk, title: str) -> Chunk:
    """Without the first heading where it only repeats the document's title."""
    if each.heading and each.heading[0].strip().casefold() == title.strip().casefold():
        return replace(each, heading=each.heading[1:])
    return each


def as_encoded(title: str, each: Chunk) -> str:
    """What the encoder sees of a chunk: title and headings, then its text with the lines of tables taken out."""
    path = [title, *(heading for heading in each.heading if heading.casefold() != title.casefold())]
    body = TABLE_RULE.sub("", each.text)
    body = "\n".join(CELLS.sub(", ", line).strip(", ") if line.startswith("|") else line for line in body.split("\n"))
    return " > ".join(path) + "\n" + re.sub(r"\n{2,}", "\n", body)
