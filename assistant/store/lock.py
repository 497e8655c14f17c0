"""One process owns the data folder.

A second process that opens the same Chroma folder misses what the first one adds and still returns what it deleted,
so two programs on one folder are refused. The lock is the kernel's (flock): it is gone with its process, however
that ends. Does not cover a folder that two machines share over a network file system without flock.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from assistant.errors import DataFolderInUse, StewardError


class DataLock:
    """Holds ``data_dir/lock`` until ``release`` or the end of the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def acquire(cls, data_dir: Path) -> DataLock:
        """Make the folder (for this user only) if needed and own it. Raises DataFolderInUse, StewardError."""
        try:
            data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StewardError(
                f"The data folder {data_dir} cannot be used: {error.strerror}. "
                "Give this user the right to write it, or set STEWARD_DATA_DIR to another folder."
            ) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pid = _pid(descriptor)
            os.close(descriptor)
            raise DataFolderInUse(
                f"The data folder {data_dir} is in use by another Steward (process {pid or 'unknown'}). "
                "Stop that one first, or set STEWARD_DATA_DIR to another folder."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return cls(descriptor)

    def release(self) -> None:
        """Give the folder back; a second call does nothing."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1


def owner(data_dir: Path) -> int | None:
    """Process id of the Steward that owns ``data_dir`` now, or None. Makes nothing and takes nothing."""
    try:
        descriptor = os.open(data_dir / "lock", os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _pid(descriptor) or -1
    finally:
        os.close(descriptor)
    return None


def _pid(descriptor: int) -> int | None:
    text = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
    return int(text) if text.isdigit() else None
