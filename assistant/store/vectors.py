"""The vectors of passages: one Chroma collection per audience, so that a search cannot reach another audience's.

Chroma gets ids and vectors, never text, and what it gives back names passages that the catalogue then has to
grant. Collection names are hashes of audience names given by the server; a name that nobody added to has none.
Whatever breaks in Chroma is raised as one StewardError that says that the index is built anew: nothing in this
folder is lost with it, because the catalogue keeps every vector. Does not cover damage inside
Chroma's files that leaves their sizes as they were and that Chroma itself does not notice.
"""

from __future__ import annotations

import hashlib
import json
import struct
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings

from assistant.errors import StewardError
from assistant.values import Vector

BATCH = 1000
LIST_BATCH = 10_000
HEADER = struct.Struct("<iQQQ")
COUNT = 3
"""Of a collection's header.bin: version, offset, vectors that there is room for, vectors that are there."""
LIST = "files.json"


class Vectors:
    """Every audience's vectors. Safe to call from any thread; close it before the folder is opened again."""

    def __init__(self, folder: Path, client: Any) -> None:
        self._folder, self._client = folder, client
        self._lock = threading.Lock()
        self._collections = {found.name: found for found in client.list_collections()}
        for collection in self._collections.values():
            self._probe(collection)

    @classmethod
    def open(cls, folder: Path) -> Vectors:
        """Open or make the index; a folder that is missing or empty is an empty index.

        Raises StewardError when it is damaged, with what to do.
        """
        with _told(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_files(folder)
            client = _client(folder)
            try:
                return cls(folder, client)
            except BaseException:
                client.close()
                raise

    def add(self, audience: str, ids: Sequence[str], vectors: Sequence[Vector] | Vector) -> None:
        """Add vectors [n, d] or replace those of the same ids. Raises StewardError; ValueError on wrong shapes."""
        matrix = np.asarray(vectors, dtype=np.float32)
        if not ids:
            return
        if matrix.ndim != 2 or len(matrix) != len(ids) or not np.isfinite(matrix).all():
            raise ValueError(f"expected {len(ids)} finite vectors, got an array of shape {matrix.shape}")
        with _told(self._folder), self._lock:
            name = _name(audience)
            collection = self._collections.get(name) or self._client.get_or_create_collection(
                name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
            )
            for at in range(0, len(ids), BATCH):
                collection.upsert(ids=list(ids[at : at + BATCH]), embeddings=matrix[at : at + BATCH])
                if at == 0 and name not in self._collections:
                    _blank(self._folder)
            self._collections[name] = collection
            _note_files(self._folder)

    def remove(self, audience: str, ids: Sequence[str]) -> None:
        """Remove vectors; unknown ids are no error."""
        collection = self._collections.get(_name(audience))
        if collection is None:
            return
        with _told(self._folder), self._lock:
            for at in range(0, len(ids), BATCH):
                collection.delete(ids=list(ids[at : at + BATCH]))

    def search(self, audiences: Iterable[str], vector: Vector, limit: int) -> list[tuple[str, float]]:
        """(chunk id, cosine similarity) of the nearest passages over all ``audiences`` together, nearest first."""
        found: list[tuple[str, float]] = []
        for audience in sorted(set(audiences)):
            collection = self._collections.get(_name(audience))
            if collection is None or limit < 1:
                continue
            with _told(self._folder):
                answer = collection.query(
                    query_embeddings=np.asarray(vector, dtype=np.float32).reshape(1, -1),
                    n_results=limit,
                    include=["distances"],
                )
            distances = answer["distances"] or [[]]
            found += [(i, 1.0 - d) for i, d in zip(answer["ids"][0], distances[0], strict=True)]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:limit]

    def vectors(self, audience: str, ids: Sequence[str]) -> dict[str, Vector]:
        """The vectors of those ``ids`` that the audience holds."""
        collection = self._collections.get(_name(audience))
        if collection is None or not ids:
            return {}
        with _told(self._folder):
            answer = collection.get(ids=list(ids), include=["embeddings"])
        rows = answer["embeddings"]
        return {} if rows is None else dict(zip(answer["ids"], np.asarray(rows, dtype=np.float32), strict=True))

    def names(self, audience: str) -> set[str]:
        """The ids of all vectors of the audience."""
        collection = self._collections.get(_name(audience))
        if collection is None:
            return set()
        found: set[str] = set()
        with _told(self._folder):
            while page := collection.get(limit=LIST_BATCH, offset=len(found), include=[])["ids"]:
                found.update(page)
        return found

    def keep_only(self, audiences: Iterable[str]) -> int:
        """Empty the collections of every other audience; returns how many vectors went."""
        known = {_name(audience) for audience in audiences}
        gone = 0
        for name in self._collections.keys() - known:
            with _told(self._folder), self._lock:
                gone += int(self._collections[name].count())
                self._client.delete_collection(name)
                del self._collections[name]
        return gone

    def count(self, audience: str) -> int:
        """How many vectors the audience holds."""
        collection = self._collections.get(_name(audience))
        if collection is None:
            return 0
        with _told(self._folder):
            return int(collection.count())

    def close(self) -> None:
        """Let go of the folder; a second call does nothing."""
        with self._lock:
            self._client.close()
            self._collections = {}
            if self._folder.is_dir():
                _note_files(self._folder)

    def _probe(self, collection: Any) -> None:
        """Make Chroma load the collection now, so that damage shows at the start and not in a turn."""
        first = collection.get(limit=1, include=["embeddings"])
        if first["ids"] and not collection.query(query_embeddings=first["embeddings"], n_results=1)["ids"][0]:
            raise OSError("a collection has lost its vectors")


def _client(folder: Path) -> Any:
    """Chroma's client, which has the ``close`` that its declared type lacks."""
    try:
        return chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))
    except BaseException:  # a start that failed half-way stays in Chroma's list and would be handed out again
        for known in (SharedSystemClient._identifier_to_system, SharedSystemClient._identifier_to_refcount):
            known.pop(str(folder), None)
        raise


def _blank(folder: Path) -> None:
    """Overwrite the blocks of collections that were never written out.

    Chroma writes a new collection's block as it got it from memory: vectors of deleted documents were found in it
    (tried on 1.5.9). Nothing reads it before it is written again with as many vectors as its header then counts.
    """
    for header in folder.glob("*/header.bin"):
        counted = HEADER.unpack(header.read_bytes()[: HEADER.size])[COUNT]
        if counted == 0:
            for name in ("data_level0.bin", "length.bin"):
                path = header.with_name(name)
                with path.open("r+b") as file:
                    file.write(bytes(path.stat().st_size))


def _name(audience: str) -> str:
    return "audience-" + hashlib.sha256(audience.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _note_files(folder: Path) -> None:
    """Keep which files Chroma has: it answers from half an index, or dies, when one was cut or lost.

    The size is kept for the one file that only ever grows; of the others, that they are not empty.
    """
    files = {str(path.relative_to(folder)): path.stat().st_size for path in folder.glob("*/*.bin")}
    sizes = {name: size if name.endswith("data_level0.bin") else min(size, 1) for name, size in files.items()}
    text = json.dumps(sizes | {"chroma.sqlite3": 1})
    fresh = folder / f"{LIST}.new"
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(folder / LIST)


def _check_files(folder: Path) -> None:
    try:
        expected: dict[str, int] = json.loads((folder / LIST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    for name, size in expected.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size < size:
            raise OSError(f"{name} is missing or cut short")


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Turn what Chroma raises into a sentence; a panic in its native code is no Exception."""
    try:
        yield
    except (StewardError, GeneratorExit, KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:
        raise StewardError(
            f"The search index in {folder} is missing or damaged ({_short(error)}). Nothing is lost: the next start "
            "of Steward builds it anew from the stored documents."
        ) from error


def _short(error: BaseException) -> str:
    while error.__context__ is not None:  # the first thing that went wrong says most
        error = error.__context__
    return " ".join(str(error).split())[:160] or type(error).__name__
