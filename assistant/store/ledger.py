"""The record (audit.db): a row before and after every turn and one per administrative act, chained by hash.

Promises: a row that was taken is on the disk (``synchronous = FULL``) before the call returns; rows are never
changed or removed (triggers refuse it) and follow each other without a gap; free text stands in a row only sealed
under its person's key, and the chain covers the sealed form. Whatever keeps a row from being written raises
RecordUnavailable, and nothing may be answered then. What the chain cannot show stands in ``chain.py``.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database, Migrations

from assistant.errors import RecordUnavailable, StewardError
from assistant.store.canonical import canonical
from assistant.store.chain import CLOSED, FIRST, OPENED, UNCLOSED, Verification, opened, row_hash, verify_rows
from assistant.store.database import SqliteFile
from assistant.store.keys import KeyStore

TAIL = 200
BATCH = 500
UNFINISHED = "the program ended during this turn"

migrations = Migrations("ledger")


@migrations()
def m001_row(db: Database) -> None:
    db.conn.execute(
        """CREATE TABLE row (
            seq INTEGER PRIMARY KEY, previous TEXT NOT NULL, hash TEXT NOT NULL, body TEXT NOT NULL,
            kind TEXT GENERATED ALWAYS AS (json_extract(body, '$.kind')) VIRTUAL,
            turn TEXT GENERATED ALWAYS AS (nullif(json_extract(body, '$.turn'), '')) VIRTUAL)"""
    )
    db.conn.execute("CREATE UNIQUE INDEX row_turn ON row (turn, kind)")
    for act in ("UPDATE", "DELETE"):
        db.conn.execute(
            f"""CREATE TRIGGER no_{act.lower()} BEFORE {act} ON row
            BEGIN SELECT RAISE(ABORT, 'rows of the record are never changed or removed'); END"""
        )
    db.conn.execute(  # INSERT OR REPLACE removes a row without asking the trigger above
        """CREATE TRIGGER in_order BEFORE INSERT ON row
        WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM row)
        BEGIN SELECT RAISE(ABORT, 'rows of the record are added at its end'); END"""
    )


class Ledger:
    """Appends rows, reads them, proves them. One process writes; every method may be called from any thread."""

    def __init__(self, file: SqliteFile, keys: KeyStore) -> None:
        self._file, self._keys = file, keys
        self._running: set[str] = set()
        self.unfinished: list[str] = []
        """Turns that an earlier run left open and that were closed when the record was opened."""
        with file.read() as db:
            self._head = self._last(db)

    @classmethod
    def open(cls, path: Path, keys: KeyStore) -> Ledger:
        """Open or make the record, check its last rows, and close turns that an earlier run left open.

        Raises RecordUnavailable.
        """
        file = SqliteFile.open(path, migrations, synchronous="FULL", error=RecordUnavailable)
        try:
            ledger = cls(file, keys)
            ledger._check_tail()
            ledger._close_unfinished()
        except BaseException:
            file.close()
            raise
        return ledger

    def open_turn(self, turn_id: str, person_id: str, row: dict[str, Any]) -> None:
        """The row before any work. Raises RecordUnavailable: then there is no turn."""
        with self._file.read():
            self._append(OPENED, turn_id, person_id, row)
            self._running.add(turn_id)

    def close_turn(self, turn_id: str, person_id: str, row: dict[str, Any]) -> None:
        """The row after the work, once per opened turn. Raises RecordUnavailable: then nothing is shown."""
        with self._file.read() as db:
            self._running.discard(turn_id)
            if db.execute("SELECT 1 FROM row WHERE turn = ? AND kind = ?", (turn_id, OPENED)).fetchone() is None:
                raise RecordUnavailable(f"Turn {turn_id} has no opening row in the record, so it cannot be closed.")
            self._append(CLOSED, turn_id, person_id, row)

    def act(self, kind: str, actor_id: str, row: dict[str, Any]) -> None:
        """One row for an administrative act such as ``document.upload``. Raises RecordUnavailable."""
        if kind in (OPENED, CLOSED):
            raise ValueError(f"{kind} rows belong to turns")
        self._append(kind, "", actor_id, row)

    def rows(self) -> Iterator[dict[str, Any]]:
        """All rows in order, texts sealed: seq, at, kind, turn, actor, row, hash."""
        seq = 0
        while True:
            with self._file.read() as db:
                found = db.execute("SELECT * FROM row WHERE seq > ? ORDER BY seq LIMIT ?", (seq, BATCH)).fetchall()
            for row in found:
                seq = row["seq"]
                yield {**json.loads(row["body"]), "hash": row["hash"]}
            if len(found) < BATCH:
                return

    def turn(self, turn_id: str) -> list[dict[str, Any]]:
        """The turn's rows with their texts opened; a text that cannot be opened says why."""
        with self._file.read() as db:
            found = db.execute("SELECT * FROM row WHERE turn = ? ORDER BY seq", (turn_id,)).fetchall()
        return [opened({**json.loads(row["body"]), "hash": row["hash"]}, self._keys) for row in found]

    def unanswered(self, since: datetime, limit: int, look_back: int) -> list[dict[str, Any]]:
        """Closing rows of turns that ended without a source since then, the newest first, with their ``question``.

        Looks at the last ``look_back`` rows of the record only. The question is the masked one, as it was searched; a
        row whose texts cannot be opened (any more) is left out.
        """
        query = """SELECT body FROM row WHERE seq > ? AND kind = ? AND json_extract(body, '$.at') >= ?
            AND (json_extract(body, '$.row.outcome') = 'abstained' OR (json_extract(body, '$.row.outcome') = 'answered'
                AND json_array_length(body, '$.row.citations') = 0)) ORDER BY seq DESC LIMIT ?"""
        with self._file.read() as db:
            first, at = self._head[0] - look_back, since.isoformat(timespec="milliseconds")
            found = [json.loads(row["body"]) for row in db.execute(query, (first, CLOSED, at, limit))]
        return [{**row, "question": question} for row in found if (question := self._question(row))]

    def _question(self, entry: dict[str, Any]) -> str:
        texts: dict[str, str] = entry["row"].get("sealed", {})
        for name in ("rewritten", "question"):
            context = f"record:{entry['turn']}:{CLOSED}:{name}"
            with suppress(StewardError, ValueError):
                text = self._keys.open_sealed(entry["actor"], base64.b64decode(texts.get(name, "")), context)
                if text:
                    return text
        return ""

    def verify(self, running: set[str] | None = None) -> Verification:
        """Prove the whole record. ``running``: turns that may lack their closing row (default: this process's)."""
        with self._file.read():
            known, (last, _) = set(self._running) if running is None else running, self._head
        return verify_rows(self._links(last), known)

    def close(self) -> None:
        self._file.close()

    def _append(self, kind: str, turn_id: str, actor: str, row: dict[str, Any]) -> None:
        with self._file.read():
            with self._file.write() as db:
                self._file.check_in_place()
                if self._last(db) != self._head:
                    raise RecordUnavailable(
                        f"{self._file.path.name} was written by another program while Steward was running. "
                        "Stop Steward and run scripts/audit.py verify."
                    )
                last, head = self._head
                seq = last + 1
                sealed = self._sealed(actor, f"{turn_id or seq}:{kind}", row)
                at = datetime.now(UTC).isoformat(timespec="milliseconds")
                body = _body({"actor": actor, "at": at, "kind": kind, "row": sealed, "seq": seq, "turn": turn_id})
                digest = row_hash(head, body)
                try:
                    db.execute(
                        "INSERT INTO row (seq, previous, hash, body) VALUES (?, ?, ?, ?)",
                        (seq, head, digest, body),
                    )
                except sqlite3.IntegrityError as error:
                    raise RecordUnavailable(f"The record takes no {kind} row for turn {turn_id}: {error}.") from None
            self._head = (seq, digest)

    def _sealed(self, person_id: str, context: str, row: dict[str, Any]) -> dict[str, Any]:
        texts = row.get("sealed")
        if texts is None:
            return row
        try:
            blobs = {name: self._keys.seal(person_id, text, f"record:{context}:{name}") for name, text in texts.items()}
        except StewardError as error:
            raise RecordUnavailable(
                f"The record cannot be written, because its texts cannot be sealed: {error}"
            ) from error
        return {**row, "sealed": {name: base64.b64encode(blob).decode() for name, blob in blobs.items()}}

    def _last(self, db: sqlite3.Connection) -> tuple[int, str]:
        row = db.execute("SELECT seq, hash FROM row ORDER BY seq DESC LIMIT 1").fetchone()
        return (0, FIRST) if row is None else (row["seq"], row["hash"])

    def _check_tail(self) -> None:
        """The last rows must hold together; the whole chain is the business of ``verify``."""
        start = max(0, self._head[0] - TAIL)
        with self._file.read() as db:
            rows = db.execute("SELECT seq, previous, hash, body FROM row WHERE seq >= ? ORDER BY seq", (start,))
            expected: tuple[int, str] | None = None
            for seq, previous, digest, body in rows:
                if digest != row_hash(previous, body) or (expected and expected != (seq, previous)):
                    raise RecordUnavailable(
                        f"Row {seq} of {self._file.path} was changed or lost its predecessor. Run scripts/audit.py "
                        "verify, keep the file for examination, and restore the record from a backup."
                    )
                expected = (seq + 1, digest)

    def _close_unfinished(self) -> None:
        with self._file.read() as db:
            unfinished = db.execute(UNCLOSED).fetchall()
        for turn_id, _, actor in unfinished:
            self.unfinished.append(turn_id)
            self.close_turn(turn_id, actor, {"outcome": "failed", "detail": UNFINISHED})

    def _links(self, last: int) -> Iterator[tuple[int, str, str, str]]:
        seq = 0
        while seq < last:
            with self._file.read() as db:
                found = db.execute(
                    "SELECT seq, previous, hash, body FROM row WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
                    (seq, last, BATCH),
                ).fetchall()
            if not found:
                return
            for row in found:
                seq = row["seq"]
                yield seq, row["previous"], row["hash"], row["body"]


def _body(value: dict[str, Any]) -> str:
    try:
        return canonical(value)
    except (TypeError, ValueError) as error:
        raise RecordUnavailable(f"The record cannot be written: {error}.") from error
