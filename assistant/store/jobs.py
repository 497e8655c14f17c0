"""Long work on the catalogue as rows: a job and its files, what became of each, kept so that a kill loses nothing.

A file that was handed over lies in a folder of the job until it is taken in; one that is read where it lies has its
path here. Who may see a job is whoever started it, and every manager who belongs to its audiences: the caller asks.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sqlite_utils import Database, Migrations

from assistant.errors import NotFound
from assistant.store.canonical import canonical
from assistant.store.database import SqliteFile
from assistant.values import Duplicate

JobState = Literal["waiting", "running", "done", "cancelled", "failed"]
ItemState = Literal[
    "waiting", "working", "added", "replaced", "unchanged", "duplicate", "removed", "refused", "failed", "cancelled"
]
ENDED: tuple[JobState, ...] = ("done", "cancelled", "failed")
KEPT = 200
"""Ended jobs that are kept; older ones go when a new one begins, but for those with refused files."""

migrations = Migrations("jobs")


@dataclass(frozen=True)
class Item:
    """One file of a job and what became of it. ``number`` counts from 0 within the job."""

    job_id: str
    number: int
    name: str
    path: str
    state: ItemState
    reason: str = ""
    document_key: str = ""
    chunks: int = 0
    duplicates: tuple[Duplicate, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True)
class Job:
    """``counts`` holds how many files are in each state; ``given`` what was said about all of them."""

    id: str
    kind: Literal["add", "folder", "plan", "reindex"]
    actor: str
    audiences: tuple[str, ...]
    given: dict[str, Any]
    state: JobState
    started: datetime
    ended: datetime | None
    reason: str
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        return self.total - self.counts.get("waiting", 0) - self.counts.get("working", 0)


@migrations()
def m001_job(db: Database) -> None:
    db.conn.execute(
        """CREATE TABLE job (
            id TEXT PRIMARY KEY, kind TEXT NOT NULL, actor TEXT NOT NULL, audiences TEXT NOT NULL, given TEXT NOT NULL,
            state TEXT NOT NULL, started TEXT NOT NULL, ended TEXT, reason TEXT NOT NULL DEFAULT '')"""
    )
    db.conn.execute(
        """CREATE TABLE item (
            job TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE, number INTEGER NOT NULL, name TEXT NOT NULL,
            path TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting', reason TEXT NOT NULL DEFAULT '',
            document_key TEXT NOT NULL DEFAULT '', chunks INTEGER NOT NULL DEFAULT 0,
            duplicates TEXT NOT NULL DEFAULT '[]', at TEXT, PRIMARY KEY (job, number)) WITHOUT ROWID"""
    )
    db.conn.execute("CREATE INDEX item_document ON item (document_key)")
    db.conn.execute("CREATE INDEX item_state ON item (state)")


class Jobs:
    """Jobs and their items, newest first where they are listed."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    @classmethod
    def open(cls, path: Path) -> Jobs:
        """Open or make the file; what was being worked on when the last run ended waits again. Raises StewardError."""
        file = SqliteFile.open(path, migrations)
        with file.write() as db:
            db.execute("UPDATE item SET state = 'waiting' WHERE state = 'working'")
            db.execute("UPDATE job SET state = 'waiting' WHERE state = 'running'")
        return cls(file)

    def add(
        self,
        kind: str,
        actor: str,
        audiences: Iterable[str],
        given: dict[str, Any],
        files: Sequence[tuple[str, str]],
        job_id: str = "",
    ) -> Job:
        """A new job over ``files``: (name, path) each."""
        job_id = job_id or new_id()
        with self._file.write() as db:
            db.execute(
                """DELETE FROM job WHERE state IN ('done', 'cancelled') AND id NOT IN (
                    SELECT id FROM job ORDER BY started DESC LIMIT ?)
                AND NOT EXISTS (SELECT 1 FROM item WHERE job = id AND item.state IN ('refused', 'failed'))""",
                (KEPT,),
            )
            db.execute(
                "INSERT INTO job (id, kind, actor, audiences, given, state, started) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (job_id, kind, actor, canonical(sorted(set(audiences))), canonical(given), "waiting", _now()),
            )
            db.executemany(
                "INSERT INTO item (job, number, name, path) VALUES (?, ?, ?, ?)",
                [(job_id, number, name, path) for number, (name, path) in enumerate(files)],
            )
        return self.get(job_id)

    def get(self, job_id: str) -> Job:
        """Raises NotFound."""
        with self._file.look() as db:
            row = db.execute("SELECT * FROM job WHERE id = ?", (job_id,)).fetchone()
            if row is None:
                raise NotFound("This job does not exist, or is not yours.")
            return _job(db, row)

    def listed(self, limit: int = 50, states: Sequence[str] = ()) -> list[Job]:
        """Jobs, newest first."""
        marks = f"WHERE state IN ({', '.join('?' * len(states))})" if states else ""
        with self._file.look() as db:
            rows = db.execute(
                f"SELECT * FROM job {marks} ORDER BY started DESC, id LIMIT ?", (*states, limit)
            ).fetchall()
            return [_job(db, row) for row in rows]

    def items(self, job_id: str, states: Sequence[str] = (), offset: int = 0, limit: int = 1000) -> list[Item]:
        """Files of a job in order."""
        marks = f"AND state IN ({', '.join('?' * len(states))})" if states else ""
        with self._file.look() as db:
            rows = db.execute(
                f"SELECT * FROM item WHERE job = ? {marks} ORDER BY number LIMIT ? OFFSET ?",
                (job_id, *states, limit, offset),
            ).fetchall()
        return [_item(row) for row in rows]

    def found(self, states: Sequence[str], offset: int = 0, limit: int = 50) -> list[tuple[Job, Item]]:
        """Files in one of ``states``, of whatever job, latest first."""
        with self._file.look() as db:
            rows = db.execute(
                f"""SELECT item.*, started FROM item JOIN job ON job.id = item.job
                WHERE item.state IN ({", ".join("?" * len(states))}) AND kind != 'plan'
                ORDER BY started DESC, job, number LIMIT ? OFFSET ?""",
                (*states, limit, offset),
            ).fetchall()
        return [(self.get(row["job"]), _item(row)) for row in rows]

    def set_state(self, job_id: str, state: JobState, reason: str = "") -> None:
        """Move a job on; an ended one has its files that still wait cancelled."""
        with self._file.write() as db:
            ended = _now() if state in ENDED else None
            db.execute("UPDATE job SET state = ?, reason = ?, ended = ? WHERE id = ?", (state, reason, ended, job_id))
            if ended:
                db.execute(
                    "UPDATE item SET state = 'cancelled', at = ? WHERE job = ? AND state IN ('waiting', 'working')",
                    (ended, job_id),
                )

    def set_item(
        self,
        job_id: str,
        number: int,
        state: ItemState,
        *,
        reason: str = "",
        document_key: str = "",
        chunks: int = 0,
        duplicates: Sequence[Duplicate] = (),
    ) -> None:
        """What became of a file."""
        told = canonical([[d.document_key, d.title, d.likeness] for d in duplicates])
        with self._file.write() as db:
            db.execute(
                """UPDATE item SET state = ?, reason = ?, document_key = ?, chunks = ?, duplicates = ?, at = ?
                WHERE job = ? AND number = ?""",
                (state, reason, document_key, chunks, told, _now(), job_id, number),
            )

    def drop(self, job_id: str, number: int) -> None:
        """Forget one file, as when a manager has seen why it was refused."""
        with self._file.write() as db:
            db.execute("DELETE FROM item WHERE job = ? AND number = ?", (job_id, number))
        self._file.empty_log()

    def forget(self, document_key: str) -> None:
        """Forget files that became this document, and name it nowhere: it was deleted."""
        with self._file.write() as db:
            db.execute("DELETE FROM item WHERE document_key = ?", (document_key,))
            db.execute("UPDATE item SET duplicates = '[]' WHERE instr(duplicates, ?) > 0", (json.dumps(document_key),))
        self._file.empty_log()

    def close(self) -> None:
        self._file.close()


def new_id() -> str:
    """A job's id."""
    return secrets.token_hex(8)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _job(db: sqlite3.Connection, row: sqlite3.Row) -> Job:
    counts = dict(db.execute("SELECT state, count(*) FROM item WHERE job = ? GROUP BY state", (row["id"],)).fetchall())
    return Job(
        row["id"],
        row["kind"],
        row["actor"],
        tuple(json.loads(row["audiences"])),
        json.loads(row["given"]),
        row["state"],
        datetime.fromisoformat(row["started"]),
        datetime.fromisoformat(row["ended"]) if row["ended"] else None,
        row["reason"],
        counts,
    )


def _item(row: sqlite3.Row) -> Item:
    return Item(
        row["job"],
        row["number"],
        row["name"],
        row["path"],
        row["state"],
        row["reason"],
        row["document_key"],
        row["chunks"],
        tuple(Duplicate(*found) for found in json.loads(row["duplicates"])),
        datetime.fromisoformat(row["at"]) if row["at"] else None,
    )
