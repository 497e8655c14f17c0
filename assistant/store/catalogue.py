"""Documents, their whole text and passages, and one full-text index per audience.

A reader's search touches the tables of the reader's audiences and no other, and its statistics are those of that
corpus alone: neither results nor scores tell of documents that the reader may not see. Superseded and expired
versions leave the search; they stay readable by key for the citations of old answers. Table names come from
numbers given here, never from a request. What an audience may be read by is decided by the caller.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from assistant.errors import NotFound
from assistant.store import shelf
from assistant.store.database import SqliteFile
from assistant.store.ranking import Corpus, Terms, clean, match, rare, score
from assistant.store.shelf import Left, chunk_of, document_of
from assistant.values import Chunk, Document

SPARE = 10
"""Candidates taken from each audience's index beyond the limit: its own ranking is not yet the reader's."""

NOT_READABLE = "This document does not exist, or is not for you."


class Catalogue:
    """The documents of the company, by audience."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._terms = Terms()
        self._sizes: dict[int, tuple[int, float]] = {}
        self._version = ""

    @classmethod
    def open(cls, path: Path) -> Catalogue:
        """Open or make the file. Raises StewardError."""
        return cls(SqliteFile.open(path, shelf.migrations))

    def put(self, document: Document, text: str, chunks: Sequence[Chunk]) -> Left:
        """Add a version of a document, or replace the same key. Older versions are superseded.

        Returns the passages that left the search, for whoever keeps their vectors. A version that is older than
        the current one is kept as superseded. ``Left.searchable`` says whether this one is searched now.
        """
        heads = [" > ".join(chunk.heading) for chunk in chunks]
        terms = [self._terms.weighted(document.title, h, c.text) for h, c in zip(heads, chunks, strict=True)]
        with self._file.write() as db:
            left, replaced = shelf.take_out(db, document.key)
            shelf.keep(db, document, clean(text))
            for chunk, heading, weighted in zip(chunks, heads, terms, strict=True):
                shelf.keep_chunk(db, chunk, heading, weighted)
            left += shelf.arrange(db, document)
            self._changed()
        if replaced:
            self._file.empty_log()
        kept = {(document.audience, chunk.id) for chunk in chunks}
        return Left(tuple(pair for pair in left if pair not in kept), self.is_searched(document.key))

    def remove(self, document_key: str) -> Left:
        """Erase one version with its text and index entries; an older one does not come back. Raises NotFound."""
        with self._file.write() as db:
            left, found = shelf.take_out(db, document_key)
            self._changed()
        if not found:
            raise NotFound("This document does not exist.")
        self._file.empty_log()
        return Left(tuple(left), False)

    def documents(self, audiences: Iterable[str]) -> list[Document]:
        """Current versions by title; expired ones too (they say so themselves), superseded ones not."""
        rows = self._rows("SELECT * FROM document WHERE superseded = 0 ORDER BY title, key", audiences)
        return [document_of(row["card"]) for row in rows]

    def document(self, key: str, audiences: Iterable[str]) -> Document:
        """One version, superseded or not. Raises NotFound when its audience is not among ``audiences``."""
        return document_of(self._one("SELECT * FROM document WHERE key = ?", key, audiences)["card"])

    def text(self, key: str, audiences: Iterable[str]) -> str:
        """Its whole text. Raises NotFound like ``document``."""
        return str(self._one("SELECT audience, text FROM document WHERE key = ?", key, audiences)["text"])

    def chunk(self, chunk_id: str, audiences: Iterable[str]) -> tuple[Chunk, Document]:
        """A passage and its document version. Raises NotFound like ``document``."""
        query = """SELECT document.*, chunk.body FROM chunk JOIN document ON document.key = document_key
            WHERE chunk.id = ?"""
        row = self._one(query, chunk_id, audiences)
        return chunk_of(row["body"]), document_of(row["card"])

    def words(self, audiences: Iterable[str], query: str, limit: int) -> list[tuple[str, float]]:
        """(chunk id, BM25) of the passages that share words with ``query``, best first."""
        words = self._terms.query(query)
        terms = sorted(set(words.values()))
        with self._file.read() as db:
            self._let_expire(db)
            ids = self._ids(db, audiences)
            corpus = self._corpus(db, ids, terms)
            wanted = rare(words, corpus)
            if not wanted or limit < 1:
                return []
            found = [row for i in ids for row in shelf.candidates(db, i, match(wanted), limit + SPARE)]
        scored = [(str(r["id"]), score(terms, json.loads(r["terms"]), r["length"], corpus)) for r in found]
        return sorted((s for s in scored if s[1] > 0), key=lambda s: (-s[1], s[0]))[:limit]

    def searchable(self, audience: str) -> dict[str, Chunk]:
        """Every passage of the audience that is searched now, by id: what its vectors should hold."""
        with self._file.read() as db:
            self._let_expire(db)
        query = """SELECT document.audience, chunk.body FROM chunk JOIN document ON document.key = document_key
            WHERE searched = 1 ORDER BY key, position"""
        chunks = [chunk_of(row["body"]) for row in self._rows(query, [audience])]
        return {chunk.id: chunk for chunk in chunks}

    def is_searched(self, document_key: str) -> bool:
        """Whether this version takes part in searches: neither superseded nor expired."""
        with self._file.read() as db:
            self._let_expire(db)
            row = db.execute("SELECT searched FROM document WHERE key = ?", (document_key,)).fetchone()
        return row is not None and bool(row["searched"])

    def by_hash(self, content_hash: str) -> list[str]:
        """Keys of the versions made from exactly this content."""
        return self._column("SELECT key FROM document WHERE content_hash = ? ORDER BY key", content_hash)

    def chunk_ids(self, document_key: str) -> list[str]:
        """Its passages in order."""
        return self._column("SELECT id FROM chunk WHERE document_key = ? ORDER BY position", document_key)

    def index_version(self) -> str:
        """Twelve hex digits that name the set of documents searched now."""
        with self._file.read() as db:
            self._let_expire(db)
            if not self._version:
                self._version = shelf.fingerprint(db)
            return self._version

    def close(self) -> None:
        self._file.close()
        self._terms.close()

    def _changed(self) -> None:
        self._sizes.clear()
        self._version = ""

    def _let_expire(self, db: sqlite3.Connection) -> None:
        today = date.today().isoformat()
        query = "SELECT key FROM document WHERE searched = 1 AND expires < ?"
        if db.execute(query, (today,)).fetchone():
            with self._file.write():
                for row in db.execute(query, (today,)).fetchall():
                    shelf.stop_searching(db, row["key"])
                self._changed()

    def _ids(self, db: sqlite3.Connection, audiences: Iterable[str]) -> list[int]:
        names = sorted(set(audiences))
        marks = ", ".join("?" * len(names))
        return [r["id"] for r in db.execute(f"SELECT id FROM audience WHERE name IN ({marks}) ORDER BY id", names)]

    def _corpus(self, db: sqlite3.Connection, ids: Sequence[int], terms: Sequence[str]) -> Corpus:
        for i in ids:
            if i not in self._sizes:
                self._sizes[i] = shelf.size(db, i)
        frequency = {term: sum(shelf.frequency(db, i, term) for i in ids) for term in terms}
        return Corpus(sum(self._sizes[i][0] for i in ids), sum(self._sizes[i][1] for i in ids), frequency)

    def _rows(self, query: str, audiences: Iterable[str]) -> list[sqlite3.Row]:
        readable = frozenset(audiences)
        with self._file.read() as db:
            return [row for row in db.execute(query) if row["audience"] in readable]

    def _one(self, query: str, key: str, audiences: Iterable[str]) -> sqlite3.Row:
        with self._file.read() as db:
            row: sqlite3.Row | None = db.execute(query, (clean(key),)).fetchone()
        if row is None or row["audience"] not in frozenset(audiences):
            raise NotFound(NOT_READABLE)
        return row

    def _column(self, query: str, value: str) -> list[str]:
        with self._file.read() as db:
            return [row[0] for row in db.execute(query, (value,))]
