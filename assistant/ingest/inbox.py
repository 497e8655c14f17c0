"""``knowledge/inbox/``: files that are put there are taken in while the app runs.

A file says who may read it (front matter or sidecar), or lies in a folder that bears the name of an audience. It is
taken when its size has not changed from one look to the next, and leaves the folder only when the library holds it,
with its original. A file that is refused stays where it is, is named with the reason in ``NOT-TAKEN.txt`` in the inbox
and on the Knowledge page, and is tried again when it changes. Links are not followed out of the folder.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path

from assistant.errors import StewardError
from assistant.ingest.identity import Given
from assistant.ingest.metadata import sidecar
from assistant.ingest.running import Running
from assistant.ingest.sources import documents_in
from assistant.store.jobs import Item, Jobs

log = logging.getLogger("steward.inbox")

EVERY_S = 3.0
ACTOR = "inbox"
REPORT = "NOT-TAKEN.txt"
IN = ("added", "replaced", "unchanged", "duplicate")

Stamp = tuple[int, int]


class Inbox:
    """Looks into one folder again and again; ``audiences`` are those of the access policy."""

    def __init__(self, folder: Path, running: Running, jobs: Jobs, audiences: Sequence[str]) -> None:
        self._folder, self._running, self._jobs = folder, running, jobs
        self._audiences = tuple(audiences)
        self._seen: dict[Path, Stamp] = {}
        self._refused: dict[Path, tuple[Stamp, str]] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look; the folder is made when it is missing."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
        self._task = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """Stop looking; what lies in the folder is found again at the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def look(self) -> int:
        """Take in what lies still since the last look; returns how many files were tried."""
        found = await asyncio.to_thread(self._found)
        still = [path for path, stamp in found.items() if self._seen.get(path) == stamp]
        self._seen = found
        self._refused = {path: told for path, told in self._refused.items() if found.get(path) == told[0]}
        todo = [path for path in still if path not in self._refused]
        by_audience: dict[str, list[Path]] = {}
        for path in todo:
            by_audience.setdefault(self._audience(path), []).append(path)
        for audience, paths in by_audience.items():
            await self._take(audience, paths)
        if todo or not self._refused:
            await asyncio.to_thread(self._report)
        return len(todo)

    async def _watch(self) -> None:
        while True:
            try:
                await self.look()
            except (StewardError, OSError) as error:
                log.error("the inbox could not be looked through, it is tried again: %s", error)
            await asyncio.sleep(EVERY_S)

    def _found(self) -> dict[Path, Stamp]:
        if not self._folder.is_dir():
            return {}
        found = {}
        for path in documents_in(self._folder):
            if path.name != REPORT:
                with contextlib.suppress(OSError):
                    found[path] = (path.stat().st_size, path.stat().st_mtime_ns)
        return found

    def _audience(self, path: Path) -> str:
        """The audience whose name the file's folder bears, or an empty string."""
        first = path.relative_to(self._folder).parts[0]
        return first if first in self._audiences and path.parent != self._folder else ""

    async def _take(self, audience: str, paths: Sequence[Path]) -> None:
        given = Given(audience, defaults=True)
        names = [path.relative_to(self._folder).as_posix() for path in paths]
        readers = (audience,) if audience else self._audiences
        job = await self._running.add(ACTOR, readers, list(zip(names, paths, strict=True)), given, place=ACTOR)
        async for _ in self._running.watch(job.id):
            pass
        items = await asyncio.to_thread(self._jobs.items, job.id, (), 0, 1_000_000)
        for name, path in zip(names, paths, strict=True):
            called = f"{ACTOR}/{name}"
            its = [item for item in items if item.name == called or item.name.startswith(f"{called}/")]
            await asyncio.to_thread(self._done, path, its)

    def _done(self, path: Path, items: Sequence[Item]) -> None:
        """The file goes when all that it held is in; else it stays, and the reason is kept."""
        stamp = self._seen.get(path)
        if stamp is None:
            return
        bad = [item.reason or "It was not finished." for item in items if item.state not in IN]
        if items and not bad:
            with contextlib.suppress(OSError):
                if (path.stat().st_size, path.stat().st_mtime_ns) == stamp:
                    path.unlink()
                    sidecar(path).unlink(missing_ok=True)
        else:
            self._refused[path] = (stamp, " ".join(bad) or "It holds no document.")

    def _report(self) -> None:
        report = self._folder / REPORT
        if not self._refused:
            report.unlink(missing_ok=True)
            return
        lines = [
            f"{path.relative_to(self._folder).as_posix()}: {why}" for path, (_, why) in sorted(self._refused.items())
        ]
        head = "These files were not taken in. Each is tried again when it changes.\n\n"
        report.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
