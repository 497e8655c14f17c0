"""Documents, their whole text and passages, and one word index per audience.

A reader's search touches the shelves of the reader's audiences and no other, and its statistics are those of that
corpus alone: neither results nor scores tell of documents that the reader may not see. Superseded and expired
versions leave the search; they stay readable by key for the citations of old answers. Everything is read in the
current generation; ``generations.py`` builds the next one beside it and switches. What an audience may be read by is
decided by the caller.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import NotFound
from assistant.store import cards, schema, shelf, words
from assistant.store.cards import EVERYTHING, Filter, Order, Page
from assistant.store.database import SqliteFile
from assistant.store.ranking import Terms, clean
from assistant.store.shelf import Left, Made, chunk_of, document_of
from assistant.values import Added, Chunk, Document, DocumentCard, Understood, Vector

NOT_KNOWN, NOT_ADDED = Understood(), Added()
NOT_READABLE = "This document does not exist, or is not for you."


def new_name() -> str:
    """A name for a vector that tells nothing and is never used again."""
    return secrets.token_hex(12)


class Catalogue:
    """The documents of the company, by audience."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._terms = Terms()
        self._version = ""
        self._generation = int(self.setting("generation") or 1)

    @classmethod
    def open(cls, path: Path) -> Catalogue:
        """Open or make the file. Raises StewardError."""
        return cls(SqliteFile.open(path, schema.migrations))

    @property
    def generation(self) -> int:
        """The generation that is searched now."""
        return self._generation

    def made(
        self,
        title: str,
        text: str,
        chunks: Sequence[Chunk],
        vectors: Sequence[Vector] = (),
        encoded: Sequence[bytes] = (),
        understood: Understood = NOT_KNOWN,
    ) -> Made:
        """Text and passages ready to be put, each passage with a fresh name for its vector."""
        terms = [self._terms.weighted(title, " > ".join(each.heading), each.text) for each in chunks]
        names = [new_name() for _ in chunks]
        nothing = (b"",) * len(chunks)
        return Made(text, chunks, terms, names, vectors or (None,) * len(chunks), encoded or nothing, understood)

    def put(self, document: Document, made: Made, added: Added = NOT_ADDED) -> Left:
        """Add a version of a document, or replace the same key. Older versions are superseded.

        Returns the vectors that left the search, for whoever keeps them. A version that is older than the current
        one is kept as superseded. ``Left.searchable`` says whether this one is searched now.
        """
        with self._file.write() as db:
            before = self._original(db, document.key)
            left, replaced = shelf.take_out(db, document.key)
            shelf.keep(db, document, added)
            shelf.keep_made(db, document.key, self._generation, made)
            left += shelf.arrange(db, document, self._generation)
            unused = shelf.unused(db, before)
            self._version = ""
            row = db.execute("SELECT searched FROM document WHERE key = ?", (document.key,)).fetchone()
        if replaced:
            self._file.empty_log()
        return Left(tuple(left), bool(row["searched"]), unused)

    def remove(self, document_key: str) -> Left:
        """Erase one version with its text and index entries; an older one does not come back. Raises NotFound."""
        with self._file.write() as db:
            before = self._original(db, document_key)
            left, found = shelf.take_out(db, document_key)
            unused = shelf.unused(db, before)
            self._version = ""
        if not found:
            raise NotFound("This document does not exist.")
        self._file.empty_log()
        return Left(tuple(left), False, unused)

    def documents(self, audiences: Iterable[str]) -> list[Document]:
        """Current versions by title; expired ones too (they say so themselves), superseded ones not."""
        rows = self._rows("SELECT * FROM document WHERE superseded = 0 ORDER BY title, key", audiences)
        return [document_of(row["card"]) for row in rows]

    def document(self, key: str, audiences: Iterable[str]) -> Document:
        """One version, superseded or not. Raises NotFound when its audience is not among ``audiences``."""
        return document_of(self._one("SELECT * FROM document WHERE key = ?", (key,), audiences)["card"])

    def page(
        self,
        audiences: Iterable[str],
        given: Filter = EVERYTHING,
        *,
        order: Order = "title",
        offset: int = 0,
        limit: int = 50,
    ) -> Page:
        """Some cards of the list, and how many there are in all."""
        with self._file.look() as db:
            return cards.page(db, self._generation, audiences, given, order, offset, limit)

    def card(self, key: str, audiences: Iterable[str]) -> DocumentCard:
        """All that is told of one version. Raises NotFound like ``document``."""
        row = self._one("SELECT * FROM document WHERE key = ?", (key,), audiences)
        with self._file.look() as db:
            return cards.one(db, self._generation, row)

    def versions(self, document_id: str, audiences: Iterable[str]) -> list[DocumentCard]:
        """Every version of a document that may be read, newest first; empty where there is none."""
        with self._file.look() as db:
            return cards.versions(db, self._generation, audiences, document_id)

    def counts(self, audiences: Iterable[str]) -> dict[str, int]:
        """How many versions are in each state."""
        with self._file.look() as db:
            return cards.counts(db, audiences)

    def owners(self, audiences: Iterable[str]) -> list[str]:
        """Who keeps the documents that may be read."""
        with self._file.look() as db:
            return cards.owners(db, audiences)

    def original(self, key: str, audiences: Iterable[str]) -> Added:
        """How the version came in and what its file is called in ``originals``. Raises NotFound like ``document``."""
        return cards.added_of(self._one("SELECT * FROM document WHERE key = ?", (key,), audiences))

    def text(self, key: str, audiences: Iterable[str]) -> str:
        """Its whole text. Raises NotFound like ``document``."""
        query = """SELECT audience, content.text FROM document JOIN content ON document_key = key
            WHERE key = ? AND generation = ?"""
        return str(self._one(query, (key, self._generation), audiences)["text"])

    def chunk(self, chunk_id: str, audiences: Iterable[str]) -> tuple[Chunk, Document]:
        """A passage and its document version. Raises NotFound like ``document``."""
        query = """SELECT document.*, passage.body FROM passage JOIN document ON document.key = document_key
            WHERE passage.id = ? AND generation = ?"""
        row = self._one(query, (chunk_id, self._generation), audiences)
        return chunk_of(row["body"]), document_of(row["card"])

    def words(self, audiences: Iterable[str], query: str, limit: int) -> list[tuple[str, float]]:
        """(chunk id, BM25) of the passages that share words with ``query``, best first."""
        asked = self._terms.query(query)
        self.let_expire()
        with self._file.look() as db:
            among = words.shelves(db, self._generation, sorted(set(audiences)))
            return words.search(db, among, asked, limit)

    def named(self, vectors: Iterable[tuple[str, float]], audiences: Iterable[str]) -> list[tuple[str, float]]:
        """(chunk id, similarity) for (vector name, similarity); names of passages not searched now are left out."""
        pairs = dict(vectors)
        readable = sorted(set(audiences))
        names = [*pairs]
        query = f"""SELECT vector_name, passage.id FROM passage JOIN document ON key = document_key
            WHERE searched = 1 AND generation = ? AND vector_name IN ({", ".join("?" * len(names))})
            AND audience IN ({", ".join("?" * len(readable))})"""
        with self._file.look() as db:
            ids = {row[0]: str(row[1]) for row in db.execute(query, (self._generation, *names, *readable))}
        return [(ids[name], likeness) for name, likeness in pairs.items() if name in ids]

    def vector_names(self, generation: int) -> dict[str, set[str]]:
        """By audience, the vectors of every passage that is searched and has one."""
        self.let_expire()
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
        """By document key, the passages of the current generation that were never encoded."""
        query = """SELECT document_key, body FROM passage WHERE vector IS NULL AND generation = ?
            ORDER BY document_key, position"""
        found: dict[str, list[Chunk]] = {}
        with self._file.look() as db:
            for key, body in db.execute(query, (self._generation,)):
                found.setdefault(key, []).append(chunk_of(body))
        return found

    def passages(self, document_key: str, generation: int | None = None) -> tuple[list[Chunk], dict[bytes, Vector]]:
        """Its passages in order, and their vectors by the mark of what was encoded."""
        query = """SELECT body, encoded, vector FROM passage WHERE document_key = ? AND generation = ?
            ORDER BY position"""
        with self._file.look() as db:
            rows = db.execute(query, (document_key, generation or self._generation)).fetchall()
        known = {
            bytes(row["encoded"]): np.frombuffer(row["vector"], dtype=np.float32)
            for row in rows
            if row["encoded"] and row["vector"] is not None
        }
        return [chunk_of(row["body"]) for row in rows], known

    def set_vectors(self, vectors: Mapping[str, Vector], encoded: Mapping[str, bytes]) -> None:
        """Keep the vectors of passages of the current generation, by chunk id."""
        with self._file.write() as db:
            db.executemany(
                "UPDATE passage SET vector = ?, encoded = ? WHERE id = ? AND generation = ?",
                [
                    (np.asarray(vector, dtype=np.float32).tobytes(), encoded[chunk_id], chunk_id, self._generation)
                    for chunk_id, vector in vectors.items()
                ],
            )

    def is_searched(self, document_key: str) -> bool:
        """Whether this version takes part in searches: neither superseded nor expired."""
        self.let_expire()
        with self._file.look() as db:
            row = db.execute("SELECT searched FROM document WHERE key = ?", (document_key,)).fetchone()
        return row is not None and bool(row["searched"])

    def by_hash(self, content_hash: str) -> list[str]:
        """Keys of the versions made from exactly this content."""
        return self._column("SELECT key FROM document WHERE content_hash = ? ORDER BY key", content_hash)

    def by_source(self, source_name: str) -> list[Document]:
        """The versions that were made from a file of this name, current ones first."""
        query = "SELECT card FROM document WHERE source_name = ? ORDER BY superseded, key DESC"
        return [document_of(card) for card in self._column(query, source_name)]

    def by_original(self, digest: str, audiences: Iterable[str]) -> list[Document]:
        """The documents that were made from the same bytes and may be read."""
        with self._file.look() as db:
            query = "SELECT * FROM document WHERE original = ? AND superseded = 0 ORDER BY key"
            rows = db.execute(query, (digest,)).fetchall()
        readable = frozenset(audiences)
        return [document_of(row["card"]) for row in rows if row["audience"] in readable]

    def originals(self) -> set[str]:
        """Every original that a document is made of."""
        return set(self._column("SELECT DISTINCT original FROM document WHERE original != ?", ""))

    def chunk_ids(self, document_key: str) -> list[str]:
        """Its passages in order."""
        query = "SELECT id FROM passage WHERE document_key = ? AND generation = ? ORDER BY position"
        with self._file.look() as db:
            return [row[0] for row in db.execute(query, (document_key, self._generation))]

    def index_version(self) -> str:
        """Twelve hex digits that name the set of documents searched now."""
        self.let_expire()
        with self._file.look() as db:
            if not self._version:
                self._version = shelf.fingerprint(db, self._generation)
            return self._version

    def setting(self, name: str) -> str:
        """A value that the index keeps about itself, or an empty string."""
        with self._file.read() as db:
            row = db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return "" if row is None else str(row["value"])

    def set(self, **values: Any) -> None:
        """Keep such values, all or none."""
        with self._file.write() as db:
            db.executemany("INSERT OR REPLACE INTO setting VALUES (?, ?)", [(n, str(v)) for n, v in values.items()])

    def let_expire(self) -> None:
        """Take documents that expired since the last call out of the search; cheap when there is none."""
        today = date.today().isoformat()
        query = "SELECT key FROM document WHERE searched = 1 AND expires < ?"
        with self._file.look() as db:
            due = db.execute(query, (today,)).fetchone()
        if due:
            with self._file.write() as db:
                for row in db.execute(query, (today,)).fetchall():
                    shelf.stop_searching(db, row["key"])
                self._version = ""

    @property
    def file(self) -> SqliteFile:
        """For the other parts of ``store`` that work on the same tables."""
        return self._file

    def close(self) -> None:
        self._file.close()
        self._terms.close()

    def _original(self, db: sqlite3.Connection, key: str) -> list[str]:
        return [row[0] for row in db.execute("SELECT original FROM document WHERE key = ?", (key,))]

    def _rows(self, query: str, audiences: Iterable[str]) -> list[sqlite3.Row]:
        readable = frozenset(audiences)
        with self._file.look() as db:
            return [row for row in db.execute(query) if row["audience"] in readable]

    def _one(self, query: str, values: tuple[Any, ...], audiences: Iterable[str]) -> sqlite3.Row:
        with self._file.look() as db:
            row: sqlite3.Row | None = db.execute(query, (clean(values[0]), *values[1:])).fetchone()
        if row is None or row["audience"] not in frozenset(audiences):
            raise NotFound(NOT_READABLE)
        return row

    def _column(self, query: str, value: str) -> list[str]:
        with self._file.look() as db:
            return [row[0] for row in db.execute(query, (value,))]
