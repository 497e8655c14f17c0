"""How every store opens its SQLite file: one connection, one lock, migrations, errors as sentences.

``write`` is one transaction, ``read`` sees no half-done one; both are short and may be called from any thread.
``look`` reads through a connection of its own, so that a long ``write`` does not keep readers waiting.
Files are made for this user only, in WAL mode with ``secure_delete``. Does not cover what a file system keeps of
deleted blocks.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlite_utils import Database, Migrations

from assistant.errors import StewardError

BUSY_MS = 2000
HEADER = b"SQLite format 3\x00"
SENTENCES = (
    ("SQLITE_BUSY", "is locked by another program. Close that program, then try again."),
    ("SQLITE_LOCKED", "is locked by another program. Close that program, then try again."),
    ("SQLITE_FULL", "cannot grow: the disk is full. Free some space, then try again."),
    (
        "SQLITE_CORRUPT",
        "is damaged. Stop Steward, keep the file for examination and restore it from a backup.",
    ),
    (
        "SQLITE_NOTADB",
        "is damaged. Stop Steward, keep the file for examination and restore it from a backup.",
    ),
    ("SQLITE_READONLY", "cannot be written. Give this user the right to write the file and its folder."),
    ("SQLITE_CANTOPEN", "cannot be opened. Check that its folder exists and that this user may write there."),
    (
        "SQLITE_IOERR",
        "cannot be read or written: the disk reports an error. Check the disk and its free space.",
    ),
)


def sentence(name: str, error: sqlite3.Error) -> str:
    """What happened to the file ``name``, and what to do about it."""
    code = getattr(error, "sqlite_errorname", "") or ""
    for prefix, text in SENTENCES:
        if code.startswith(prefix):
            return f"{name} {text}"
    return f"{name} cannot be used: {error}. If a restart does not help, restore it from a backup."


class SqliteFile:
    """A SQLite file of Steward's own; ``error`` is the class that its failures are raised as."""

    def __init__(self, path: Path, connection: sqlite3.Connection, error: type[StewardError]) -> None:
        self.path = path
        self._connection = connection
        self._error = error
        self._lock = threading.RLock()
        # Kept open to the end: closing a second descriptor of the file would drop SQLite's own locks on it.
        self._descriptor = os.open(path, os.O_RDONLY)
        self._size = 0
        self._looking = threading.RLock()
        self._reader: sqlite3.Connection | None = None

    @classmethod
    def open(
        cls,
        path: Path,
        migrations: Migrations,
        *,
        synchronous: str = "NORMAL",
        error: type[StewardError] = StewardError,
    ) -> SqliteFile:
        """Open or make the file and bring it to the newest shape. Raises ``error`` with a sentence."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as problem:
            raise error(f"{path} cannot be opened: {problem.strerror}. Give this user the right to write it.") from None
        connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA foreign_keys = ON")
            migrations.apply(Database(connection, execute_plugins=False))
        except sqlite3.Error as problem:
            connection.close()
            raise error(sentence(str(path), problem)) from problem
        return cls(path, connection, error)

    def apply(self, migrations: Migrations) -> None:
        """Bring further tables, of a store that shares this file, to their newest shape. Raises the error class."""
        with self.read() as connection:
            migrations.apply(Database(connection, execute_plugins=False))

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The connection, alone. Raises the file's error class."""
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as problem:
                raise self._error(sentence(self.path.name, problem)) from problem

    @contextmanager
    def look(self) -> Iterator[sqlite3.Connection]:
        """A connection that only reads, alone, and sees what was committed last. Raises the file's error class."""
        with self._looking:
            try:
                if self._reader is None:
                    self._reader = sqlite3.connect(
                        self.path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
                    )
                    self._reader.row_factory = sqlite3.Row
                    self._reader.execute("PRAGMA query_only = ON")
                yield self._reader
            except sqlite3.Error as problem:
                raise self._error(sentence(self.path.name, problem)) from problem

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: committed at the end of the block, undone when it raises."""
        with self.read() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    with suppress(sqlite3.Error):  # the first error is the one that says what happened
                        connection.execute("ROLLBACK")
                raise

    def empty_log(self) -> None:
        """Move the write-ahead log into the file, so that deleted text is in neither."""
        with self.read() as connection, self._looking:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def check_in_place(self) -> None:
        """Raise when the file was deleted, replaced, cut or overwritten since it was opened.

        SQLite does not notice: it goes on writing to what it holds open, where nobody would find it again.
        """
        held = os.fstat(self._descriptor)
        try:
            found = self.path.stat()
        except OSError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != (held.st_dev, held.st_ino):
            raise self._error(
                f"{self.path.name} was moved, deleted or replaced while Steward was running. "
                "Stop Steward, put the file back and start again."
            )
        if held.st_size < self._size or (held.st_size and os.pread(self._descriptor, 16, 0) != HEADER):
            raise self._error(f"{self.path.name} {dict(SENTENCES)['SQLITE_CORRUPT']}")
        self._size = held.st_size

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        with self._lock, self._looking:
            if self._reader is not None:
                self._reader.close()
            self._connection.close()
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1
