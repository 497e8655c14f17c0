"""The experts' queue: conversations that wait for, or are with, a person.

A conversation has at most one open hand-off. Taking one is atomic: of two experts one gets it. The note is sealed
under the asking person's key; the reason is masked text from the caller. Who may see which group is decided by
the caller.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database, Migrations

from assistant.errors import StewardError
from assistant.store.database import SqliteFile
from assistant.store.keys import KeyStore
from assistant.values import HandOff

migrations = Migrations("desk")


@migrations()
def m001_handoff(db: Database) -> None:
    db.conn.execute(
        """CREATE TABLE handoff (
            id TEXT PRIMARY KEY, conversation_id TEXT NOT NULL, person_id TEXT NOT NULL, turn_id TEXT NOT NULL,
            "group" TEXT NOT NULL, reason TEXT NOT NULL, note BLOB NOT NULL, created TEXT NOT NULL,
            due TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('waiting', 'taken', 'resolved')),
            expert_id TEXT NOT NULL)"""
    )
    db.conn.execute("CREATE UNIQUE INDEX open_one ON handoff (conversation_id) WHERE state != 'resolved'")
    db.conn.execute("CREATE INDEX handoff_conversation ON handoff (conversation_id)")


class Desk:
    """Requests, queue and claims."""

    def __init__(self, file: SqliteFile, keys: KeyStore) -> None:
        self._file, self._keys = file, keys

    @classmethod
    def open(cls, path: Path, keys: KeyStore) -> Desk:
        """Open or make the file. Raises StewardError."""
        return cls(SqliteFile.open(path, migrations), keys)

    def request(self, handoff: HandOff) -> HandOff:
        """Queue it and return what is queued: the earlier one where the conversation has one open already."""
        note = self._keys.seal(handoff.person_id, handoff.note, f"note:{handoff.id}")
        values = (
            handoff.id,
            handoff.conversation_id,
            handoff.person_id,
            handoff.turn_id,
            handoff.group,
            handoff.reason,
            note,
            handoff.created.isoformat(),
            handoff.due.isoformat(),
        )
        with self._file.write() as db:
            db.execute(
                "INSERT INTO handoff VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', '') ON CONFLICT DO NOTHING",
                values,
            )
            row = db.execute(
                "SELECT * FROM handoff WHERE conversation_id = ? AND state != 'resolved'",
                (handoff.conversation_id,),
            ).fetchone()
        if row is None:
            raise StewardError("This request has been answered already. Ask again to make a new one.")
        return self._handoff(row)

    def queue(self, groups: Iterable[str]) -> list[HandOff]:
        """Open hand-offs of ``groups``, the one due first at the top."""
        names = sorted(set(groups))
        marks = ", ".join("?" * len(names))
        with self._file.read() as db:
            rows = db.execute(
                f"""SELECT * FROM handoff WHERE state != 'resolved' AND "group" IN ({marks})
                ORDER BY julianday(due), rowid""",
                names,
            ).fetchall()
        return [self._handoff(row) for row in rows]

    def get(self, handoff_id: str) -> HandOff | None:
        """One hand-off, or None."""
        return self._one("SELECT * FROM handoff WHERE id = ?", handoff_id)

    def for_conversation(self, conversation_id: str) -> HandOff | None:
        """The latest hand-off of a conversation, resolved or not."""
        return self._one("SELECT * FROM handoff WHERE conversation_id = ? ORDER BY rowid DESC LIMIT 1", conversation_id)

    def claim(self, handoff_id: str, expert_id: str) -> bool:
        """Take it. True when it is this expert's now (also when it was before), False when it is not."""
        with self._file.write() as db:
            taken = db.execute(
                """UPDATE handoff SET state = 'taken', expert_id = ?
                WHERE id = ? AND (state = 'waiting' OR (state = 'taken' AND expert_id = ?))""",
                (expert_id, handoff_id, expert_id),
            )
            return taken.rowcount == 1

    def resolve(self, handoff_id: str, expert_id: str) -> None:
        """Close it. Raises StewardError unless this expert has taken it (closing it twice is no error)."""
        with self._file.write() as db:
            done = db.execute(
                "UPDATE handoff SET state = 'resolved' WHERE id = ? AND expert_id = ? AND state != 'waiting'",
                (handoff_id, expert_id),
            )
        if done.rowcount != 1:
            raise StewardError("This request is not yours to close. Take it first.")

    def withdraw(self, conversation_id: str) -> None:
        """Remove a conversation's hand-offs, notes and all: it is being deleted."""
        with self._file.write() as db:
            db.execute("DELETE FROM handoff WHERE conversation_id = ?", (conversation_id,))
        self._file.empty_log()

    def close(self) -> None:
        self._file.close()

    def _one(self, query: str, value: str) -> HandOff | None:
        with self._file.read() as db:
            row = db.execute(query, (value,)).fetchone()
        return None if row is None else self._handoff(row)

    def _handoff(self, row: sqlite3.Row) -> HandOff:
        note = self._keys.open_sealed(row["person_id"], row["note"], f"note:{row['id']}")
        values = {**dict(row), "note": note}
        for name in ("created", "due"):
            values[name] = datetime.fromisoformat(row[name])
        return HandOff(**values)
