"""The tables of the catalogue, as numbered migrations.

``document`` has a row per version of a document. What is made of it, its text (``content``) and its passages, exists
once per generation: while a re-index builds the next generation, searches go on in the current one. A ``shelf`` is the
word index of one audience in one generation; ``posting`` and ``frequency`` know terms by a hash only, so that
nothing of a deleted text can stay behind in a list of words.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

from sqlite_utils import Database, Migrations

migrations = Migrations("catalogue")


def term_number(term: str) -> int:
    """A term as SQLite keeps it: 64 bits of BLAKE2b, signed."""
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest(), "big", signed=True)


@migrations()
def m001_document(db: Database) -> None:
    db.conn.execute("CREATE TABLE audience (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)")
    db.conn.execute(
        """CREATE TABLE document (
            key TEXT PRIMARY KEY, id TEXT NOT NULL, title TEXT NOT NULL, audience TEXT NOT NULL,
            content_hash TEXT NOT NULL, expires TEXT, card TEXT NOT NULL, text TEXT NOT NULL,
            superseded INTEGER NOT NULL DEFAULT 0, searched INTEGER NOT NULL DEFAULT 0)"""
    )
    db.conn.execute("CREATE INDEX document_id ON document (id)")
    db.conn.execute("CREATE INDEX document_hash ON document (content_hash)")
    db.conn.execute("CREATE INDEX document_expires ON document (expires) WHERE searched = 1")
    db.conn.execute(
        """CREATE TABLE chunk (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, position INTEGER NOT NULL,
            document_key TEXT NOT NULL REFERENCES document (key), heading TEXT NOT NULL, body TEXT NOT NULL,
            terms TEXT NOT NULL, length REAL NOT NULL)"""
    )
    db.conn.execute("CREATE INDEX chunk_document ON chunk (document_key, position)")


@migrations()
def m002_generations(db: Database) -> None:
    for column in ("owner", "source_name", "effective", "review", "added_by", "added_at", "media_type", "original"):
        db.conn.execute(f"ALTER TABLE document ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")
    for column in ("size", "plain"):
        db.conn.execute(f"ALTER TABLE document ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")
    for field in ("owner", "source_name", "effective", "review"):
        db.conn.execute(f"UPDATE document SET {field} = coalesce(json_extract(card, '$.{field}'), '')")
    db.conn.execute("CREATE INDEX document_source ON document (source_name)")
    db.conn.execute("CREATE INDEX document_original ON document (original)")
    db.conn.execute("CREATE INDEX document_title ON document (title, key)")
    db.conn.execute("CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
    db.conn.execute(
        """CREATE TABLE content (
            document_key TEXT NOT NULL REFERENCES document (key), generation INTEGER NOT NULL, text TEXT NOT NULL,
            understood TEXT NOT NULL DEFAULT '{}', PRIMARY KEY (document_key, generation))"""
    )
    db.conn.execute("INSERT INTO content (document_key, generation, text) SELECT key, 1, text FROM document")
    db.conn.execute(
        """CREATE TABLE passage (
            number INTEGER PRIMARY KEY, generation INTEGER NOT NULL, id TEXT NOT NULL, position INTEGER NOT NULL,
            document_key TEXT NOT NULL REFERENCES document (key), vector_name TEXT NOT NULL UNIQUE, vector BLOB,
            encoded BLOB, body TEXT NOT NULL, terms TEXT NOT NULL, length REAL NOT NULL, UNIQUE (id, generation))"""
    )
    db.conn.execute("CREATE INDEX passage_document ON passage (document_key, generation, position)")
    db.conn.execute(
        """CREATE TABLE shelf (
            id INTEGER PRIMARY KEY, generation INTEGER NOT NULL, audience TEXT NOT NULL,
            passages INTEGER NOT NULL DEFAULT 0, length REAL NOT NULL DEFAULT 0, UNIQUE (generation, audience))"""
    )
    db.conn.execute(
        """CREATE TABLE posting (
            shelf INTEGER NOT NULL, term INTEGER NOT NULL, passage INTEGER NOT NULL, weight REAL NOT NULL,
            length REAL NOT NULL, PRIMARY KEY (shelf, term, passage)) WITHOUT ROWID"""
    )
    db.conn.execute(
        """CREATE TABLE frequency (
            shelf INTEGER NOT NULL, term INTEGER NOT NULL, passages INTEGER NOT NULL, PRIMARY KEY (shelf, term)
            ) WITHOUT ROWID"""
    )
    db.conn.execute(
        """CREATE TABLE likeness (
            document_key TEXT NOT NULL REFERENCES document (key), band INTEGER NOT NULL,
            PRIMARY KEY (band, document_key)) WITHOUT ROWID"""
    )
    db.conn.execute("CREATE INDEX likeness_document ON likeness (document_key)")
    db.conn.execute("CREATE TABLE sketch (document_key TEXT PRIMARY KEY REFERENCES document (key), hashes BLOB)")
    _move_passages(db.conn)
    for (name,) in db.conn.execute("SELECT 'words_' || id FROM audience").fetchall():
        db.conn.execute(f"DROP TABLE {name.replace('words', 'vocabulary')}")
        db.conn.execute(f"DROP TABLE {name}")
    db.conn.execute("DROP TABLE chunk")
    db.conn.execute("DROP TABLE audience")
    db.conn.execute("ALTER TABLE document DROP COLUMN text")


def _move_passages(db: Any) -> None:
    """Passages of before, without vectors: those are made anew when the app starts."""
    db.execute(
        "INSERT INTO shelf (generation, audience) SELECT 1, audience FROM document WHERE searched = 1 GROUP BY audience"
    )
    shelves = {audience: number for number, audience in db.execute("SELECT id, audience FROM shelf")}
    rows = db.execute(
        """SELECT number, chunk.id, position, document_key, body, terms, length, audience, searched
        FROM chunk JOIN document ON key = document_key"""
    ).fetchall()
    for number, chunk_id, position, key, body, terms, length, audience, searched in rows:
        db.execute(
            """INSERT INTO passage (number, generation, id, position, document_key, vector_name, body, terms, length)
            VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?)""",
            (number, chunk_id, position, key, secrets.token_hex(12), body, terms, length),
        )
        if searched:
            shelf = shelves[audience]
            weights = {term_number(term): weight for term, weight in json.loads(terms).items()}
            db.executemany(
                "INSERT INTO posting VALUES (?, ?, ?, ?, ?)",
                [(shelf, term, number, weight, length) for term, weight in weights.items()],
            )
            db.execute("UPDATE shelf SET passages = passages + 1, length = length + ? WHERE id = ?", (length, shelf))
    db.execute("INSERT INTO frequency SELECT shelf, term, count(*) FROM posting GROUP BY shelf, term")
