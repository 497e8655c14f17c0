"""search: how long a search takes among 10,000 and 100,000 passages, against plain ways to do the same.

Above the sample company's passages lie synthetic ones (simulated): words drawn like the real ones are (Zipf), vectors
at random, in all audiences. So the figures are times and memory, and say nothing of quality. The reader belongs to
every audience, which is the most work. In the same run, with the same questions: one Chroma collection with a metadata
filter, a matrix product over all vectors, and one FTS5 table with a filter.
"""

from __future__ import annotations

import asyncio
import gc
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant.store.filtered import Filtered
from assistant.values import Chunk, Document, Question, Vector
from assistant.work.benches.timing import Timings, held_mb
from assistant.work.measures import answers

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit

PER_DOCUMENT = 50
WORDS = 120
RUNS = 300
LIMIT = 8
CANDIDATES = 40
SEED = 20261125


async def bench(kit: Kit, questions: Path, size: int, folder: Path, progress: Callable[[int, int], None]) -> Timings:
    """Fill the index up to ``size`` passages, then time every way of searching on the same questions."""
    found = Timings()
    names = tuple(kit.policies.access.audiences)
    asked = [case.question for case in answers.read(questions)]
    encoded = await kit.encoder.encode(asked)
    vectors = [each.vector for each in encoded]
    found.figures["memory before, MB"] = held_mb()
    rows = await asyncio.to_thread(_fill, kit, names, size, progress)
    await asyncio.to_thread(kit.indexer.vectors.level)
    gc.collect()
    found.figures["passages"] = len(rows)
    found.figures["memory with the index, MB"] = held_mb()
    await _ours(kit, names, asked, vectors, found)
    await asyncio.to_thread(_plain, folder, names, rows, asked, vectors, found)
    return found


def _fill(
    kit: Kit, names: Sequence[str], size: int, progress: Callable[[int, int], None]
) -> list[tuple[str, str, Vector]]:
    """Synthetic documents into catalogue and Chroma; (audience, text, vector) of every passage, real ones first."""
    catalogue, rng = kit.catalogue, np.random.default_rng(SEED)
    rows: list[tuple[str, str, Vector]] = []
    seen: Counter[str] = Counter()
    for document in catalogue.documents(names):
        chunks, known = catalogue.generations.passages(document.key)
        rows += [(document.audience, c.text, v) for c, v in zip(chunks, known.values(), strict=False)]
        for chunk in chunks:
            seen.update(re.findall(r"[^\W_]+", chunk.text.lower()))
    vocabulary = [word for word, _ in seen.most_common()]
    vocabulary += [f"{a}{b}" for a in vocabulary[50:350] for b in vocabulary[50:150]]
    share = 1 / np.arange(1, len(vocabulary) + 1)
    share /= share.sum()
    number = 0
    while len(rows) < size:
        progress(len(rows), size)
        count = min(PER_DOCUMENT, size - len(rows))
        audience = names[number % len(names)]
        document = Document(f"synthetic-{number}", "1", f"Synthetic {number}", audience, "bench", "bench", str(number))
        picks = rng.choice(len(vocabulary), (count, WORDS), p=share)
        texts = [" ".join(vocabulary[pick] for pick in row) for row in picks]
        raw = rng.normal(size=(count, 384)).astype(np.float32)
        raw /= np.linalg.norm(raw, axis=1, keepdims=True)
        chunks = [
            Chunk(f"{document.key}#{at}", document.key, at, ("Synthetic",), None, text, 0, len(text))
            for at, text in enumerate(texts)
        ]
        catalogue.put(document, catalogue.made(document.title, "\n\n".join(texts), chunks, list(raw)))
        rows += list(zip([audience] * count, texts, raw, strict=True))
        number += 1
    return rows


async def _ours(
    kit: Kit, names: tuple[str, ...], asked: Sequence[str], vectors: Sequence[Vector], found: Timings
) -> None:
    """Words, vectors, both as a turn does them, and the same with the question's encoding."""
    for at in range(RUNS + len(asked)):
        text, vector = asked[at % len(asked)], vectors[at % len(asked)]
        began = time.perf_counter()
        kit.catalogue.words(names, text, CANDIDATES)
        between = time.perf_counter()
        kit.retrieve.vectors.search(names, vector, CANDIDATES)
        ended = time.perf_counter()
        question = Question(text, text, text)
        passages = await kit.retrieve.search(names, question, LIMIT)
        whole = time.perf_counter() - ended
        if at < len(asked):  # once without counting: caches of the file system, and the encoder knows the question
            continue
        if not passages:
            raise ValueError(f"nothing was found for {text!r}")
        found.add("words", (between - began) * 1000)
        found.add("vectors", (ended - between) * 1000)
        found.add("words and vectors", (ended - began) * 1000)
        found.add("whole stage retrieve", whole * 1000)


def _plain(
    folder: Path,
    names: Sequence[str],
    rows: Sequence[tuple[str, str, Vector]],
    asked: Sequence[str],
    vectors: Sequence[Vector],
    found: Timings,
) -> None:
    matrix = np.stack([vector for _, _, vector in rows])
    where = np.array([names.index(audience) for audience, _, _ in rows])
    half = set(range(0, len(names), 2))
    collection = Filtered(folder / "plain")
    collection.add([audience for audience, _, _ in rows], list(matrix))
    db = sqlite3.connect(folder / "plain.db")
    db.execute("CREATE VIRTUAL TABLE plain USING fts5(text, audience UNINDEXED, tokenize = 'porter unicode61')")
    db.executemany("INSERT INTO plain (text, audience) VALUES (?, ?)", [(text, audience) for audience, text, _ in rows])
    db.commit()
    some = [names[number] for number in sorted(half)]
    marks = ", ".join("?" * len(some))
    for at in range(RUNS // 3):
        text, vector = asked[at % len(asked)], vectors[at % len(asked)]
        began = time.perf_counter()
        collection.search(some, vector, CANDIDATES)
        between = time.perf_counter()
        scores = matrix @ vector
        scores[~np.isin(where, list(half))] = -1
        np.argpartition(-scores, CANDIDATES)[:CANDIDATES]
        ended = time.perf_counter()
        words = " OR ".join(f'"{word}"' for word in re.findall(r"[^\W_]+", text.lower()))
        db.execute(
            f"SELECT rowid FROM plain WHERE plain MATCH ? AND audience IN ({marks}) ORDER BY bm25(plain) LIMIT ?",
            (words, *some, CANDIDATES),
        ).fetchall()
        found.add("plain: one collection, metadata filter", (between - began) * 1000)
        found.add("plain: brute force over all vectors", (ended - between) * 1000)
        found.add("plain: one FTS5 table, filter", (time.perf_counter() - ended) * 1000)
    db.close()
    collection.close()
