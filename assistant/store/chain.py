"""The hash chain of the record, and its proof: every row's hash covers the row and the hash before it.

``verify_file`` needs neither keys nor a running app and changes nothing: it opens a copy read-only. Integrity (rows
unchanged, in order, without a gap) and completeness (every opened turn has its closing row) are told apart. Does
not cover a tail that was cut off together with all that came after it, or a chain that was written anew from some
row on: only a head kept outside the file can show those.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from assistant.errors import RecordUnavailable, StewardError
from assistant.store.database import sentence
from assistant.store.keys import KeyStore

FIRST = "0" * 64
OPENED, CLOSED = "turn.open", "turn.close"
UNCLOSED = """SELECT turn, json_extract(body, '$.at'), json_extract(body, '$.actor') FROM row
    WHERE kind = 'turn.open' AND turn IN (
        SELECT turn FROM row WHERE turn IS NOT NULL GROUP BY turn HAVING min(kind) = 'turn.open')
    ORDER BY seq"""
"""(turn, time of opening, person) of every opened turn without a closing row, in order."""


@dataclass(frozen=True)
class Verification:
    """``ok``: nothing was changed. ``complete``: no turn lacks its closing row. ``problem`` says what is wrong."""

    ok: bool
    complete: bool
    rows: int
    problem: str = ""
    open_turns: tuple[str, ...] = ()
    """Opened turns without a closing row that were not given as running."""
    head: str = FIRST
    """Hash of the last row that was read: kept elsewhere, it shows later whether this file went on from here."""


def row_hash(previous: str, body: str) -> str:
    """SHA-256 over the previous row's hash and this row's canonical JSON."""
    return hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()


def verify_rows(rows: Iterable[tuple[int, str, str, str]], running: Collection[str] = ()) -> Verification:
    """Walk (seq, previous, hash, body) in order. Stops at the first row that does not fit."""
    head, count = FIRST, 0
    waiting: dict[str, None] = {}
    doubtful = ""
    try:
        for seq, previous, digest, body in rows:
            fault = _fault(count + 1, head, seq, previous, digest, body)
            if fault:
                return Verification(False, False, count, fault, head=head)
            kind, turn = _turn(json.loads(body))
            if kind == OPENED and turn not in waiting:
                waiting[turn] = None
            elif kind == CLOSED and turn in waiting:
                del waiting[turn]
            elif kind in (OPENED, CLOSED):
                doubtful = doubtful or f"row {seq} is a second {kind} row of turn {turn}, or one out of order"
            head, count = digest, count + 1
    except (sqlite3.Error, ValueError, TypeError, KeyError) as error:
        return Verification(False, False, count, f"the file is damaged after row {count}: {error}", head=head)
    missing = tuple(turn for turn in waiting if turn not in running)
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        doubtful = doubtful or f"turn {missing[0]}{more} was opened and has no closing row"
    return Verification(True, not doubtful, count, doubtful, missing, head)


def verify_file(path: Path, running: Collection[str] = ()) -> Verification:
    """Prove the file ``path`` without changing it. Raises RecordUnavailable when it cannot be read at all."""
    with opened_read_only(path) as db:
        return verify_rows(db.execute("SELECT seq, previous, hash, body FROM row ORDER BY seq"), running)


def unclosed_turns(path: Path) -> list[tuple[str, datetime]]:
    """(turn id, time of opening) of every opened turn without a closing row. Raises RecordUnavailable."""
    with opened_read_only(path) as db:
        return [(turn, datetime.fromisoformat(at)) for turn, at, _ in db.execute(UNCLOSED)]


def turn_rows(path: Path, turn_id: str, keys: KeyStore | None) -> list[dict[str, Any]]:
    """The rows of a turn with their texts opened where ``keys`` can. Raises RecordUnavailable."""
    with opened_read_only(path) as db:
        found = db.execute("SELECT body, hash FROM row WHERE turn = ? ORDER BY seq", (turn_id,)).fetchall()
    return [opened({**json.loads(body), "hash": digest}, keys) for body, digest in found]


def opened(entry: dict[str, Any], keys: KeyStore | None) -> dict[str, Any]:
    """A row with its sealed texts opened; a text that cannot be opened says why, in brackets."""
    texts = entry["row"].get("sealed")
    if texts is None:
        return entry
    context = f"{entry['turn'] or entry['seq']}:{entry['kind']}"
    plain = {}
    for name, blob in texts.items():
        try:
            if keys is None:
                raise StewardError("The keys are not here.")
            plain[name] = keys.open_sealed(entry["actor"], base64.b64decode(blob), f"record:{context}:{name}")
        except StewardError as error:
            plain[name] = f"[{error}]"
    return {**entry, "row": {**entry["row"], "sealed": plain}}


@contextmanager
def opened_read_only(path: Path) -> Iterator[sqlite3.Connection]:
    """The record at ``path``, read-only, the rows of its write-ahead log included."""
    if not path.is_file():
        raise RecordUnavailable(f"There is no record at {path}. Give the path of audit.db or of a copy of it.")
    log, index = path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")
    with tempfile.TemporaryDirectory(prefix="steward-audit-") as folder:
        try:
            if not log.is_file() or not log.stat().st_size:
                uri = f"{path.resolve().as_uri()}?immutable=1"
            elif index.is_file():
                uri = f"{path.resolve().as_uri()}?mode=ro"
            else:  # a copy with its log but without the index that SQLite would have to write beside it
                shutil.copy(path, Path(folder) / "audit.db")
                shutil.copy(log, Path(folder) / "audit.db-wal")
                uri = (Path(folder) / "audit.db").as_uri()
            with closing(sqlite3.connect(uri, uri=True, timeout=2)) as db:
                db.execute("SELECT seq, previous, hash, body FROM row LIMIT 1").fetchone()
                yield db
        except sqlite3.Error as error:
            raise RecordUnavailable(sentence(str(path), error)) from error
        except OSError as error:
            raise RecordUnavailable(f"{path} cannot be read: {error.strerror}.") from None


def _fault(expected: int, head: str, seq: int, previous: str, digest: str, body: str) -> str:
    if seq != expected:
        return f"row {expected} is missing: the next row has number {seq}"
    if previous != head:
        return f"row {seq} does not follow the row before it"
    if digest != row_hash(previous, body):
        return f"row {seq} was changed: its content does not match its hash"
    if json.loads(body)["seq"] != seq:
        return f"row {seq} says of itself that it is row {json.loads(body)['seq']}"
    return ""


def _turn(body: dict[str, Any]) -> tuple[str, str]:
    return str(body["kind"]), str(body["turn"])
