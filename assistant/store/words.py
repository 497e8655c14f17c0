"""The word index: which passages of an audience hold which terms, and how they score.

One ``shelf`` per audience and generation, and a search touches the reader's shelves alone. BM25 with the statistics
of those shelves together (``ranking.py``); the passages that hold the rarest words of a question are looked through,
and the best of them scored by all of its words. Everything here runs inside a transaction of ``catalogue.py``.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assistant.store.ranking import K1, B, Corpus, idf, rare, score
from assistant.store.schema import term_number

SPARE = 10
"""Passages scored by all words of the question, beyond the limit."""


def put_up(db: sqlite3.Connection, document_key: str, generation: int, audience: str) -> None:
    """Let the passages of a document version be found."""
    shelf = _shelf(db, generation, audience, make=True)
    postings, frequency, count, length = _terms(db, document_key, generation)
    db.executemany(f"INSERT INTO posting VALUES ({shelf}, ?, ?, ?, ?)", postings)
    db.executemany(
        f"""INSERT INTO frequency VALUES ({shelf}, ?, ?)
        ON CONFLICT DO UPDATE SET passages = passages + excluded.passages""",
        list(frequency.items()),
    )
    db.execute("UPDATE shelf SET passages = passages + ?, length = length + ? WHERE id = ?", (count, length, shelf))


def take_down(db: sqlite3.Connection, document_key: str, generation: int, audience: str) -> None:
    """Let them be found no more."""
    shelf = _shelf(db, generation, audience, make=False)
    if shelf is None:
        return
    postings, frequency, count, length = _terms(db, document_key, generation)
    db.executemany(
        f"DELETE FROM posting WHERE shelf = {shelf} AND term = ? AND passage = ?", [(p[0], p[1]) for p in postings]
    )
    db.executemany(
        f"UPDATE frequency SET passages = passages - ?2 WHERE shelf = {shelf} AND term = ?1", list(frequency.items())
    )
    db.executemany(
        f"DELETE FROM frequency WHERE shelf = {shelf} AND term = ? AND passages <= 0", [(term,) for term in frequency]
    )
    db.execute("UPDATE shelf SET passages = passages - ?, length = length - ? WHERE id = ?", (count, length, shelf))


def shelves(db: sqlite3.Connection, generation: int, audiences: Sequence[str]) -> list[sqlite3.Row]:
    """The shelves of ``audiences``: id, passages, length."""
    marks = ", ".join("?" * len(audiences))
    return db.execute(
        f"SELECT id, passages, length FROM shelf WHERE generation = ? AND audience IN ({marks}) AND passages > 0",
        (generation, *audiences),
    ).fetchall()


@dataclass(frozen=True)
class WordHit:
    """A passage by words: its BM25, and the terms of the question that stand in it or its headings and title."""

    chunk_id: str
    score: float
    terms: frozenset[str]


@dataclass(frozen=True)
class WordHits:
    """Passages best first; ``telling`` says for each term of the question how much it tells (its idf)."""

    hits: tuple[WordHit, ...] = ()
    telling: Mapping[str, float] = field(default_factory=dict)


def search(
    db: sqlite3.Connection,
    among: Sequence[sqlite3.Row],
    words: Mapping[str, str],
    limit: int,
    also: Sequence[str] = (),
) -> WordHits:
    """The ``limit`` best passages on ``among`` that hold any of ``words`` (word to term), and those called ``also``."""
    numbers = {term: term_number(term) for term in words.values()}
    inside = ", ".join(str(row["id"]) for row in among)
    frequency = dict.fromkeys(numbers, 0)
    if inside:
        by_number = {number: term for term, number in numbers.items()}
        marks = ", ".join(str(number) for number in by_number)
        rows = db.execute(
            f"""SELECT term, sum(passages) FROM frequency WHERE shelf IN ({inside}) AND term IN ({marks or "NULL"})
            GROUP BY term"""
        )
        frequency |= {by_number[number]: seen for number, seen in rows}
    corpus = Corpus(sum(row["passages"] for row in among), sum(row["length"] for row in among), frequency)
    wanted = [words[word] for word in rare(words, corpus)]
    if not wanted or limit < 1:
        return WordHits()
    best = _best(db, inside, [(numbers[term], idf(term, corpus)) for term in wanted], corpus, limit + SPARE)
    marks = ", ".join("?" * len(also))
    more = [row[0] for row in db.execute(f"SELECT number FROM passage WHERE id IN ({marks})", list(also))]
    scored = _rescored(db, inside, [*dict.fromkeys([*best, *more])], numbers, corpus)
    order = sorted((hit for hit in scored if hit.score > 0), key=lambda hit: (-hit.score, hit.chunk_id))
    asked = frozenset(also)
    kept = order[:limit] + [hit for hit in order[limit:] if hit.chunk_id in asked]
    return WordHits(tuple(kept), {term: idf(term, corpus) for term in sorted(numbers)})


def _best(
    db: sqlite3.Connection, inside: str, terms: Sequence[tuple[int, float]], corpus: Corpus, limit: int
) -> list[int]:
    """Numbers of the passages that score best by ``terms`` (number, idf) alone."""
    flat, slope = K1 * (1 - B), K1 * B * corpus.chunks / (corpus.length or 1.0)
    parts = " UNION ALL ".join(
        f"SELECT passage, {weight!r} * weight / (weight + {flat!r} + {slope!r} * length) AS part "
        f"FROM posting WHERE shelf IN ({inside}) AND term = {number}"
        for number, weight in dict(terms).items()
    )
    found = db.execute(f"SELECT passage FROM ({parts}) GROUP BY passage ORDER BY sum(part) DESC, passage LIMIT {limit}")
    return [row[0] for row in found]


def _rescored(
    db: sqlite3.Connection, inside: str, best: Sequence[int], numbers: Mapping[str, int], corpus: Corpus
) -> list[WordHit]:
    marks, terms = ", ".join(map(str, best)), ", ".join(str(number) for number in numbers.values())
    weights: dict[int, dict[int, float]] = {}
    for row in db.execute(
        f"SELECT passage, term, weight FROM posting "
        f"WHERE shelf IN ({inside}) AND term IN ({terms}) AND passage IN ({marks})"
    ):
        weights.setdefault(row[0], {})[row[1]] = row[2]
    scored = []
    for row in db.execute(f"SELECT number, id, length FROM passage WHERE number IN ({marks})"):
        held = weights.get(row[0], {})
        weighted = {term: held[number] for term, number in numbers.items() if number in held}
        scored.append(WordHit(str(row[1]), score(sorted(numbers), weighted, row[2], corpus), frozenset(weighted)))
    return scored


def _terms(
    db: sqlite3.Connection, document_key: str, generation: int
) -> tuple[list[tuple[int, int, float, float]], Counter[int], int, float]:
    """(postings as (term, passage, weight, length), passages of each term, passages, words) of a version."""
    postings: list[tuple[int, int, float, float]] = []
    frequency: Counter[int] = Counter()
    count, words = 0, 0.0
    for number, terms, length in db.execute(
        "SELECT number, terms, length FROM passage WHERE document_key = ? AND generation = ?",
        (document_key, generation),
    ):
        weights = {term_number(term): weight for term, weight in json.loads(terms).items()}
        postings += [(term, number, weight, length) for term, weight in weights.items()]
        frequency.update(weights.keys())
        count, words = count + 1, words + length
    return sorted(postings), frequency, count, words


def _shelf(db: sqlite3.Connection, generation: int, audience: str, *, make: bool) -> int | None:
    query = "SELECT id FROM shelf WHERE generation = ? AND audience = ?"
    row = db.execute(query, (generation, audience)).fetchone()
    if row is None and make:
        db.execute("INSERT INTO shelf (generation, audience) VALUES (?, ?)", (generation, audience))
        row = db.execute(query, (generation, audience)).fetchone()
    return None if row is None else int(row["id"])
