"""Documents that are nearly the same: MinHash over shingles of five words (Broder 1997).

A sketch is 128 minima; two documents share a band of four with probability likeness⁴ per band, so that documents of a
likeness over ``ALIKE`` are found among any number of others by an index look-up. The likeness told is the
estimate from the whole sketches, with a standard error of about 0.03 at 0.9. Does not find a short text in a long one.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from assistant.store.catalogue import Catalogue
from assistant.values import Duplicate

SHINGLE = 5
HASHES = 128
ROWS = 4
ALIKE = 0.75
PRIME = np.uint64((1 << 31) - 1)
BLOCK = 4096

Sketch = NDArray[np.uint32]

_A, _B = np.random.default_rng(20261125).integers(1, int(PRIME), (2, HASHES), dtype=np.uint64)
"""The 128 hash functions (a * x + b) mod PRIME: fixed, because sketches are kept."""


def sketch_of(text: str) -> Sketch:
    """128 minima over the hashed shingles of ``text``; a text without words has the largest there is."""
    words = np.array([zlib.crc32(word.encode("utf-8", "replace")) for word in text.casefold().split()], dtype=np.uint64)
    if len(words) == 0:
        return np.full(HASHES, np.iinfo(np.uint32).max, dtype=np.uint32)
    size = min(SHINGLE, len(words))
    shingles = np.zeros(len(words) - size + 1, dtype=np.uint64)
    for at in range(size):
        shingles = (shingles * np.uint64(1_000_003) + words[at : at + len(shingles)]) % PRIME
    lowest = np.full(HASHES, PRIME, dtype=np.uint64)
    for start in range(0, len(shingles), BLOCK):
        block = np.unique(shingles[start : start + BLOCK])
        lowest = np.minimum(lowest, ((_A[:, None] * block + _B[:, None]) % PRIME).min(axis=1))
    return lowest.astype(np.uint32)


class Likeness:
    """The sketches of all documents, in the catalogue's file."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._file = catalogue.file

    def keep(self, document_key: str, sketch: Sketch) -> None:
        """Remember the sketch of a version; one that is gone meanwhile is left out."""
        with self._file.write() as db:
            if db.execute("SELECT 1 FROM document WHERE key = ?", (document_key,)).fetchone() is None:
                return
            db.execute("INSERT OR REPLACE INTO sketch VALUES (?, ?)", (document_key, sketch.tobytes()))
            db.execute("DELETE FROM likeness WHERE document_key = ?", (document_key,))
            db.executemany("INSERT INTO likeness VALUES (?, ?)", [(document_key, band) for band in _bands(sketch)])

    def like(self, sketch: Sketch, document_id: str, audiences: Iterable[str]) -> tuple[Duplicate, ...]:
        """Current versions of other documents that may be read and are nearly the same, most alike first."""
        bands = _bands(sketch)
        readable = sorted(set(audiences))
        query = f"""SELECT DISTINCT key, title, hashes FROM likeness JOIN document ON key = likeness.document_key
            JOIN sketch ON sketch.document_key = key
            WHERE band IN ({", ".join("?" * len(bands))}) AND id != ? AND superseded = 0
            AND audience IN ({", ".join("?" * len(readable))})"""
        with self._file.look() as db:
            rows = db.execute(query, (*bands, document_id, *readable)).fetchall()
        found = [
            Duplicate(row["key"], row["title"], round(alike(sketch, np.frombuffer(row["hashes"], dtype=np.uint32)), 2))
            for row in rows
        ]
        return tuple(sorted((d for d in found if d.likeness >= ALIKE), key=lambda d: (-d.likeness, d.document_key)))

    def of(self, document_key: str, audiences: Iterable[str]) -> tuple[Duplicate, ...]:
        """What is nearly the same as a document that is there."""
        document = self._catalogue.document(document_key, audiences)
        with self._file.look() as db:
            row = db.execute("SELECT hashes FROM sketch WHERE document_key = ?", (document_key,)).fetchone()
        if row is None:
            return ()
        return self.like(np.frombuffer(row["hashes"], dtype=np.uint32), document.id, audiences)


def alike(one: Sketch, other: Sketch) -> float:
    """The estimated share of common shingles, 0 to 1."""
    return float(np.mean(one == other))


def _bands(sketch: Sketch) -> list[int]:
    """One number per band of rows: equal rows, equal number."""
    return [
        int.from_bytes(hashlib.blake2b(bytes([at]) + sketch[at : at + ROWS].tobytes(), digest_size=7).digest(), "big")
        for at in range(0, HASHES, ROWS)
    ]
