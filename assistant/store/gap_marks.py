"""Which questions without a source are taken care of: ids of turns and nothing of what was asked.

The questions themselves stay in the record, sealed; erasing a person there leaves a mark here that names nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database, Migrations

from assistant.store.database import SqliteFile

migrations = Migrations("gap_marks")


@migrations()
def m001_done(db: Database) -> None:
    db.conn.execute("CREATE TABLE done (turn TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID")


class GapMarks:
    """Turns whose question is taken care of."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    @classmethod
    def open(cls, path: Path) -> GapMarks:
        """Open or make the file. Raises StewardError."""
        return cls(SqliteFile.open(path, migrations))

    def mark(self, turns: Iterable[str], done: bool) -> None:
        """Mark turns as done, or take the mark away."""
        now = datetime.now(UTC).isoformat()
        with self._file.write() as db:
            if done:
                db.executemany("INSERT OR IGNORE INTO done VALUES (?, ?)", [(turn, now) for turn in turns])
            else:
                db.executemany("DELETE FROM done WHERE turn = ?", [(turn,) for turn in turns])

    def done(self) -> dict[str, datetime]:
        """When each marked turn was marked."""
        with self._file.read() as db:
            return {row["turn"]: datetime.fromisoformat(row["at"]) for row in db.execute("SELECT * FROM done")}

    def close(self) -> None:
        self._file.close()
