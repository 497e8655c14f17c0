"""The catalogue's tables and what is done to them inside one transaction of ``catalogue.py``.

Each audience has its own FTS5 table ``words_<number>`` and its vocabulary; a passage is in it exactly as long as
its document version is searched. A passage's weighted terms are kept beside it for scoring.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlite_utils import Database, Migrations

from assistant.store.canonical import canonical
from assistant.store.ranking import TOKENIZE, WEIGHTS, clean
from assistant.values import Chunk, Document, Flag, Span

migrations = Migrations("catalogue")


@dataclass(frozen=True)
class Left:
    """``passages``: (audience, chunk id) that are searched no more. ``searchable``: the version put is searched."""

    passages: tuple[tuple[str, str], ...]
    searchable: bool


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


def keep(db: sqlite3.Connection, document: Document, text: str) -> None:
    """Add the version, not yet searched."""
    expires = document.expires.isoformat() if document.expires else None
    db.execute(
        "INSERT INTO document (key, id, title, audience, content_hash, expires, card, text) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            document.key,
            document.id,
            clean(document.title),
            document.audience,
            document.content_hash,
            expires,
            canonical(asdict(document)),
            text,
        ),
    )


def keep_chunk(db: sqlite3.Connection, chunk: Chunk, heading: str, terms: dict[str, float]) -> None:
    """Add a passage of a version that was added before."""
    db.execute(
        "INSERT INTO chunk (id, position, document_key, heading, body, terms, length) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            chunk.id,
            chunk.position,
            chunk.document_key,
            clean(heading),
            canonical(asdict(chunk)),
            json.dumps(terms),
            sum(terms.values()),
        ),
    )


def arrange(db: sqlite3.Connection, document: Document) -> list[tuple[str, str]]:
    """Decide which version of the document is the current one; returns the passages that left the search."""
    others = db.execute(
        "SELECT key, card FROM document WHERE id = ? AND superseded = 0 AND key != ?",
        (document.id, document.key),
    ).fetchall()
    if any(not newer(document, document_of(row["card"])) for row in others):
        db.execute("UPDATE document SET superseded = 1 WHERE key = ?", (document.key,))
        return []
    left = [pair for row in others for pair in stop_searching(db, row["key"])]
    db.executemany("UPDATE document SET superseded = 1 WHERE key = ?", [(row["key"],) for row in others])
    if not (document.expires and document.expires < date.today()):
        _start_searching(db, document)
    return left


def newer(document: Document, other: Document) -> bool:
    """Whether ``document`` takes the place of ``other``: by effective date, else by version number, else as given."""
    if document.effective and other.effective and document.effective != other.effective:
        return document.effective > other.effective
    mine, theirs = _numbers(document.version), _numbers(other.version)
    return mine >= theirs if mine and theirs else True


def take_out(db: sqlite3.Connection, key: str) -> tuple[list[tuple[str, str]], bool]:
    """Erase a version wholly: (passages that left the search, whether there was one)."""
    left = stop_searching(db, key)
    row = db.execute("SELECT audience FROM document WHERE key = ?", (key,)).fetchone()
    if row is None:
        return [], False
    number = _audience(db, row["audience"])
    if number is not None:  # without a merge, the words of removed rows stay in the index's older segments
        db.execute(f"INSERT INTO words_{number} (words_{number}) VALUES ('optimize')")
    db.execute("DELETE FROM chunk WHERE document_key = ?", (key,))
    db.execute("DELETE FROM document WHERE key = ?", (key,))
    return left, True


def stop_searching(db: sqlite3.Connection, key: str) -> list[tuple[str, str]]:
    """Take the version's passages out of its audience's index; returns (audience, chunk id) of each."""
    row = db.execute("SELECT audience FROM document WHERE key = ? AND searched = 1", (key,)).fetchone()
    if row is None:
        return []
    number = _audience(db, row["audience"])
    chunks = db.execute("SELECT number, id FROM chunk WHERE document_key = ? ORDER BY position", (key,)).fetchall()
    db.executemany(f"DELETE FROM words_{number} WHERE rowid = ?", [(chunk["number"],) for chunk in chunks])
    db.execute("UPDATE document SET searched = 0 WHERE key = ?", (key,))
    return [(row["audience"], chunk["id"]) for chunk in chunks]


def candidates(db: sqlite3.Connection, number: int, expression: str, limit: int) -> list[sqlite3.Row]:
    """The best passages of one audience by its own statistics: id, terms, length."""
    weights = ", ".join(str(weight) for weight in WEIGHTS.values())
    return db.execute(
        f"""SELECT id, terms, length FROM (
            SELECT rowid AS found FROM words_{number} WHERE words_{number} MATCH ?
            ORDER BY bm25(words_{number}, {weights}) LIMIT ?) JOIN chunk ON number = found""",
        (expression, limit),
    ).fetchall()


def size(db: sqlite3.Connection, number: int) -> tuple[int, float]:
    """(passages, weighted words) that are searched in one audience."""
    row = db.execute(
        """SELECT count(*), coalesce(sum(length), 0) FROM chunk JOIN document ON document.key = document_key
        WHERE searched = 1 AND audience = (SELECT name FROM audience WHERE id = ?)""",
        (number,),
    ).fetchone()
    return int(row[0]), float(row[1])


def frequency(db: sqlite3.Connection, number: int, term: str) -> int:
    """How many passages of one audience hold ``term``."""
    row = db.execute(f"SELECT doc FROM vocabulary_{number} WHERE term = ?", (term,)).fetchone()
    return 0 if row is None else int(row[0])


def fingerprint(db: sqlite3.Connection) -> str:
    """Twelve hex digits over key, audience and content of every version searched now."""
    digest = hashlib.sha256()
    for row in db.execute("SELECT key, audience, content_hash FROM document WHERE searched = 1 ORDER BY key"):
        digest.update(canonical(list(row)).encode())
    return digest.hexdigest()[:12]


def document_of(card: str) -> Document:
    """The document as it was put."""
    data: dict[str, Any] = json.loads(card)
    for name in ("effective", "review", "expires"):
        data[name] = date.fromisoformat(data[name]) if data[name] else None
    return Document(**data)


def chunk_of(body: str) -> Chunk:
    """The passage as it was put."""
    data: dict[str, Any] = json.loads(body)
    data["heading"] = tuple(data["heading"])
    data["spans"] = tuple(Span(**span) for span in data["spans"])
    data["flags"] = tuple(Flag(**flag) for flag in data.get("flags", ()))
    return Chunk(**data)


def _start_searching(db: sqlite3.Connection, document: Document) -> None:
    number = _audience(db, document.audience)
    if number is None:
        db.execute("INSERT INTO audience (name) VALUES (?)", (document.audience,))
        number = _audience(db, document.audience)
        db.execute(f"CREATE VIRTUAL TABLE words_{number} USING fts5(title, heading, text, tokenize = '{TOKENIZE}')")
        db.execute(f"CREATE VIRTUAL TABLE vocabulary_{number} USING fts5vocab(words_{number}, 'row')")
    rows = db.execute("SELECT number, heading, body FROM chunk WHERE document_key = ?", (document.key,)).fetchall()
    db.executemany(
        f"INSERT INTO words_{number} (rowid, title, heading, text) VALUES (?, ?, ?, ?)",
        [(r["number"], clean(document.title), r["heading"], clean(chunk_of(r["body"]).text)) for r in rows],
    )
    db.execute("UPDATE document SET searched = 1 WHERE key = ?", (document.key,))


def _audience(db: sqlite3.Connection, name: str) -> int | None:
    row = db.execute("SELECT id FROM audience WHERE name = ?", (name,)).fetchone()
    return None if row is None else int(row["id"])


def _numbers(version: str) -> tuple[int, ...]:
    """A version such as 2.10, v3 or 2026-01 as numbers; empty for anything else."""
    found = re.fullmatch(r"v?(\d{1,9}(?:[.\-/]\d{1,9})*)", version.strip().lower())
    return tuple(int(part) for part in re.split(r"[.\-/]", found[1])) if found else ()
