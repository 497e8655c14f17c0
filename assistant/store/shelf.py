"""The catalogue's rows and what is done to them inside one transaction of ``catalogue.py``.

A passage's weighted terms and its vector are kept beside it, so that the word index and Chroma's collections can be
made from here alone. What is searched changes in every generation at once: while the next generation is being built, a
document that is superseded, expired or removed leaves both.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import numpy as np

from assistant.store import words
from assistant.store.canonical import canonical
from assistant.store.ranking import clean
from assistant.values import Added, Chunk, Document, Flag, Span, Understood, Vector


@dataclass(frozen=True)
class Left:
    """``vectors``: (audience, vector name) of passages searched no more. ``searchable``: the version put is searched.

    ``originals``: files that no document is made of any longer.
    """

    vectors: tuple[tuple[str, str], ...]
    searchable: bool
    originals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Made:
    """What was made of a document in one generation: its whole text and its passages, all lists of one length."""

    text: str
    chunks: Sequence[Chunk]
    terms: Sequence[dict[str, float]]
    names: Sequence[str]
    vectors: Sequence[Vector | None]
    encoded: Sequence[bytes]
    understood: Understood = field(default_factory=Understood)


def keep(db: sqlite3.Connection, document: Document, added: Added) -> None:
    """Add the version, not yet searched."""
    row = {
        "key": document.key,
        "id": document.id,
        "title": clean(document.title),
        "audience": document.audience,
        "content_hash": document.content_hash,
        "expires": document.expires.isoformat() if document.expires else None,
        "card": canonical(asdict(document)),
        "owner": clean(document.owner),
        "source_name": clean(document.source_name),
        "effective": document.effective.isoformat() if document.effective else "",
        "review": document.review.isoformat() if document.review else "",
        "added_by": added.by,
        "added_at": added.at.isoformat(timespec="seconds") if added.at else "",
        "media_type": added.media_type,
        "original": added.original,
        "size": added.size,
        "plain": added.plain,
    }
    db.execute(
        f"INSERT INTO document ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
        tuple(row.values()),
    )


def keep_made(db: sqlite3.Connection, document_key: str, generation: int, made: Made) -> None:
    """Add text and passages of a version that was added before."""
    db.execute(
        "INSERT INTO content (document_key, generation, text, understood) VALUES (?, ?, ?, ?)",
        (document_key, generation, clean(made.text), canonical(asdict(made.understood))),
    )
    db.executemany(
        """INSERT INTO passage
            (generation, id, position, document_key, vector_name, vector, encoded, body, terms, length)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            (
                generation,
                chunk.id,
                chunk.position,
                document_key,
                name,
                None if vector is None else np.asarray(vector, dtype=np.float32).tobytes(),
                encoded,
                canonical(asdict(chunk)),
                json.dumps(terms),
                sum(terms.values()),
            )
            for chunk, terms, name, vector, encoded in zip(
                made.chunks, made.terms, made.names, made.vectors, made.encoded, strict=True
            )
        ],
    )


def arrange(db: sqlite3.Connection, document: Document, generation: int) -> list[tuple[str, str]]:
    """Decide which version of the document is the current one; returns the vectors that left the search."""
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
        words.put_up(db, document.key, generation, document.audience)
        db.execute("UPDATE document SET searched = 1 WHERE key = ?", (document.key,))
    return left


def newer(document: Document, other: Document) -> bool:
    """Whether ``document`` takes the place of ``other``: by effective date, else by version number, else as given."""
    if document.effective and other.effective and document.effective != other.effective:
        return document.effective > other.effective
    mine, theirs = _numbers(document.version), _numbers(other.version)
    return mine >= theirs if mine and theirs else True


def take_out(db: sqlite3.Connection, key: str) -> tuple[list[tuple[str, str]], bool]:
    """Erase a version wholly, in every generation: (vectors that left the search, whether there was one)."""
    left = stop_searching(db, key)
    if db.execute("SELECT 1 FROM document WHERE key = ?", (key,)).fetchone() is None:
        return [], False
    for table in ("passage", "content", "likeness", "sketch"):
        db.execute(f"DELETE FROM {table} WHERE document_key = ?", (key,))
    db.execute("DELETE FROM document WHERE key = ?", (key,))
    return left, True


def stop_searching(db: sqlite3.Connection, key: str) -> list[tuple[str, str]]:
    """Take the version's passages out of its audience's index; returns (audience, vector name) of each."""
    row = db.execute("SELECT audience FROM document WHERE key = ? AND searched = 1", (key,)).fetchone()
    if row is None:
        return []
    for generation in generations_of(db, key):
        words.take_down(db, key, generation, row["audience"])
    db.execute("UPDATE document SET searched = 0 WHERE key = ?", (key,))
    names = db.execute("SELECT vector_name FROM passage WHERE document_key = ? ORDER BY number", (key,)).fetchall()
    return [(row["audience"], name[0]) for name in names]


def generations_of(db: sqlite3.Connection, key: str) -> list[int]:
    """In which generations the version exists."""
    return [row[0] for row in db.execute("SELECT generation FROM content WHERE document_key = ?", (key,))]


def unused(db: sqlite3.Connection, originals: Sequence[str]) -> tuple[str, ...]:
    """Which of ``originals`` no document is made of."""
    query = "SELECT 1 FROM document WHERE original = ?"
    return tuple(o for o in dict.fromkeys(originals) if o and db.execute(query, (o,)).fetchone() is None)


def fingerprint(db: sqlite3.Connection, generation: int) -> str:
    """Twelve hex digits over key, audience and content of every version searched now, and how they are indexed."""
    digest = hashlib.sha256(str(generation).encode())
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


def _numbers(version: str) -> tuple[int, ...]:
    """A version such as 2.10, v3 or 2026-01 as numbers; empty for anything else."""
    found = re.fullmatch(r"v?(\d{1,9}(?:[.\-/]\d{1,9})*)", version.strip().lower())
    return tuple(int(part) for part in re.split(r"[.\-/]", found[1])) if found else ()
