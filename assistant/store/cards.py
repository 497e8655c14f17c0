"""Documents as a list: filters, order and pages in SQL, so that 10,000 documents cost what one page costs.

Every query names the reader's audiences. A card holds what is told about a document version and nothing of its text.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from assistant.store import shelf
from assistant.values import Added, DocumentCard, DocumentState, Understood

Order = Literal["title", "added", "review", "expires"]
ORDERS: dict[Order, str] = {
    "title": "title COLLATE NOCASE, key",
    "added": "added_at DESC, key",
    "review": "review, key",
    "expires": "expires IS NULL, expires, key",
}


@dataclass(frozen=True)
class Filter:
    """Which documents to list; an empty field does not filter."""

    text: str = ""
    """Part of title, file name or owner."""
    audience: str = ""
    owner: str = ""
    state: DocumentState | None = None
    """None lists what is searched or has expired: current and expired versions."""
    expiring_days: int | None = None
    """Expires within so many days from today, or has expired."""
    review_due: bool = False
    flagged: bool = False
    """Has a passage that seems to give orders to a model."""


EVERYTHING = Filter()


@dataclass(frozen=True)
class Page:
    """Some cards of a list, and how many there are in all."""

    cards: tuple[DocumentCard, ...]
    total: int


def page(
    db: sqlite3.Connection,
    generation: int,
    audiences: Iterable[str],
    given: Filter,
    order: Order,
    offset: int,
    limit: int,
) -> Page:
    """The cards that ``given`` lets through, from ``offset`` on."""
    where, values = _where(audiences, given)
    if given.flagged:
        where += """ AND EXISTS (SELECT 1 FROM passage WHERE document_key = document.key AND generation = ?
            AND json_array_length(body, '$.flags') > 0)"""
        values.append(generation)
    total = db.execute(f"SELECT count(*) FROM document WHERE {where}", values).fetchone()[0]
    rows = db.execute(
        f"SELECT * FROM document WHERE {where} ORDER BY {ORDERS[order]} LIMIT ? OFFSET ?",
        (*values, max(limit, 0), max(offset, 0)),
    ).fetchall()
    return Page(tuple(_cards(db, generation, rows)), total)


def one(db: sqlite3.Connection, generation: int, row: sqlite3.Row) -> DocumentCard:
    """The card of one row of ``document``, with the personal data and the flags counted."""
    (card,) = _cards(db, generation, [row])
    return card


def versions(db: sqlite3.Connection, generation: int, audiences: Iterable[str], document_id: str) -> list[DocumentCard]:
    """Every version of a document that the audiences may read, newest first."""
    names = sorted(set(audiences))
    rows = db.execute(
        f"SELECT * FROM document WHERE id = ? AND audience IN ({', '.join('?' * len(names))}) "
        "ORDER BY superseded, effective DESC, added_at DESC, key DESC",
        (document_id, *names),
    ).fetchall()
    return _cards(db, generation, rows)


def counts(db: sqlite3.Connection, audiences: Iterable[str]) -> dict[str, int]:
    """How many document versions are in each state."""
    names = sorted(set(audiences))
    rows = db.execute(
        f"""SELECT CASE WHEN superseded THEN 'superseded' WHEN expires < ? THEN 'expired' ELSE 'current' END, count(*)
        FROM document WHERE audience IN ({", ".join("?" * len(names))}) GROUP BY 1""",
        (date.today().isoformat(), *names),
    )
    return dict(rows.fetchall())


def owners(db: sqlite3.Connection, audiences: Iterable[str]) -> list[str]:
    """Owners of the documents that the audiences may read."""
    names = sorted(set(audiences))
    marks = ", ".join("?" * len(names))
    rows = db.execute(f"SELECT DISTINCT owner FROM document WHERE audience IN ({marks}) ORDER BY owner", names)
    return [row[0] for row in rows]


def _where(audiences: Iterable[str], given: Filter) -> tuple[str, list[Any]]:
    today = date.today()
    names = sorted(set(audiences) & {given.audience} if given.audience else set(audiences))
    parts, values = [f"audience IN ({', '.join('?' * len(names))})"], list[Any](names)
    for word in given.text.split():
        like = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        parts.append("(title LIKE ? ESCAPE '\\' OR source_name LIKE ? ESCAPE '\\' OR owner LIKE ? ESCAPE '\\')")
        values += [like] * 3
    if given.owner:
        parts.append("owner = ?")
        values.append(given.owner)
    parts.append("superseded = 1" if given.state == "superseded" else "superseded = 0")
    if given.state == "expired":
        parts.append("expires < ?")
        values.append(today.isoformat())
    elif given.state == "current":
        parts.append("(expires IS NULL OR expires >= ?)")
        values.append(today.isoformat())
    if given.expiring_days is not None:
        parts.append("expires <= ?")
        values.append((today + timedelta(days=given.expiring_days)).isoformat())
    if given.review_due:
        parts.append("review != '' AND review < ?")
        values.append(today.isoformat())
    return " AND ".join(parts), values


def _cards(db: sqlite3.Connection, generation: int, rows: Sequence[sqlite3.Row]) -> list[DocumentCard]:
    today = date.today().isoformat()
    cards = []
    for row in rows:
        made = db.execute(
            "SELECT understood FROM content WHERE document_key = ? AND generation = ?", (row["key"], generation)
        ).fetchone()
        chunks, personal, flagged = _counted(db, generation, row["key"])
        state: DocumentState = "current"
        if row["superseded"]:
            state = "superseded"
        elif row["expires"] and row["expires"] < today:
            state = "expired"
        cards.append(
            DocumentCard(
                document=shelf.document_of(row["card"]),
                state=state,
                added=added_of(row),
                understood=understood_of(made["understood"] if made else "{}"),
                chunks=chunks,
                personal=personal,
                flagged=flagged,
            )
        )
    return cards


def added_of(row: sqlite3.Row) -> Added:
    """How the version came in."""
    at = datetime.fromisoformat(row["added_at"]) if row["added_at"] else None
    return Added(row["added_by"], at, row["size"], row["media_type"], row["original"], bool(row["plain"]))


def understood_of(text: str) -> Understood:
    """What was made of the file, from its JSON."""
    data: dict[str, Any] = json.loads(text)
    for name in ("pages_without_text", "notes"):
        data[name] = tuple(data.get(name, ()))
    return Understood(**data)


def _counted(db: sqlite3.Connection, generation: int, key: str) -> tuple[int, tuple[tuple[str, int], ...], int]:
    """(passages, personal data by entity, flagged passages) of a version."""
    where = "FROM passage WHERE document_key = ? AND generation = ?"
    chunks, flagged = db.execute(
        f"SELECT count(*), sum(coalesce(json_array_length(body, '$.flags'), 0) > 0) {where}", (key, generation)
    ).fetchone()
    found = Counter(
        span["entity"]
        for (spans,) in db.execute(
            f"SELECT json_extract(body, '$.spans') {where} AND json_array_length(body, '$.spans') > 0",
            (key, generation),
        )
        for span in json.loads(spans)
    )
    return chunks, tuple(found.most_common()), flagged or 0
