"""What is made of documents, generation by generation: passages, their vectors, and the switch to the next one.

The current generation is searched. A re-index builds the next beside it, one document per transaction, so that a kill
costs the document it was at; what is superseded, expires or is removed meanwhile leaves both, and what is added or
changed is pending again. The switch is one transaction. What is left of an old generation is erased in small steps.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from assistant.store import shelf, words
from assistant.store.cards import understood_of
from assistant.store.database import SqliteFile
from assistant.store.shelf import Made, chunk_of
from assistant.values import Chunk, Understood, Vector

STEP = 20
"""Documents whose old passages are erased in one transaction."""


class Generations:
    """The passages of all documents. ``current`` is the generation that is searched."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self.current = int(self.setting("generation") or 1)

    @property
    def building(self) -> int:
        """The generation that is being built, or 0."""
        return int(self.setting("building") or 0)

    def setting(self, name: str) -> str:
        """A value that the index keeps about itself, or an empty string."""
        with self._file.read() as db:
            row = db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return "" if row is None else str(row["value"])

    def note(self, **values: object) -> None:
        """Keep such values, all or none."""
        with self._file.write() as db:
            _set(db, values)

    def passages(self, document_key: str) -> tuple[list[Chunk], dict[bytes, Vector]]:
        """The current passages of a document in order, and their vectors by the mark of what was encoded."""
        query = """SELECT body, encoded, vector FROM passage WHERE document_key = ? AND generation = ?
            ORDER BY position"""
        with self._file.look() as db:
            rows = db.execute(query, (document_key, self.current)).fetchall()
        known = {
            bytes(row["encoded"]): np.frombuffer(row["vector"], dtype=np.float32)
            for row in rows
            if row["encoded"] and row["vector"] is not None
        }
        return [chunk_of(row["body"]) for row in rows], known

    def content(self, document_key: str) -> tuple[str, Understood]:
        """The current whole text of a document, and what was understood of its file."""
        query = "SELECT text, understood FROM content WHERE document_key = ? AND generation = ?"
        with self._file.look() as db:
            row = db.execute(query, (document_key, self.current)).fetchone()
        return (row["text"], understood_of(row["understood"])) if row else ("", Understood())

    def named(self, vectors: Iterable[tuple[str, float]], audiences: Iterable[str]) -> list[tuple[str, float]]:
        """(chunk id, similarity) for (vector name, similarity); names of passages not searched now are left out."""
        pairs = dict(vectors)
        readable = sorted(set(audiences))
        query = f"""SELECT vector_name, passage.id FROM passage JOIN document ON key = document_key
            WHERE searched = 1 AND generation = ? AND vector_name IN ({", ".join("?" * len(pairs))})
            AND audience IN ({", ".join("?" * len(readable))})"""
        with self._file.look() as db:
            ids = {row[0]: str(row[1]) for row in db.execute(query, (self.current, *pairs, *readable))}
        return [(ids[name], likeness) for name, likeness in pairs.items() if name in ids]

    def vector_names(self, generation: int) -> dict[str, set[str]]:
        """By audience, the vectors of every passage that is searched and has one."""
        query = """SELECT audience, vector_name FROM passage JOIN document ON key = document_key
            WHERE searched = 1 AND generation = ? AND vector IS NOT NULL"""
        found: dict[str, set[str]] = {}
        with self._file.look() as db:
            for audience, name in db.execute(query, (generation,)):
                found.setdefault(audience, set()).add(name)
        return found

    def vectors(self, names: Sequence[str]) -> dict[str, Vector]:
        """The vectors of those ``names`` that are kept."""
        query = f"""SELECT vector_name, vector FROM passage
            WHERE vector IS NOT NULL AND vector_name IN ({", ".join("?" * len(names))})"""
        with self._file.look() as db:
            return {name: np.frombuffer(blob, dtype=np.float32) for name, blob in db.execute(query, list(names))}

    def without_vectors(self) -> dict[str, list[Chunk]]:
        """By document key, the searched passages that were never encoded."""
        query = """SELECT document_key, body FROM passage JOIN document ON key = document_key
            WHERE searched = 1 AND vector IS NULL AND generation = ? ORDER BY document_key, position"""
        found: dict[str, list[Chunk]] = {}
        with self._file.look() as db:
            for key, body in db.execute(query, (self.current,)):
                found.setdefault(key, []).append(chunk_of(body))
        return found

    def set_vectors(self, vectors: Mapping[str, Vector], encoded: Mapping[str, bytes]) -> None:
        """Keep the vectors of current passages, by chunk id."""
        with self._file.write() as db:
            db.executemany(
                "UPDATE passage SET vector = ?, encoded = ? WHERE id = ? AND generation = ?",
                [
                    (np.asarray(vector, dtype=np.float32).tobytes(), encoded[chunk_id], chunk_id, self.current)
                    for chunk_id, vector in vectors.items()
                ],
            )

    def pending(self, generation: int) -> list[tuple[str, str, bool]]:
        """(key, card, whether it is searched) of each document that ``generation`` lacks; searched ones first."""
        query = """SELECT key, card, searched FROM document WHERE key NOT IN (
            SELECT document_key FROM content WHERE generation = ?) ORDER BY searched DESC, key"""
        with self._file.look() as db:
            return [(row[0], row[1], bool(row[2])) for row in db.execute(query, (generation,))]

    def count(self, generation: int) -> int:
        """How many documents a generation holds."""
        with self._file.look() as db:
            query = "SELECT count(*) FROM content WHERE generation = ?"
            return int(db.execute(query, (generation,)).fetchone()[0])

    def build(self, document_key: str, card: str, generation: int, made: Made) -> bool:
        """Add what was made of a document to ``generation``; False when its card is another by now, or it is gone."""
        with self._file.write() as db:
            row = db.execute("SELECT card, searched, audience FROM document WHERE key = ?", (document_key,)).fetchone()
            if row is None or row["card"] != card or generation in shelf.generations_of(db, document_key):
                return False
            shelf.keep_made(db, document_key, generation, made)
            if row["searched"]:
                words.put_up(db, document_key, generation, row["audience"])
        return True

    def switch(self, generation: int, **settings: object) -> None:
        """Search ``generation`` from now on, and keep ``settings`` in the same transaction."""
        with self._file.write() as db:
            _set(db, {"generation": generation, "building": "", **settings})
        self.current = generation

    def erase_others(self) -> int:
        """Erase a few documents of generations neither current nor being built; returns how many. 0: none is left."""
        keep = (self.current, self.building or self.current)
        with self._file.write() as db:
            rows = db.execute(
                "SELECT document_key, generation FROM content WHERE generation NOT IN (?, ?) LIMIT ?", (*keep, STEP)
            ).fetchall()
            for key, generation in rows:
                audience = db.execute("SELECT audience FROM document WHERE key = ?", (key,)).fetchone()["audience"]
                words.take_down(db, key, generation, audience)
                db.execute("DELETE FROM passage WHERE document_key = ? AND generation = ?", (key, generation))
                db.execute("DELETE FROM content WHERE document_key = ? AND generation = ?", (key, generation))
            if not rows:
                db.execute("DELETE FROM shelf WHERE generation NOT IN (?, ?)", keep)
        if not rows:
            self._file.empty_log()
        return len(rows)


def _set(db: sqlite3.Connection, values: Mapping[str, object]) -> None:
    db.executemany("INSERT OR REPLACE INTO setting VALUES (?, ?)", [(name, str(v)) for name, v in values.items()])
