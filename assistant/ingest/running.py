"""Runs the catalogue's jobs, one after the other, in the background of the app.

A job goes on without the page that began it. When the app ends, what is left waits and is taken up at the next start; a
file is then either in or not (``index.py``), and files that are in cost a hash. Files that were handed over lie in
``uploads/<job>/`` until they are in or refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from assistant.errors import DocumentRefused, StewardError
from assistant.ingest.archive import is_archive, unpack
from assistant.ingest.identity import Given
from assistant.ingest.index import SYSTEM, File, Indexer, Taken
from assistant.ingest.metadata import sidecar
from assistant.ingest.progress import Pace, Progressing
from assistant.ingest.reindex import Reindex
from assistant.ingest.sources import documents_in, source_name
from assistant.store.jobs import ENDED, Item, Job, Jobs, new_id

log = logging.getLogger("steward.ingest")

BROKEN = "Something of Steward's own broke while this file was taken in; its log says what. Try again."


@dataclass(frozen=True)
class Staged:
    """``files``: (name in the catalogue, path). ``refused``: (name, why) of what is not even tried."""

    files: list[tuple[str, str]]
    refused: list[tuple[str, str]]


class Running:
    """The job that runs, those that wait, and who watches."""

    def __init__(self, indexer: Indexer, jobs: Jobs, uploads: Path) -> None:
        self._indexer, self._jobs, self._uploads = indexer, jobs, uploads
        self._reindex = Reindex(indexer)
        self._reindex.needed()  # an empty index takes the form of this program before anything is put in
        self._paces: dict[str, Pace] = {}
        self._cancelled: set[str] = set()
        self._wake = asyncio.Event()
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Take up what the last run left, and wait for more."""
        self._uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = {job.id for job in self._jobs.listed(limit=10_000, states=("waiting", "running"))}
        for folder in self._uploads.iterdir():
            if folder.name not in known:
                shutil.rmtree(folder, ignore_errors=True)
        if self._reindex.needed() and not any(j.kind == "reindex" for j in self._jobs.listed(1000, ("waiting",))):
            self.reindex(SYSTEM)
        self._wake.set()
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop after the step that is under way; what is left waits for the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def add(
        self, actor: str, audiences: Sequence[str], files: Sequence[tuple[str, Path]], given: Given, *, place: str = ""
    ) -> Job:
        """Copy the files and queue a job for them; archives are unpacked.

        With a ``place`` the names are paths below it, given by the server and kept; else they are a person's.
        """
        job_id = new_id()
        kept = await asyncio.to_thread(self._stage, job_id, files, place)
        return self._queue("add", actor, audiences, _plain(given), kept, job_id)

    async def add_folder(
        self,
        actor: str,
        audiences: Sequence[str],
        folder: Path,
        given: Given,
        *,
        remove_missing: bool = False,
        dry_run: bool = False,
    ) -> Job:
        """Queue a job for the files of a folder, read where they lie; for one file; or for an archive."""
        job_id = new_id()
        root, kept = await asyncio.to_thread(self._files_of, job_id, folder)
        told = _plain(given) | {"folder": root, "remove_missing": remove_missing}
        return self._queue("plan" if dry_run else "folder", actor, audiences, told, kept, job_id)

    def _queue(
        self, kind: str, actor: str, audiences: Sequence[str], told: dict[str, Any], kept: Staged, job_id: str
    ) -> Job:
        job = self._jobs.add(
            kind, actor, audiences, told, [*kept.files, *((name, "") for name, _ in kept.refused)], job_id
        )
        for number, (_, reason) in enumerate(kept.refused, len(kept.files)):
            self._jobs.set_item(job.id, number, "refused", reason=reason)
        self._wake.set()
        return self._jobs.get(job.id)

    def progress(self, job: Job) -> Progressing:
        """How far it is."""
        return self._paces.get(job.id, Pace()).told(job)

    async def watch(self, job_id: str) -> AsyncIterator[Progressing]:
        """Its progress after every change until it has ended."""
        while True:
            told = self.progress(self._jobs.get(job_id))
            yield told
            if told.job.state in ENDED:
                return
            async with self._changed:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), timeout=1.0)

    async def cancel(self, job_id: str) -> None:
        """End it: at once when it waits, after the file it is at when it runs."""
        job = self._jobs.get(job_id)
        if job.state in ENDED:
            return
        self._cancelled.add(job_id)
        if job.state == "waiting":
            self._end(job_id, "cancelled")
        else:
            async for told in self.watch(job_id):
                if told.job.state in ENDED:
                    return

    def reindex(self, actor: str) -> Job:
        """Queue a job that makes the index anew from the originals."""
        job = self._jobs.add("reindex", actor, self._indexer.audiences, {}, [])
        self._wake.set()
        return job

    def erase(self) -> None:
        """Something was removed: what Chroma keeps of it is to go soon."""
        self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while waiting := self._jobs.listed(limit=1000, states=("waiting",)):
                await self._work(waiting[-1])
            if self._indexer.catalogue.generations.setting("erase"):
                try:
                    await self._reindex.compact()
                except StewardError as error:
                    log.error("removed vectors could not be erased, the next start tries again: %s", error)

    async def _work(self, job: Job) -> None:
        self._jobs.set_state(job.id, "running")
        self._paces[job.id] = Pace()
        try:
            await (self._make_anew(job) if job.kind == "reindex" else self._take(job))
            self._end(job.id, "cancelled" if job.id in self._cancelled else "done")
        except asyncio.CancelledError:
            self._jobs.set_state(job.id, "waiting")
            raise
        except StewardError as error:
            self._end(job.id, "failed", str(error))
        except Exception as error:
            log.exception("a job on documents failed: %s", type(error).__name__)
            self._end(job.id, "failed", BROKEN)
        await self._tell()

    async def _take(self, job: Job) -> None:
        items = self._jobs.items(job.id, states=("waiting", "working"), limit=1_000_000)
        given, pace = _given(job.given), self._paces[job.id]
        files = [File(Path(i.path), i.name, given, job.actor, job.audiences, exact=True) for i in items]
        if job.kind == "plan":
            return await self._plan(job, items, files)
        taking = self._indexer.take_all(files, pace.at)
        async with contextlib.aclosing(taking):
            for item in items:
                self._jobs.set_item(job.id, item.number, "working")
                await self._tell()
                file, result = await anext(taking)
                self._keep(job, item, result)
                if file.path.is_relative_to(self._uploads):
                    file.path.unlink(missing_ok=True)
                if job.id in self._cancelled:
                    return None
        if job.given.get("remove_missing"):
            await self._remove_missing(job)
        return None

    async def _plan(self, job: Job, items: Sequence[Item], files: Sequence[File]) -> None:
        """What would become of files, without taking any in."""
        for item, file in zip(items, files, strict=True):
            self._paces[job.id].at(item.name, 0, 0)
            await self._tell()
            try:
                ready = await self._indexer.prepare(file)
            except Exception as error:
                self._keep(job, item, error)
                continue
            if isinstance(ready, Taken):
                self._keep(job, item, ready)
            else:
                self._indexer.give_back(ready)
                self._keep(job, item, Taken(ready.outcome, ready.document), len(ready.chunks))
            if job.id in self._cancelled:
                return

    async def _make_anew(self, job: Job) -> None:
        pace = self._paces[job.id]

        def told(name: str, done: int, total: int) -> None:
            pace.at(name, done, total)

        kept = await self._reindex.run(job.actor, told, lambda: job.id in self._cancelled)
        for said in kept:
            log.warning("re-index: %s", said)

    def _keep(self, job: Job, item: Item, result: Taken | Exception, chunks: int | None = None) -> None:
        if isinstance(result, DocumentRefused):
            return self._jobs.set_item(job.id, item.number, "refused", reason=str(result))
        if isinstance(result, StewardError):
            return self._jobs.set_item(job.id, item.number, "failed", reason=str(result))
        if isinstance(result, Exception):
            log.error("a document failed: %s", type(result).__name__, exc_info=result)
            return self._jobs.set_item(job.id, item.number, "failed", reason=BROKEN)
        key = result.document.key
        title = result.document.title
        return self._jobs.set_item(
            job.id,
            item.number,
            result.outcome,
            reason=f"The same file is in the library as “{title}”." if result.outcome == "duplicate" else "",
            document_key=key,
            chunks=len(self._indexer.catalogue.chunk_ids(key)) if chunks is None else chunks,
            duplicates=result.duplicates,
        )

    async def _remove_missing(self, job: Job) -> None:
        prefix = Path(job.given["folder"]).name + "/"
        present = {item.name for item in self._jobs.items(job.id, limit=1_000_000)}
        for document in self._indexer.catalogue.documents(job.audiences):
            if document.source_name.startswith(prefix) and document.source_name not in present:
                await self._indexer.remove(document.key, actor=job.actor)

    def _end(self, job_id: str, state: Any, reason: str = "") -> None:
        self._jobs.set_state(job_id, state, reason)
        shutil.rmtree(self._uploads / job_id, ignore_errors=True)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _stage(self, job_id: str, files: Sequence[tuple[str, Path]], place: str) -> Staged:
        kept: list[tuple[str, str]] = []
        refused: list[tuple[str, str]] = []
        for number, (name, path) in enumerate(files):
            folder = self._uploads / job_id / str(number)
            folder.mkdir(mode=0o700, parents=True)
            target = folder / (safe_name(name) or f"file-{number}")
            shutil.copyfile(path, target)
            target.chmod(0o600)
            beside = sidecar(path)
            if beside.is_file():
                shutil.copyfile(beside, sidecar(target))
            called = f"{place}/{name}" if place else f"uploads/{target.name}"
            if is_archive(target):
                more = self._unpacked(target, folder, called)
                kept, refused = [*kept, *more.files], [*refused, *more.refused]
            else:
                kept.append((called, str(target)))
        return Staged(kept, refused)

    def _files_of(self, job_id: str, folder: Path) -> tuple[str, Staged]:
        """The folder's place, and (name in the catalogue, path) of each document under it, or of one file."""
        root = folder.parent if folder.is_file() else folder
        kept: list[tuple[str, str]] = []
        refused: list[tuple[str, str]] = []
        for number, path in enumerate([folder] if folder.is_file() else documents_in(folder)):
            name = source_name(root, path)
            if is_archive(path):
                place = self._uploads / job_id / str(number)
                place.mkdir(mode=0o700, parents=True)
                more = self._unpacked(path, place, name)
                kept, refused = [*kept, *more.files], [*refused, *more.refused]
            else:
                kept.append((name, str(path.resolve())))
        return str(root.resolve()), Staged(kept, refused)

    def _unpacked(self, archive: Path, folder: Path, name: str) -> Staged:
        """The documents of an archive, unpacked into ``folder``, called by the archive's name and their place in it."""
        inside = folder / "unpacked"
        inside.mkdir(mode=0o700)
        try:
            found = unpack(archive, inside)
        except DocumentRefused as error:
            return Staged([], [(name, str(error))])
        files = [(f"{name}/{path.relative_to(inside).as_posix()}", str(path)) for path in documents_in(inside)]
        return Staged(files, [(name, said) for said in found.left_out])


def safe_name(name: str) -> str:
    """The last part of a name, without what a file system or a reader could be misled by; may be empty."""
    last = PurePosixPath(name.replace("\\", "/")).name
    shown = "".join(char for char in last if char.isprintable() and char not in '<>:"|?*\0')
    return shown.strip(". ")[-150:]


def _plain(given: Given) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(given).items()}


def _given(plain: dict[str, Any]) -> Given:
    known = {name: plain[name] for name in Given.__dataclass_fields__ if name in plain}
    for name in ("effective", "review", "expires"):
        known[name] = date.fromisoformat(known[name]) if known.get(name) else None
    return Given(**known)
