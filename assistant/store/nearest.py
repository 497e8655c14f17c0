"""The nearest passages to a vector: Chroma's folder in use, and the catalogue that knows what its names mean.

Chroma holds vectors under names that mean nothing outside the catalogue, so that neither its database nor its files
tell what was deleted. The catalogue holds every vector too: a folder that was lost, damaged or left behind by a
crash is made level with it without encoding anything. A new folder can be filled beside the one in use and takes its
place at once; the old one is deleted with all that was ever in it.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from assistant.errors import StewardError
from assistant.store.catalogue import Catalogue
from assistant.store.vectors import Vectors
from assistant.values import Vector

SPARE = 10
"""Vectors asked for beyond the limit: some may belong to passages that have just left the search."""
BATCH = 1000

Progress = Callable[[int, int], None]


class Nearest:
    """The vectors of the current generation. Safe to call from any thread."""

    def __init__(self, root: Path, catalogue: Catalogue, vectors: Vectors, number: int) -> None:
        self._root, self._catalogue = root, catalogue
        self._vectors, self._number = vectors, number
        self._readers = 0
        self._free = threading.Condition()

    @classmethod
    def open(cls, root: Path, catalogue: Catalogue, told: Callable[[str], None] = lambda line: None) -> Nearest:
        """Open or make the folder that is in use and remove every other; a damaged one is begun anew.

        The caller then calls ``level``. Raises StewardError when the folder cannot be written.
        """
        number = int(catalogue.generations.setting("folder") or 1)
        folder = root / str(number)
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for other in root.iterdir():
                if other != folder:
                    shutil.rmtree(other) if other.is_dir() else other.unlink()
        except OSError as error:
            raise StewardError(f"{root} cannot be used: {error.strerror}. Give this user the right to it.") from None
        try:
            vectors = Vectors.open(folder)
        except StewardError as error:
            told(f"{error} It is built anew now.")
            number += 1
            vectors = Vectors.open(root / str(number))
            catalogue.generations.note(folder=number)
            shutil.rmtree(folder, ignore_errors=True)
        return cls(root, catalogue, vectors, number)

    def add(self, audience: str, names: Sequence[str], vectors: Sequence[Vector]) -> None:
        """Add vectors under names that are new. Raises StewardError."""
        self._vectors.add(audience, names, vectors)

    def remove(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Remove (audience, name); what is not there is no error."""
        _remove(self._vectors, pairs)

    def search(self, audiences: Iterable[str], vector: Vector, limit: int) -> list[tuple[str, float]]:
        """(chunk id, cosine similarity) of the nearest passages over all ``audiences`` together, nearest first."""
        readable = tuple(audiences)
        with self._in_use() as vectors:
            found = vectors.search(readable, vector, limit + SPARE)
        return self._catalogue.generations.named(found, readable)[:limit]

    def count(self, audience: str) -> int:
        """How many vectors the audience holds."""
        return self._vectors.count(audience)

    def names(self, audience: str) -> set[str]:
        """The names of its vectors."""
        return self._vectors.names(audience)

    def level(self, progress: Progress | None = None) -> int:
        """Make the folder hold exactly the vectors that the catalogue searches; returns how many were off."""
        return self._level(self._vectors, self._catalogue.generations.current, progress)

    def beside(self) -> tuple[int, Vectors]:
        """A new folder, empty and not in use: its number and its vectors."""
        number = max((int(p.name) for p in self._root.iterdir() if p.name.isdigit()), default=self._number) + 1
        return number, Vectors.open(self._root / str(number))

    def fill(self, vectors: Vectors, generation: int, progress: Progress | None = None) -> int:
        """Make a folder beside level with ``generation``; to be called again right before the switch."""
        return self._level(vectors, generation, progress)

    def discard(self, number: int, vectors: Vectors) -> None:
        """Remove a folder beside that is not to be used after all."""
        vectors.close()
        shutil.rmtree(self._root / str(number), ignore_errors=True)

    def switch(self, number: int, vectors: Vectors) -> None:
        """Use the folder beside from now on and delete the old one. The caller has told the catalogue's settings."""
        with self._free:
            old, self._vectors = self._vectors, vectors
            gone, self._number = self._number, number
            self._free.wait_for(lambda: self._readers == 0, timeout=30)
        old.close()
        shutil.rmtree(self._root / str(gone), ignore_errors=True)

    def close(self) -> None:
        self._vectors.close()

    @contextmanager
    def _in_use(self) -> Iterator[Vectors]:
        with self._free:
            self._readers += 1
            vectors = self._vectors
        try:
            yield vectors
        finally:
            with self._free:
                self._readers -= 1
                self._free.notify_all()

    def _level(self, vectors: Vectors, generation: int, progress: Progress | None) -> int:
        off = 0
        self._catalogue.let_expire()
        wanted = self._catalogue.generations.vector_names(generation)
        total = sum(map(len, wanted.values()))
        done = 0
        off += vectors.keep_only(wanted)
        for audience, names in wanted.items():
            there = vectors.names(audience)
            strays, lacking = there - names, sorted(names - there)
            _remove(vectors, [(audience, name) for name in strays])
            done += len(names) - len(lacking)
            for at in range(0, len(lacking), BATCH):
                held = self._catalogue.generations.vectors(lacking[at : at + BATCH])
                vectors.add(audience, list(held), list(held.values()))
                done += len(held)
                if progress:
                    progress(done, total)
            off += len(strays) + len(lacking)
        return off


def _remove(vectors: Vectors, pairs: Iterable[tuple[str, str]]) -> None:
    by_audience: dict[str, list[str]] = {}
    for audience, name in pairs:
        by_audience.setdefault(audience, []).append(name)
    for audience, names in by_audience.items():
        vectors.remove(audience, names)
