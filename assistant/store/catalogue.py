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
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import NotFound
from assistant.store import cards, schema, shelf, spelling, words
from assistant.store.cards import EVERYTHING, Filter, Order, Page
from assistant.store.database import SqliteFile
from assistant.store.generations import Generations
from assistant.store.ranking import QUERY_TERMS, WORD, Terms, clean
from assistant.store.shelf import Left, Made, chunk_of, document_of
from assistant.store.words import WordHits
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
        self.generations = Generations(file)

    @classmethod
    def open(cls, path: Path) -> Catalogue:
        """Open or make the file. Raises StewardError."""
        return cls(SqliteFile.open(path, schema.migrations))

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
            shelf.keep_made(db, document.key, self.generations.current, made)
            left += shelf.arrange(db, document, self.generations.current)
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
            return cards.page(db, self.generations.current, audiences, given, order, offset, limit)

    def card(self, key: str, audiences: Iterable[str]) -> DocumentCard:
        """All that is told of one version. Raises NotFound like ``document``."""
        row = self._one("SELECT * FROM document WHERE key = ?", (key,), audiences)
        with self._file.look() as db:
            return cards.one(db, self.generations.current, row)

    def versions(self, document_id: str, audiences: Iterable[str]) -> list[DocumentCard]:
        """Every version of a document that may be read, newest first; empty where there is none."""
        with self._file.look() as db:
            return cards.versions(db, self.generations.current, audiences, document_id)

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
        return str(self._one(query, (key, self.generations.current), audiences)["text"])

    def chunk(self, chunk_id: str, audiences: Iterable[str]) -> tuple[Chunk, Document]:
        """A passage and its document version. Raises NotFound like ``document``."""
        query = """SELECT document.*, passage.body FROM passage JOIN document ON document.key = document_key
            WHERE passage.id = ? AND generation = ?"""
        row = self._one(query, (chunk_id, self.generations.current), audiences)
        return chunk_of(row["body"]), document_of(row["card"])

    def words(self, audiences: Iterable[str], query: str, limit: int) -> list[tuple[str, float]]:
        """(chunk id, BM25) of the passages that share words with ``query``, best first."""
        return [(hit.chunk_id, hit.score) for hit in self.matches(audiences, query, limit).hits]

    def matches(self, audiences: Iterable[str], query: str, limit: int, also: Sequence[str] = ()) -> WordHits:
        """The same with the terms of the question that each holds; passages ``also`` are scored in any case."""
        asked = self._terms.query(query)
        self.let_expire()
        with self._file.look() as db:
            among = words.shelves(db, self.generations.current, sorted(set(audiences)))
            return words.search(db, among, asked, limit, also)

    def corrected(self, audiences: Iterable[str], query: str) -> dict[str, str]:
        """Word to what was probably meant, for words of ``query`` that no passage of ``audiences`` holds."""
        asked = list(dict.fromkeys(WORD.findall(clean(query))))[:QUERY_TERMS]
        with self._file.look() as db:
            among = words.shelves(db, self.generations.current, sorted(set(audiences)))
            return spelling.corrected(db, among, self._terms, asked)

    def similarities(self, audiences: Iterable[str], vector: Vector, ids: Sequence[str]) -> dict[str, float]:
        """Cosine of ``vector`` to those passages of ``ids`` that have a vector and may be read."""
        rows = self._among("SELECT passage.id, vector, audience", ids, audiences)
        held = [(str(row["id"]), row["vector"]) for row in rows if row["vector"] is not None]
        if not held:
            return {}
        matrix = np.stack([np.frombuffer(blob, dtype=np.float32) for _, blob in held])
        lengths = np.linalg.norm(matrix, axis=1) * float(np.linalg.norm(vector))
        likeness = matrix @ np.asarray(vector, dtype=np.float32) / np.maximum(lengths, 1e-9)
        return {chunk_id: float(near) for (chunk_id, _), near in zip(held, likeness, strict=True)}

    def chunks(self, ids: Sequence[str], audiences: Iterable[str]) -> dict[str, tuple[Chunk, Document]]:
        """Passages that are searched now, with their document versions; those that may not be read are left out."""
        rows = self._among("SELECT passage.id, passage.body, document.card, audience", ids, audiences)
        return {str(row["id"]): (chunk_of(row["body"]), document_of(row["card"])) for row in rows}

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
            return [row[0] for row in db.execute(query, (document_key, self.generations.current))]

    def index_version(self) -> str:
        """Twelve hex digits that name the set of documents searched now."""
        self.let_expire()
        with self._file.look() as db:
            if not self._version:
                self._version = shelf.fingerprint(db, self.generations.current)
            return self._version

    def changed(self) -> None:
        """What is searched is another set now."""
        self._version = ""

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

    def _among(self, select: str, ids: Sequence[str], audiences: Iterable[str]) -> list[sqlite3.Row]:
        query = f"""{select} FROM passage JOIN document ON key = document_key
            WHERE searched = 1 AND generation = ? AND passage.id IN ({", ".join("?" * len(ids))})"""
        readable = frozenset(audiences)
        with self._file.look() as db:
            rows = db.execute(query, (self.generations.current, *ids)).fetchall()
        return [row for row in rows if row["audience"] in readable]

    def _column(self, query: str, value: str) -> list[str]:
        with self._file.look() as db:
            return [row[0] for row in db.execute(query, (value,))]
