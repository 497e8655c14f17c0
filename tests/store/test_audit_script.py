from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.store.keys import KeyStore
from assistant.store.ledger import Ledger
from assistant.store.lock import DataLock

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    keys = KeyStore.open(tmp_path / "var" / "keys")
    ledger = Ledger.open(tmp_path / "audit.db", keys)
    ledger.open_turn("t1", "anna", {})
    ledger.close_turn("t1", "anna", {"outcome": "answered", "sealed": {"question": "Plum"}})
    ledger.open_turn("t2", "anna", {})
    shutil.copytree(tmp_path, tmp_path / "copy", ignore=shutil.ignore_patterns("*-shm", "keys"))
    ledger.close()
    keys.close()
    return tmp_path


def audit(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {"STEWARD_DATA_DIR": str(place / "var"), "STEWARD_AUDIT_DB": str(place / "audit.db")}
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "audit.py"), *words],
        env={**os.environ, **environ},
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )


def test_verify_exits_0_only_for_an_intact_and_complete_record(place: Path) -> None:
    assert audit(place, "verify").returncode == 1
    lock = DataLock.acquire(place / "var")
    live = audit(place, "verify")
    assert (live.returncode, "1 turns are being answered" in live.stdout) == (0, True)
    lock.release()
    Ledger.open(place / "audit.db", KeyStore.open(place / "var" / "keys")).close()
    good = audit(place, "verify")
    assert good.returncode == 0 and "intact" in good.stdout and "complete" in good.stdout
    with (place / "audit.db").open("r+b") as file:
        at = file.read().index(b'"outcome":"answered"')
        file.seek(at)
        file.write(b'"outcome":"refused!"')
    bad = audit(place, "verify")
    assert bad.returncode == 1 and "row 2 was changed" in bad.stdout


def test_verify_reads_a_copy_without_keys_and_leaves_it_as_it_was(place: Path) -> None:
    copy = place / "copy"
    before = {file.name: file.read_bytes() for file in copy.iterdir() if file.is_file()}
    assert "audit.db-wal" in before, "the copy of a record in use has rows in its log only"
    found = audit(place, "verify", "--db", str(copy / "audit.db"))
    assert found.returncode == 1 and "intact" in found.stdout and "no closing row: t2" in found.stdout
    assert {file.name: file.read_bytes() for file in copy.iterdir() if file.is_file()} == before
    missing = audit(place, "verify", "--db", str(copy / "nothing.db"))
    assert missing.returncode == 2 and "There is no record" in missing.stderr
    assert not (copy / "nothing.db").exists()


def test_show_opens_a_turn_with_the_keys_and_says_so_without(place: Path) -> None:
    assert "Plum" in audit(place, "show", "t1").stdout
    assert audit(place, "show", "t9").returncode == 1
    shutil.rmtree(place / "var" / "keys")
    without = audit(place, "show", "t1")
    assert without.returncode == 0 and "keys are not here" in without.stdout
    assert "verify" in audit(place, "--help").stdout
