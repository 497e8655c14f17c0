"""The files as they came in, each once, under the SHA-256 of its bytes: ``<folder>/<sha256>``, mode 0600.

What a file is called, and who may read it, is known to the catalogue alone: nothing here checks rights. A file appears
under its name whole or not at all. Does not cover what a file system keeps of deleted blocks.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from assistant.errors import NotFound, StewardError

NAME = re.compile(r"[0-9a-f]{64}")
PART = ".part-"
BLOCK = 1024 * 1024


class Originals:
    """A folder of files by content."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def open(cls, folder: Path) -> Originals:
        """Open or make the folder; copies that were cut off by a crash are removed."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for rest in folder.glob(f"{PART}*"):
                rest.unlink()
        except OSError as error:
            raise StewardError(f"{folder} cannot be used: {error.strerror}. Give this user the right to it.") from None
        return cls(folder)

    def keep(self, path: Path) -> str:
        """Copy the file in, unless its bytes are there already; returns their SHA-256. Raises StewardError."""
        try:
            handle, name = tempfile.mkstemp(prefix=PART, dir=self._folder)  # made with mode 0600
            part = Path(name)
            try:
                digest = hashlib.sha256()
                with os.fdopen(handle, "wb") as target, path.open("rb") as source:
                    while block := source.read(BLOCK):
                        digest.update(block)
                        target.write(block)
                    target.flush()
                    os.fsync(target.fileno())
                part.replace(self._folder / digest.hexdigest())
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            raise StewardError(
                f"{path.name} cannot be kept: {error.strerror}. Check the disk and its rights."
            ) from None
        return digest.hexdigest()

    def path(self, digest: str) -> Path:
        """Where the file lies. Raises NotFound when it is not kept, or is no digest."""
        found = self._folder / digest
        if not NAME.fullmatch(digest) or not found.is_file():
            raise NotFound("The original file of this document is not kept.")
        return found

    def remove(self, digest: str) -> None:
        """Forget the file; an unknown one is no error."""
        if NAME.fullmatch(digest):
            (self._folder / digest).unlink(missing_ok=True)

    def keep_only(self, wanted: Iterable[str]) -> int:
        """Remove what is not among ``wanted``, as after a crash between two stores; returns how many went."""
        keep = frozenset(wanted)
        strays = [path for path in self._folder.iterdir() if NAME.fullmatch(path.name) and path.name not in keep]
        for path in strays:
            path.unlink(missing_ok=True)
        return len(strays)

    def everything(self) -> list[Path]:
        """Where every kept file lies."""
        return sorted(path for path in self._folder.iterdir() if NAME.fullmatch(path.name))
