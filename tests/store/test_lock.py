from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.errors import DataFolderInUse, StewardError
from assistant.store.lock import DataLock, owner

ROOT = Path(__file__).resolve().parents[2]


def test_a_second_process_is_told_whose_folder_it_is(tmp_path: Path) -> None:
    lock = DataLock.acquire(tmp_path / "var")
    assert (tmp_path / "var").stat().st_mode & 0o077 == 0
    code = "import sys, pathlib, assistant.store.lock as lock; lock.DataLock.acquire(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(tmp_path / "var")]
    other = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert other.returncode != 0
    assert f"process {os.getpid()}" in other.stderr
    assert owner(tmp_path / "var") == os.getpid()
    lock.release()
    assert owner(tmp_path / "var") is None
    DataLock.acquire(tmp_path / "var").release()


def test_one_process_cannot_take_it_twice(tmp_path: Path) -> None:
    lock = DataLock.acquire(tmp_path)
    with pytest.raises(DataFolderInUse):
        DataLock.acquire(tmp_path)
    lock.release()
    lock.release()


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file")
    with pytest.raises(StewardError, match="STEWARD_DATA_DIR"):
        DataLock.acquire(tmp_path / "var")
