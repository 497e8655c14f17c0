"""The company's documents as their managers handle them: what the Knowledge page and the scripts call.

Every call names a ``Manager``: who acts, and the audiences whose documents they may see and change. A document of any
other audience does not exist for them, also not as a duplicate or as one that would be replaced. Files are taken in
as jobs (``jobs.py``) that go on without the page, survive a restart and can be cancelled. Every change is a row in the
record without a word of the document.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from assistant.errors import NotFound, StewardError
from assistant.ingest.difference import Difference, difference
from assistant.ingest.identity import Given
from assistant.ingest.index import CHANGEABLE, Indexer
from assistant.ingest.metadata import Metadata
from assistant.ingest.progress import Progressing
from assistant.ingest.running import Running
from assistant.store.cards import EVERYTHING, Filter, Order, Page
from assistant.store.jobs import Item, Job, Jobs
from assistant.values import Added, Chunk, Document, DocumentCard, Duplicate

EXPIRING_DAYS = 30
NOT_TAKEN = ("refused", "failed")
UNDER_WAY = ("waiting", "working")


@dataclass(frozen=True)
class Manager:
    """Who acts, by the id that the record shows, and the audiences they act for."""

    id: str
    audiences: tuple[str, ...]


@dataclass(frozen=True)
class Original:
    """The file of a document: where it lies (read only), what it was called, and its media type."""

    path: Path
    name: str
    media_type: str
    size: int


class Library:
    """Built once by ``kit.py``. Blocking calls say so; the others may be awaited from a page."""

    def __init__(self, indexer: Indexer, jobs: Jobs, running: Running) -> None:
        self._indexer, self._catalogue = indexer, indexer.catalogue
        self._jobs, self._running = jobs, running

    async def add(self, who: Manager, files: Sequence[tuple[str, Path]], given: Given) -> Job:
        """Begin to take in files: (name as the person knows it, where the bytes lie now).

        The bytes are copied before this returns, so the caller may delete them. Archives are unpacked. ``given`` holds
        for all of them; with ``given.replaces`` (a document id) there may be one file only. Raises StewardError.
        """
        if not files:
            raise StewardError("No file was chosen.")
        if given.audience and given.audience not in who.audiences:
            raise StewardError(f"You do not belong to the audience {given.audience!r}; choose one of your own.")
        if given.replaces and len(files) != 1:
            raise StewardError("A document is replaced by one file; choose one.")
        return await self._running.add(who.id, who.audiences, files, given)

    async def add_folder(
        self, who: Manager, folder: Path, given: Given, *, remove_missing: bool = False, dry_run: bool = False
    ) -> Job:
        """Begin to take in every document under a folder of this machine, or one file or archive there.

        Unchanged files cost a hash. ``remove_missing`` removes documents that came from the folder and are no longer
        in it; ``dry_run`` only tells what would become of each. Raises StewardError when there is no such folder.
        """
        return await self._running.add_folder(
            who.id, who.audiences, folder, given, remove_missing=remove_missing, dry_run=dry_run
        )

    def job(self, who: Manager, job_id: str) -> Job:
        """A job as it stands. Raises NotFound for one that acts for audiences that are not all of the manager's."""
        job = self._jobs.get(job_id)
        if job.actor != who.id and not set(job.audiences) <= set(who.audiences):
            raise NotFound("This job does not exist, or is not yours.")
        return job

    def jobs(self, who: Manager, limit: int = 20) -> list[Job]:
        """Jobs that the manager may see, newest first."""
        return [j for j in self._jobs.listed(limit=200) if self._sees(who, j)][:limit]

    def items(
        self, who: Manager, job_id: str, states: Sequence[str] = (), offset: int = 0, limit: int = 100
    ) -> list[Item]:
        """The files of a job and what became of each. Raises NotFound like ``job``."""
        self.job(who, job_id)
        return self._jobs.items(job_id, states, offset, limit)

    def progress(self, who: Manager, job_id: str) -> Progressing:
        """How far a job is, and about how long it still takes. Raises NotFound like ``job``."""
        return self._running.progress(self.job(who, job_id))

    async def watch(self, who: Manager, job_id: str) -> AsyncIterator[Progressing]:
        """``progress`` now and after every change until the job has ended; safe to leave at any time."""
        async for told in self._running.watch(self.job(who, job_id).id):
            yield told

    async def cancel(self, who: Manager, job_id: str) -> Job:
        """Stop a job after the file it is at; what was taken in stays. An ended one is left as it is."""
        await self._running.cancel(self.job(who, job_id).id)
        return self.job(who, job_id)

    def reindex(self, who: Manager) -> Job:
        """Begin to make the whole index anew beside the one in use. A running one is returned as it is.

        Raises StewardError for a manager who does not belong to every audience: it is everybody's index.
        """
        if not set(self._indexer.audiences) <= set(who.audiences):
            raise StewardError("The index is everybody's: only who belongs to every audience can make it anew.")
        for job in self._jobs.listed(limit=1000, states=("waiting", "running")):
            if job.kind == "reindex":
                return job
        return self._running.reindex(who.id)

    def not_taken(self, who: Manager, offset: int = 0, limit: int = 50) -> list[tuple[Job, Item]]:
        """Files that were refused or failed, with the reason, latest first, until ``dismiss``."""
        return [f for f in self._jobs.found(NOT_TAKEN, offset, limit) if self._sees(who, f[0])]

    def under_way(self, who: Manager, limit: int = 50) -> list[tuple[Job, Item]]:
        """Files that are being taken in or wait for it."""
        return [f for f in self._jobs.found(UNDER_WAY, 0, limit) if self._sees(who, f[0])]

    def dismiss(self, who: Manager, job_id: str, number: int) -> None:
        """Forget a refused file. Raises NotFound like ``job``."""
        self.job(who, job_id)
        self._jobs.drop(job_id, number)

    def documents(
        self,
        who: Manager,
        given: Filter = EVERYTHING,
        *,
        order: Order = "title",
        offset: int = 0,
        limit: int = 50,
    ) -> Page:
        """A page of documents. The states indexing, refused and failed list files that are no document (yet)."""
        if given.state in ("indexing", "refused", "failed"):
            states = UNDER_WAY if given.state == "indexing" else (given.state,)
            found = [f for f in self._jobs.found(states, 0, 10_000) if self._sees(who, f[0])]
            found = [f for f in found if given.text.casefold() in f[1].name.casefold()]
            return Page(tuple(_card(*f) for f in found[offset : offset + limit]), len(found))
        return self._catalogue.page(who.audiences, given, order=order, offset=offset, limit=limit)

    def expiring(self, who: Manager, days: int = EXPIRING_DAYS) -> list[DocumentCard]:
        """Documents that expire within ``days`` or have expired, soonest first."""
        given = Filter(expiring_days=days)
        return list(self._catalogue.page(who.audiences, given, order="expires", limit=500).cards)

    def counts(self, who: Manager) -> dict[str, int]:
        """How many document versions are in each state."""
        return self._catalogue.counts(who.audiences)

    def owners(self, who: Manager) -> list[str]:
        """Owners to filter by."""
        return self._catalogue.owners(who.audiences)

    def card(self, who: Manager, key: str) -> DocumentCard:
        """All that is told of a version, with what is nearly the same. Raises NotFound."""
        card = self._catalogue.card(key, who.audiences)
        return replace(card, duplicates=self._duplicates(who, card))

    def chunks(self, who: Manager, key: str) -> list[Chunk]:
        """The passages of a version in order, with personal data and flags marked. Raises NotFound."""
        self._catalogue.document(key, who.audiences)
        return self._catalogue.generations.passages(key)[0]

    def text(self, who: Manager, key: str) -> str:
        """Its whole text in Markdown. Raises NotFound."""
        return self._catalogue.text(key, who.audiences)

    def versions(self, who: Manager, document_id: str) -> list[DocumentCard]:
        """Every version of a document, newest first. Raises NotFound where there is none."""
        found = self._catalogue.versions(document_id, who.audiences)
        if not found:
            raise NotFound("This document does not exist, or is not for you.")
        return found

    def difference(self, who: Manager, older: str, newer: str) -> Difference:
        """What the version ``newer`` (a key) changes in ``older``, by heading and line. Blocking. NotFound."""
        return difference(self.text(who, older), self.text(who, newer))

    def original(self, audiences: Sequence[str], key: str) -> Original:
        """The file of a version, for whoever may read the document. Raises NotFound."""
        return original(self._indexer, audiences, key)

    async def change(self, who: Manager, key: str, **fields: Any) -> Document:
        """Set title, audience, owner, effective, review or expires of a version; acts on the next question.

        Raises NotFound; StewardError for a value that cannot be.
        """
        document = self._catalogue.document(key, who.audiences)
        unknown = sorted(set(fields) - set(CHANGEABLE))
        if unknown:
            raise StewardError(f"{', '.join(unknown)} cannot be changed; only {', '.join(CHANGEABLE)} can.")
        changed = replace(document, **fields)
        _check(changed, who)
        if changed != document:
            await self._indexer.change(changed, actor=who.id)
        return changed

    async def delete(self, who: Manager, key: str) -> None:
        """Remove a version with everything that was made of it; other versions stay. Raises NotFound."""
        self._catalogue.document(key, who.audiences)
        await self._indexer.remove(key, actor=who.id)
        await asyncio.to_thread(self._jobs.forget, key)
        self._running.erase()

    def _sees(self, who: Manager, job: Job) -> bool:
        return job.actor == who.id or set(job.audiences) <= set(who.audiences)

    def _duplicates(self, who: Manager, card: DocumentCard) -> tuple[Duplicate, ...]:
        same = self._catalogue.by_original(card.added.original, who.audiences) if card.added.original else []
        exact = [Duplicate(d.key, d.title, 1.0) for d in same if d.id != card.document.id]
        near = self._indexer.likeness.of(card.document.key, who.audiences)
        keys = {duplicate.document_key for duplicate in exact}
        return (*exact, *(duplicate for duplicate in near if duplicate.document_key not in keys))


def original(indexer: Indexer, audiences: Sequence[str], key: str) -> Original:
    """The file of a document version. Raises NotFound when it may not be read, or is not kept."""
    document = indexer.catalogue.document(key, audiences)
    added = indexer.catalogue.original(key, audiences)
    name = document.source_name.rsplit("/", 1)[-1]
    return Original(indexer.originals.path(added.original), name, added.media_type, added.size)


def _check(document: Document, who: Manager) -> None:
    if document.audience not in who.audiences:
        raise StewardError(f"You do not belong to the audience {document.audience!r}; choose one of your own.")
    for name in ("effective", "review", "expires"):
        day = getattr(document, name)
        if day is not None and not isinstance(day, date):
            raise StewardError(f"{name} must be a date such as 2026-12-31.")
    for name in ("title", "owner"):
        text = getattr(document, name)
        try:
            if not (text and len(text) <= 200 and Metadata.one_line(text) == text):
                raise ValueError
        except ValueError:
            raise StewardError(f"{name} must be printable text on one line, up to 200 characters.") from None


def _card(job: Job, item: Item) -> DocumentCard:
    """A file that is no document (yet), as a card without a key."""
    audience = str(job.given.get("audience", ""))
    state: Any = "indexing" if item.state in UNDER_WAY else item.state
    document = Document("", "", item.name, audience, str(job.given.get("owner", "")), item.name, "")
    return DocumentCard(document, state, Added(job.actor, job.started), reason=item.reason)
