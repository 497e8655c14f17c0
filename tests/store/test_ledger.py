from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import RecordUnavailable
from assistant.store.chain import row_hash, verify_file
from assistant.store.keys import KeyStore
from assistant.store.ledger import UNFINISHED, Ledger

SEALED = {"outcome": "answered", "sealed": {"question": "Plumquestion", "answer": "Plumanswer"}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.db"


@pytest.fixture
def ledger(path: Path, keys: KeyStore) -> Iterator[Ledger]:
    store = Ledger.open(path, keys)
    yield store
    store.close()


def fill(ledger: Ledger, turns: int = 3) -> None:
    for n in range(turns):
        ledger.open_turn(f"t{n}", "anna", {"characters": n})
        ledger.close_turn(f"t{n}", "anna", SEALED)


def forged(path: Path, *statements: str) -> None:
    """Change the closed file as somebody with write access would."""
    with closing(sqlite3.connect(path)) as db:
        for trigger in ("no_update", "no_delete", "in_order"):
            db.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            db.execute(statement)
        db.commit()


def test_texts_are_sealed_and_erased_with_their_key_while_the_chain_holds(
    ledger: Ledger, keys: KeyStore, tmp_path: Path
) -> None:
    fill(ledger)
    ledger.act("document.upload", "eve", {"document": "a@1", "score": np.float32(0.5)})
    assert b"Plum" not in b"".join(file.read_bytes() for file in tmp_path.glob("audit.db*"))
    assert [row["kind"] for row in ledger.rows()] == ["turn.open", "turn.close"] * 3 + ["document.upload"]
    closing_row = ledger.turn("t1")[1]
    assert closing_row["row"]["sealed"] == SEALED["sealed"] and closing_row["actor"] == "anna"
    keys.destroy("anna")
    assert "erased" in ledger.turn("t1")[1]["row"]["sealed"]["question"]
    found = ledger.verify()
    assert (found.ok, found.complete, found.rows) == (True, True, 7)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE row SET body = body WHERE seq = 2",
        "DELETE FROM row WHERE seq = 6",
        "INSERT OR REPLACE INTO row (seq, previous, hash, body) VALUES (2, '', '', '{}')",
        "INSERT INTO row (seq, previous, hash, body) VALUES (9, '', '', '{}')",
    ],
)
def test_the_database_itself_refuses_changes(ledger: Ledger, path: Path, statement: str) -> None:
    fill(ledger)
    with closing(sqlite3.connect(path)) as db, pytest.raises(sqlite3.IntegrityError):
        db.execute(statement)
    assert ledger.verify().ok


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE row SET body = replace(body, 'anna', 'bnna') WHERE seq = 3", "row 3 was changed"),
        ("DELETE FROM row WHERE seq = 3", "row 3 is missing"),
        ("DELETE FROM row WHERE seq = 1", "row 1 is missing"),
        ("UPDATE row SET seq = 10 WHERE seq = 6", "row 6 is missing"),
        ("UPDATE row SET body = '[]' WHERE seq = 6", "row 6 was changed"),
    ],
)
def test_verify_names_the_row_that_was_touched(ledger: Ledger, path: Path, statement: str, says: str) -> None:
    fill(ledger)
    ledger.close()
    forged(path, "DROP INDEX row_turn", statement)
    found = verify_file(path)
    assert not found.ok and not found.complete and says in found.problem


def test_a_row_rehashed_in_place_breaks_the_next_one(ledger: Ledger, path: Path) -> None:
    fill(ledger)
    ledger.close()
    with closing(sqlite3.connect(path)) as db:
        previous, body = db.execute("SELECT previous, body FROM row WHERE seq = 3").fetchone()
    body = body.replace("anna", "bnna")
    forged(path, f"UPDATE row SET body = '{body}', hash = '{row_hash(previous, body)}' WHERE seq = 3")
    assert "row 4 does not follow" in verify_file(path).problem


def test_completeness_is_apart_from_integrity(ledger: Ledger, path: Path, keys: KeyStore) -> None:
    fill(ledger)
    ledger.open_turn("slow", "anna", {})
    assert ledger.verify().complete, "a running turn is no gap"
    found = verify_file(path)
    assert found.ok and not found.complete and found.open_turns == ("slow",)
    assert verify_file(path, {"slow"}).complete
    ledger.close()
    again = Ledger.open(path, keys)
    last = again.turn("slow")[-1]
    assert last["row"] == {"outcome": "failed", "detail": UNFINISHED} and last["actor"] == "anna"
    assert again.verify(set()).complete and verify_file(path).complete
    again.close()


def test_a_turn_opens_once_and_closes_once(ledger: Ledger) -> None:
    fill(ledger, 1)
    for call in (ledger.open_turn, ledger.close_turn):
        with pytest.raises(RecordUnavailable):
            call("t0", "anna", {})
    with pytest.raises(RecordUnavailable, match="no opening row"):
        ledger.close_turn("never", "anna", {})
    with pytest.raises(RecordUnavailable, match="cannot be written"):
        ledger.act("odd", "anna", {"value": float("nan")})
    ledger.act("fine", "anna", {})
    assert ledger.verify().rows == 3


def full_disk(ledger: Ledger, path: Path) -> None:
    with ledger._file.read() as db:
        db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
    for n in range(200):
        ledger.act("filler", "eve", {"n": n, "text": "x" * 500})


def locked(ledger: Ledger, path: Path) -> None:
    other = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(4, other.close).start()
    began = time.monotonic()
    try:
        ledger.open_turn("new", "anna", {})
    finally:
        assert time.monotonic() - began < 4


def deleted(ledger: Ledger, path: Path) -> None:
    path.unlink()
    ledger.open_turn("new", "anna", {})


def overwritten(ledger: Ledger, path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"garbage " * 512)
    ledger.open_turn("new", "anna", {})


def cut(ledger: Ledger, path: Path) -> None:
    ledger._file.empty_log()
    ledger.act("one", "eve", {})
    with path.open("r+b") as file:
        file.truncate(4096)
    ledger.open_turn("new", "anna", {})


def written_by_another(ledger: Ledger, path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("INSERT INTO row (seq, previous, hash, body) VALUES (7, '', '', '{}')")
        db.commit()
    ledger.open_turn("new", "anna", {})


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (full_disk, "disk is full"),
        (locked, "locked by another program"),
        (deleted, "moved, deleted or replaced"),
        (overwritten, "damaged"),
        (cut, "damaged"),
        (written_by_another, "another program"),
    ],
)
def test_without_a_record_there_is_no_turn(
    ledger: Ledger, path: Path, harm: Callable[[Ledger, Path], None], says: str
) -> None:
    fill(ledger)
    with pytest.raises(RecordUnavailable, match=says) as error:
        harm(ledger, path)
    assert "audit.db" in str(error.value) and "new" not in ledger._running


def test_it_works_again_when_the_disk_has_room(ledger: Ledger, path: Path) -> None:
    with pytest.raises(RecordUnavailable):
        full_disk(ledger, path)
    with ledger._file.read() as db:
        db.execute("PRAGMA max_page_count = 100000")
    fill(ledger)
    assert ledger.verify().ok


@pytest.mark.parametrize("content", [b"no database at all" * 100, b""])
def test_a_damaged_file_is_refused_at_the_start(path: Path, keys: KeyStore, content: bytes) -> None:
    path.write_bytes(content)
    if content:
        with pytest.raises(RecordUnavailable, match="damaged"):
            Ledger.open(path, keys)
    with pytest.raises(RecordUnavailable):
        verify_file(path)


def test_a_changed_tail_is_refused_at_the_start(ledger: Ledger, path: Path, keys: KeyStore) -> None:
    fill(ledger)
    ledger.close()
    forged(path, "UPDATE row SET body = replace(body, 'anna', 'bnna') WHERE seq = 5")
    with pytest.raises(RecordUnavailable, match="Row 5"):
        Ledger.open(path, keys)


def test_many_threads_write_one_chain(ledger: Ledger) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: ledger.act("act", "eve", {"n": n, "sealed": {"t": str(n)}}), range(100)))
    found = ledger.verify()
    assert found.ok and found.rows == 100
    assert sorted(row["row"]["n"] for row in ledger.rows()) == list(range(100))
    assert all(json.dumps(row) for row in ledger.rows())
