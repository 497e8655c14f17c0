"""Files into the index: load, cut, encode, then vectors and catalogue in an order that a crash cannot spoil.

Vectors come first, under names that are new, and nobody finds them: a vector counts only when the catalogue knows its
name. The catalogue's one transaction then makes the new text the valid one; old vectors go last. So a kill at any
moment leaves the old document or the new one, and ``mend`` at the next start removes what it left behind. The record is
written before the catalogue: no row, no document. While one document is encoded the next is read, and no more than
that, so that memory does not grow with their number. Files are opened in a process of their own (``parse.py``).
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar

import numpy as np

from assistant.errors import DocumentRefused, NotFound
from assistant.ingest import identity, making
from assistant.ingest.identity import Given
from assistant.ingest.making import as_encoded, encoded_mark
from assistant.ingest.metadata import sidecar
from assistant.ingest.parse import Parser
from assistant.ingest.sources import content_hash_of, documents_in, media_type, source_name
from assistant.store.catalogue import Catalogue
from assistant.store.ledger import Ledger
from assistant.store.likeness import Likeness, sketch_of
from assistant.store.nearest import Nearest
from assistant.store.originals import Originals
from assistant.values import (
    Added,
    Chunk,
    Document,
    Duplicate,
    Encoder,
    LoadedDocument,
    PersonalData,
    Suspicion,
    Understood,
    Vector,
)

BATCH = 16
SYSTEM = "system"
CHANGEABLE = ("title", "audience", "owner", "effective", "review", "expires")
"""Fields of a document's card that can be changed without another file."""

Progress = Callable[[str, int, int], None]
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Report:
    """What became of a folder's files; ``refused`` holds a sentence for each that could not be read."""

    indexed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class File:
    """A file to take in: where it lies, what it is called in the catalogue, and what is said about it."""

    path: Path
    source: str
    given: Given = field(default_factory=Given)
    actor: str = SYSTEM
    audiences: tuple[str, ...] | None = None
    """Whose documents it may replace and be compared with; None: everybody's."""
    exact: bool = False
    """Not taken in again where a document is made of the same bytes."""


@dataclass(frozen=True)
class Taken:
    """What became of one file."""

    outcome: Literal["added", "replaced", "unchanged", "duplicate"]
    document: Document
    duplicates: tuple[Duplicate, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """A file that was read, cut and marked; only encoding is left to do."""

    document: Document
    text: str
    chunks: list[Chunk]
    understood: Understood
    added: Added
    actor: str
    replaces: bool
    audiences: tuple[str, ...]
    exact: bool = False

    @property
    def outcome(self) -> Literal["added", "replaced"]:
        return "replaced" if self.replaces else "added"


class Indexer:
    """Puts documents in and takes them out, one at a time; ``audiences`` are those of the access policy."""

    def __init__(
        self,
        catalogue: Catalogue,
        vectors: Nearest,
        originals: Originals,
        encoder: Encoder,
        ledger: Ledger | None,
        audiences: Sequence[str],
        personal_data: PersonalData | None = None,
        parser: Parser | None = None,
        suspicion: Suspicion | None = None,
        forget: Callable[[str], None] = lambda key: None,
    ) -> None:
        """``forget`` drops what others keep of a document version that is removed or replaced, by its key."""
        self.catalogue, self.vectors, self.originals = catalogue, vectors, originals
        self.encoder, self.ledger = encoder, ledger
        self.audiences = tuple(audiences)
        self.personal_data = personal_data
        self.suspicion = suspicion
        self.forget = forget
        self.parser = parser or Parser()
        self.one_at_a_time = asyncio.Lock()
        """Held by whoever changes documents: a file, a removal, the last step of a re-index."""
        self.likeness = Likeness(catalogue)
        self._ahead: Counter[str] = Counter()

    async def ingest(self, path: Path, progress: Progress | None = None, *, actor: str = SYSTEM) -> Document:
        """Index one file with its metadata, or return at once what is there when nothing changed.

        ``progress`` gets (file name, chunks done, chunks in all). Raises DocumentRefused.
        """
        return (await self.take(File(path, path.name, actor=actor), progress)).document

    async def ingest_plain(
        self, path: Path, *, audience: str, progress: Progress | None = None, actor: str = SYSTEM
    ) -> Document:
        """Index one file that brings no metadata: its id comes from its path, its title from its first heading."""
        given = Given(audience, id=identity.placed(path))
        return (await self.take(File(path, path.name, given, actor), progress)).document

    async def ingest_folder(self, folder: Path, progress: Progress | None = None, *, actor: str = SYSTEM) -> Report:
        """Index every document under ``folder`` and remove those that came from it and are no longer there.

        ``progress`` gets (file name, files done, files in all). Raises StewardError when there is no such folder.
        """
        began = time.perf_counter()
        files = await asyncio.to_thread(documents_in, folder)
        kept: dict[str, list[str]] = {"indexed": [], "unchanged": [], "refused": []}
        todo = [File(path, source_name(folder, path), actor=actor) for path in files]
        done = 0
        async for file, result in self.take_all(todo):
            if progress:
                progress(file.path.name, done, len(files))
            done += 1
            if isinstance(result, DocumentRefused):
                kept["refused"].append(str(result))
            elif isinstance(result, Exception):
                raise result
            else:
                kept["unchanged" if result.outcome == "unchanged" else "indexed"].append(result.document.key)
        async with self.one_at_a_time:
            removed = await to_its_end(self._gone, folder.name + "/", {file.source for file in todo}, actor)
        if progress:
            progress("", len(files), len(files))
        lists = {name: tuple(keys) for name, keys in kept.items()}
        return Report(**lists, removed=removed, seconds=time.perf_counter() - began)

    async def take_all(
        self, files: Iterable[File], progress: Progress | None = None
    ) -> AsyncGenerator[tuple[File, Taken | Exception]]:
        """Take in files in order, each with what became of it; while one is encoded, the next is read.

        ``progress`` gets (file name, chunks done, chunks in all). To be closed when it is left early.
        """
        ahead: asyncio.Task[Prepared | Taken] | None = None
        try:
            todo = list(files)
            for number, file in enumerate(todo):
                if progress:
                    progress(file.source, 0, 0)
                ready = await _outcome(ahead or asyncio.create_task(self.prepare(file)))
                following = todo[number + 1] if number + 1 < len(todo) else None
                ahead = asyncio.create_task(self.prepare(following)) if following else None
                if isinstance(ready, Prepared):
                    ready = await _outcome(self.put(ready, file.source, progress))
                yield file, ready
        finally:
            if ahead is not None:
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)

    async def take(self, file: File, progress: Progress | None = None) -> Taken:
        """Take in one file. Raises DocumentRefused."""
        ready = await self.prepare(file)
        return ready if isinstance(ready, Taken) else await self.put(ready, file.path.name, progress)

    async def prepare(self, file: File) -> Prepared | Taken:
        """Read, cut and mark a file; ``Taken`` where nothing is left to do. Raises DocumentRefused."""
        audiences = self.audiences if file.audiences is None else file.audiences
        known = await asyncio.to_thread(self._known, file, audiences)
        if isinstance(known, Taken):
            return known
        content_hash, digest = known
        self._ahead[digest] += 1
        try:
            loaded = await self.parser.parse(file.path)
            found = await asyncio.to_thread(self._read, file, audiences, content_hash, digest, loaded)
        except BaseException:
            self._ahead[digest] -= 1
            self._release(digest)
            raise
        return replace(found, chunks=await self.flagged(found.chunks))

    async def flagged(self, chunks: list[Chunk]) -> list[Chunk]:
        """The passages with what seems to give orders to a model marked."""
        if self.suspicion is None:
            return chunks
        flags = await self.suspicion.flags([each.text for each in chunks], background=True)
        return [replace(each, flags=tuple(why)) for each, why in zip(chunks, flags, strict=True)]

    def give_back(self, ready: Prepared) -> None:
        """Forget a file that was prepared and is not to be put in."""
        self._ahead[ready.added.original] -= 1
        self._release(ready.added.original)

    async def put(self, ready: Prepared, name: str, progress: Progress | None = None) -> Taken:
        """Encode what was prepared and make it the valid version."""
        try:
            async with self.one_at_a_time:
                same = self._same(ready.added.original, ready.audiences) if ready.exact else []
                if same:  # came in while this one was read
                    return _duplicate(same, ready.document.source_name)
                vectors, marks = await self.encode(ready.document.title, ready.chunks, name, progress)
                return await to_its_end(self._put, ready, vectors, marks)
        finally:
            self.give_back(ready)

    async def remove(self, key: str, *, actor: str = SYSTEM) -> None:
        """Take a document version out of catalogue and index. Raises NotFound."""
        async with self.one_at_a_time:
            await to_its_end(self.remove_now, key, actor)

    async def change(self, document: Document, *, actor: str) -> None:
        """Give a document version another card: audience, title, owner, dates. Raises NotFound."""
        async with self.one_at_a_time:
            await self._change(document, actor)

    async def mend(self, progress: Progress | None = None) -> int:
        """Bring catalogue, vectors and originals in step, as after a kill or a lost folder; returns what was off.

        Encodes passages that were never encoded, adds the vectors that Chroma lacks, removes what nobody knows.
        """
        async with self.one_at_a_time:
            lacking = await asyncio.to_thread(self.catalogue.generations.without_vectors)
            for key, chunks in lacking.items():
                document = self.catalogue.document(key, self.audiences)
                vectors, marks = await self.encode(document.title, chunks, document.source_name, progress)
                ids = [each.id for each in chunks]
                await to_its_end(
                    self.catalogue.generations.set_vectors,
                    dict(zip(ids, vectors, strict=True)),
                    dict(zip(ids, marks, strict=True)),
                )
            await asyncio.to_thread(lambda: self.originals.keep_only(self.catalogue.originals()))
            told = (lambda done, total: progress("", done, total)) if progress else None
            return await to_its_end(self.vectors.level, told)

    async def encode(
        self,
        title: str,
        chunks: Sequence[Chunk],
        name: str,
        progress: Progress | None = None,
        known: Mapping[bytes, Vector] | None = None,
    ) -> tuple[list[Vector], list[bytes]]:
        """(vector, mark of what was encoded) of each passage; ``known`` vectors are not computed again."""
        texts = [as_encoded(title, each) for each in chunks]
        marks = [encoded_mark(self.encoder.name, text) for text in texts]
        vectors: list[Vector | None] = [known.get(mark) if known else None for mark in marks]
        todo = [number for number, vector in enumerate(vectors) if vector is None]
        for start in range(0, len(todo), BATCH):
            if progress:
                progress(name, start, len(todo))
            batch = todo[start : start + BATCH]
            encoded = await self.encoder.encode([texts[number] for number in batch], background=True)
            for number, each in zip(batch, encoded, strict=True):
                vectors[number] = np.asarray(each.vector, dtype=np.float32)
        if progress:
            progress(name, len(todo), len(todo))
        return [vector for vector in vectors if vector is not None], marks

    def remove_now(self, key: str, actor: str) -> None:
        """``remove`` for a thread that holds ``one_at_a_time``."""
        document = self.catalogue.document(key, self.audiences)
        self.act("document.remove", actor, document)
        self.catalogue.generations.note(erase="due")  # Chroma keeps removed vectors until its folder is made anew
        left = self.catalogue.remove(key)
        self.vectors.remove(left.vectors)
        for digest in left.originals:
            self.originals.remove(digest)
        self.forget(key)

    def act(self, kind: str, actor: str, document: Document, **more: Any) -> None:
        """A row in the record. Raises RecordUnavailable."""
        if self.ledger is not None:
            row = {
                "document": document.key,
                "audience": document.audience,
                "content_hash": document.content_hash,
            }
            self.ledger.act(kind, actor, row | more)

    def _release(self, digest: str) -> None:
        """Forget an original that no document is made of and no file ahead needs."""
        if self._ahead[digest] <= 0:
            del self._ahead[digest]
            if digest not in self.catalogue.originals():
                self.originals.remove(digest)

    def _known(self, file: File, audiences: tuple[str, ...]) -> tuple[str, str] | Taken:
        """(hash of all that the document is made of, hash of its file), or that it is there."""
        content_hash = content_hash_of(file.path, file.source, file.given)
        for key in self.catalogue.by_hash(content_hash):
            try:
                return Taken("unchanged", self.catalogue.document(key, audiences))
            except NotFound:
                continue
        digest = self.originals.keep(file.path)
        same = self._same(digest, audiences) if _alone(file) else []
        return _duplicate(same, file.source) if same else (content_hash, digest)

    def _same(self, digest: str, audiences: tuple[str, ...]) -> list[Document]:
        """Documents that were made of the same bytes."""
        return self.catalogue.by_original(digest, audiences)

    def _read(
        self, file: File, audiences: tuple[str, ...], content_hash: str, digest: str, loaded: LoadedDocument
    ) -> Prepared:
        before = self._before(file, audiences)
        document, plain = identity.described(file.path, loaded, file.given, before)
        document = replace(document, source_name=file.source, content_hash=content_hash)
        document = self._allowed(document, file, audiences, known=bool(before), plain=plain)
        text, chunks, understood = making.passages(document, loaded, self.personal_data, file.path.name)
        added = Added(file.actor, datetime.now(UTC), file.path.stat().st_size, media_type(file.path), digest, plain)
        replaces = bool(self.catalogue.versions(document.id, audiences))
        return Prepared(document, text, chunks, understood, added, file.actor, replaces, audiences, _alone(file))

    def _before(self, file: File, audiences: tuple[str, ...]) -> list[Document]:
        """The versions that the file may take over from, current one first."""
        wanted = file.given.replaces or file.given.id
        if wanted:
            found = [card.document for card in self.catalogue.versions(wanted, audiences)]
            if file.given.replaces and not found:
                raise DocumentRefused(f"{file.path.name} was not indexed: there is no document {wanted!r} to replace.")
            return found
        return [each for each in self.catalogue.by_source(file.source) if each.audience in audiences]

    def _allowed(
        self, document: Document, file: File, audiences: tuple[str, ...], *, known: bool, plain: bool
    ) -> Document:
        name = file.path.name
        if document.audience not in self.audiences:
            raise DocumentRefused(
                f"{name} was not indexed: audience {document.audience!r} is not one of "
                f"{', '.join(sorted(self.audiences))} (policies/access.yaml)."
            )
        if document.audience not in audiences:
            raise DocumentRefused(f"{name} was not indexed: you do not belong to the audience {document.audience!r}.")
        taken = self.catalogue.versions(document.id, self.audiences)
        if not known and plain and taken and not file.given.id:
            document = replace(document, id=identity.free_id(document.id, file.source))
            taken = self.catalogue.versions(document.id, self.audiences)
        if any(card.document.audience not in audiences for card in taken):
            raise DocumentRefused(f"{name} was not indexed: the id {document.id!r} cannot be used; choose another.")
        return document

    def _put(
        self, ready: Prepared, vectors: list[Vector], marks: list[bytes], changed: Sequence[str] | None = None
    ) -> Taken:
        document = ready.document
        made = self.catalogue.made(document.title, ready.text, ready.chunks, vectors, marks, ready.understood)
        sketch = sketch_of(ready.text)
        duplicates = self.likeness.like(sketch, document.id, ready.audiences)
        if self.catalogue.chunk_ids(document.key):
            self.catalogue.generations.note(erase="due")
        self.vectors.add(document.audience, made.names, vectors)
        if changed is None:
            self.act("document.index", ready.actor, document, chunks=len(ready.chunks), original=ready.added.original)
        else:
            self.act("document.change", ready.actor, document, changed=list(changed), **_dates(document))
        left = self.catalogue.put(document, made, ready.added)
        self.likeness.keep(document.key, sketch)
        self.vectors.remove(left.vectors)
        if not left.searchable:
            self.vectors.remove([(document.audience, name) for name in made.names])
        for digest in left.originals:
            self.originals.remove(digest)
        if ready.replaces:
            self.forget(document.key)
        return Taken(ready.outcome, document, duplicates)

    async def _change(self, document: Document, actor: str) -> None:
        key = document.key
        card = self.catalogue.card(key, self.audiences)
        text = self.catalogue.text(key, self.audiences)
        chunks, known = self.catalogue.generations.passages(key)
        vectors, marks = await self.encode(document.title, chunks, document.source_name, known=known)
        ready = Prepared(document, text, chunks, card.understood, card.added, actor, True, self.audiences)
        changed = [name for name in CHANGEABLE if getattr(document, name) != getattr(card.document, name)]
        await to_its_end(self._put, ready, vectors, marks, changed)

    def _gone(self, prefix: str, present: set[str], actor: str) -> tuple[str, ...]:
        gone = [
            d.key
            for d in self.catalogue.documents(self.audiences)
            if d.source_name.startswith(prefix) and d.source_name not in present
        ]
        for key in gone:
            self.remove_now(key, actor)
        return tuple(gone)


def _alone(file: File) -> bool:
    """Whether the same bytes are the same document: a sidecar or a named document may make another of them."""
    return file.exact and not file.given.replaces and not sidecar(file.path).is_file()


def _duplicate(same: Sequence[Document], source: str) -> Taken:
    kind: Literal["unchanged", "duplicate"] = "duplicate"
    if any(each.source_name == source for each in same):
        kind = "unchanged"
    return Taken(kind, same[0], tuple(Duplicate(each.key, each.title, 1.0) for each in same))


def _dates(document: Document) -> dict[str, str]:
    named = {"effective": document.effective, "review": document.review, "expires": document.expires}
    return {name: day.isoformat() if day else "" for name, day in named.items()}


async def to_its_end(step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """A blocking step in a thread; when the caller is cancelled it ends first, so that nobody closes what it uses."""
    task = asyncio.ensure_future(asyncio.to_thread(step, *args, **kwargs))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


async def _outcome(step: Awaitable[T]) -> T | Exception:
    try:
        return await step
    except Exception as error:
        return error
