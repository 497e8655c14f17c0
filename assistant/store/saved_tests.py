"""Questions with the source that retrieval should find for them, and how each run found it.

Holds no text of a document: the expected section is kept as a hash of its heading, so that deleting a document leaves
nothing of it here. Questions are masked before they come here. Who may see a test is decided by the caller.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database, Migrations

from assistant.errors import NotFound
from assistant.store.database import SqliteFile

KEPT_RUNS = 500
NO_TEST = "This saved test does not exist, or is not for you."

migrations = Migrations("saved_tests")


@migrations()
def m001_saved_tests(db: Database) -> None:
    db.conn.execute(
        """CREATE TABLE test (
            id TEXT PRIMARY KEY, question TEXT NOT NULL, audiences TEXT NOT NULL, document TEXT NOT NULL,
            section TEXT NOT NULL, person_id TEXT NOT NULL, created TEXT NOT NULL)"""
    )
    db.conn.execute(
        """CREATE TABLE run (
            id INTEGER PRIMARY KEY, at TEXT NOT NULL, reason TEXT NOT NULL, index_version TEXT NOT NULL)"""
    )
    db.conn.execute(
        """CREATE TABLE result (
            run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
            test TEXT NOT NULL REFERENCES test (id) ON DELETE CASCADE,
            rank INTEGER, PRIMARY KEY (run, test)) WITHOUT ROWID"""
    )
    db.conn.execute("CREATE INDEX result_test ON result (test, run)")


@dataclass(frozen=True)
class SavedTest:
    """``section`` is the hash of the expected section's heading, or "" where any part of the document will do."""

    id: str
    question: str
    audiences: tuple[str, ...]
    document: str
    section: str
    person_id: str
    created: datetime


@dataclass(frozen=True)
class Run:
    """One run: ``ranks`` holds, by test, the place of the first right passage (from 1), or None."""

    id: int
    at: datetime
    reason: str
    index_version: str
    ranks: dict[str, int | None]


class SavedTestStore:
    """Tests and their runs, in a file of its own."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    @classmethod
    def open(cls, path: Path) -> SavedTestStore:
        """Open or make the file. Raises StewardError."""
        return cls(SqliteFile.open(path, migrations))

    def add(self, question: str, audiences: Sequence[str], document: str, section: str, person_id: str) -> SavedTest:
        """Keep a test; one that is there already is returned as it is."""
        named = json.dumps(sorted(audiences))
        with self._file.write() as db:
            found = db.execute(
                "SELECT * FROM test WHERE question = ? AND audiences = ? AND document = ? AND section = ?",
                (question, named, document, section),
            ).fetchone()
            if found is None:
                key, now = uuid.uuid4().hex, datetime.now(UTC).isoformat()
                row = (key, question, named, document, section, person_id, now)
                db.execute("INSERT INTO test VALUES (?, ?, ?, ?, ?, ?, ?)", row)
                found = db.execute("SELECT * FROM test WHERE id = ?", (key,)).fetchone()
        return _test(found)

    def all(self) -> list[SavedTest]:
        """Every test, the newest first."""
        with self._file.read() as db:
            return [_test(row) for row in db.execute("SELECT * FROM test ORDER BY created DESC, id")]

    def get(self, test_id: str) -> SavedTest:
        """Raises NotFound."""
        with self._file.read() as db:
            row = db.execute("SELECT * FROM test WHERE id = ?", (test_id,)).fetchone()
        if row is None:
            raise NotFound(NO_TEST)
        return _test(row)

    def remove(self, test_id: str) -> None:
        """Forget a test and its results. Raises NotFound."""
        with self._file.write() as db:
            if not db.execute("DELETE FROM test WHERE id = ?", (test_id,)).rowcount:
                raise NotFound(NO_TEST)
            db.execute("DELETE FROM run WHERE id NOT IN (SELECT run FROM result)")
        self._file.empty_log()

    def add_run(self, reason: str, index_version: str, ranks: dict[str, int | None]) -> None:
        """Keep a run; tests that were removed meanwhile are left out, and the oldest runs beyond 500 go."""
        with self._file.write() as db:
            now = datetime.now(UTC).isoformat()
            query = "INSERT INTO run (at, reason, index_version) VALUES (?, ?, ?)"
            run = db.execute(query, (now, reason, index_version)).lastrowid
            rows = [(run, test, rank, test) for test, rank in ranks.items()]
            db.executemany("INSERT INTO result SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM test WHERE id = ?)", rows)
            db.execute("DELETE FROM run WHERE id NOT IN (SELECT id FROM run ORDER BY id DESC LIMIT ?)", (KEPT_RUNS,))

    def runs(self, limit: int = 30) -> list[Run]:
        """The last runs, the newest first."""
        with self._file.read() as db:
            rows = db.execute("SELECT * FROM run ORDER BY id DESC LIMIT ?", (limit,)).fetchall()
            found = db.execute("SELECT * FROM result WHERE run >= ?", (rows[-1]["id"] if rows else 0,)).fetchall()
        ranks: dict[int, dict[str, int | None]] = {}
        for row in found:
            ranks.setdefault(row["run"], {})[row["test"]] = row["rank"]
        return [
            Run(row["id"], datetime.fromisoformat(row["at"]), row["reason"], row["index_version"], ranks[row["id"]])
            for row in rows
            if row["id"] in ranks
        ]

    def close(self) -> None:
        self._file.close()


def _test(row: sqlite3.Row) -> SavedTest:
    audiences, created = tuple(json.loads(row["audiences"])), datetime.fromisoformat(row["created"])
    return SavedTest(row["id"], row["question"], audiences, row["document"], row["section"], row["person_id"], created)
