"""The plain alternatives that retrieval is measured beside: BM25, MiniLM vectors, and both fused by reciprocal rank.

They search the text that the catalogue holds, cut every 140 words without regard to sentences or structure but never
across a page. BM25 as in Robertson and Zaragoza 2009 (k1 1.2, b 0.75) over lower-case words, no stemming and no
stop words. Vectors of the passages' bare text, by cosine. Fused: reciprocal rank with k = 60 (Cormack, Clarke and
Büttcher 2009). All in memory, nothing is kept.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.store.catalogue import Catalogue
from assistant.values import Chunk, Document, Encoder

WORDS = 140
K1, B, RRF_K = 1.2, 0.75, 60
BATCH = 64
PLAIN_WORD = re.compile(r"[^\W_]+")
SEARCHES = ("bm25", "minilm", "fused")


@dataclass(frozen=True)
class PlainPassage:
    """A stretch of a document's text, ``text[start:end]``, with the headings it stands under."""

    document: Document
    text: str
    page: int | None
    heading: tuple[str, ...]


class Plain:
    """Built over everything that ``audiences`` may read; searched per reader."""

    def __init__(self, passages: Sequence[PlainPassage], vectors: np.ndarray) -> None:
        self.passages = list(passages)
        self._vectors = vectors
        self._counts = [Counter(_words(p.text)) for p in passages]
        self._lengths = np.array([sum(c.values()) for c in self._counts], dtype=np.float64)

    @classmethod
    async def build(
        cls, catalogue: Catalogue, encoder: Encoder, audiences: Iterable[str], progress: Callable[[int, int], None]
    ) -> Plain:
        """Cut and encode all current documents."""
        names = tuple(audiences)
        passages = []
        for document in catalogue.documents(names):
            if not catalogue.is_searched(document.key):
                continue
            chunks = [catalogue.chunk(i, names)[0] for i in catalogue.chunk_ids(document.key)]
            passages += plain_passages(document, catalogue.text(document.key, names), chunks)
        vectors = []
        for at in range(0, len(passages), BATCH):
            progress(at, len(passages))
            batch = [p.text for p in passages[at : at + BATCH]]
            vectors += [e.vector for e in await encoder.encode(batch, background=True)]
        return cls(passages, np.stack(vectors) if vectors else np.zeros((0, 384), dtype=np.float32))

    def search(
        self, name: str, audiences: Iterable[str], question: str, vector: np.ndarray, limit: int
    ) -> list[PlainPassage]:
        """The best passages by the search ``name``, over what the reader may read and with its statistics."""
        readable = frozenset(audiences)
        at = [i for i, p in enumerate(self.passages) if p.document.audience in readable]
        if not at:
            return []
        orders = []
        if name in ("bm25", "fused"):
            scores = self._bm25(question, at)
            orders.append([i for i in np.argsort(-scores, kind="stable") if scores[i] > 0])
        if name in ("minilm", "fused"):
            orders.append(list(np.argsort(-(self._vectors[at] @ vector), kind="stable")))
        fused: Counter[int] = Counter()
        for order in orders:
            for rank, i in enumerate(order[: max(limit, 100)], 1):
                fused[int(i)] += 1 / (RRF_K + rank)  # type: ignore[assignment]
        return [self.passages[at[i]] for i, _ in fused.most_common(limit)]

    def _bm25(self, question: str, at: Sequence[int]) -> np.ndarray:
        lengths = self._lengths[at]
        norm = K1 * (1 - B + B * lengths / (lengths.mean() or 1.0))
        total = np.zeros(len(at))
        for word in set(_words(question)):
            frequency = np.array([self._counts[i][word] for i in at], dtype=np.float64)
            seen = int((frequency > 0).sum())
            if seen:
                idf = math.log(1 + (len(at) - seen + 0.5) / (seen + 0.5))
                total += idf * frequency * (K1 + 1) / (frequency + norm)
        return total


def plain_passages(document: Document, text: str, chunks: Sequence[Chunk]) -> list[PlainPassage]:
    """``text`` cut every 140 words and at page turns; pages as the chunks say where they begin."""
    starts = [(c.start, c.page) for c in sorted(chunks, key=lambda c: c.start)]
    found: list[PlainPassage] = []
    path: list[tuple[int, str]] = []
    heading: tuple[str, ...] = ()
    begun, count, page, at_start = 0, 0, starts[0][1] if starts else None, 0
    last = 0
    for match in re.finditer(r"\S*\w\S*", text):
        while at_start < len(starts) and starts[at_start][0] <= match.start():
            here = starts[at_start][1]
            at_start += 1
            if here != page and count:
                found.append(PlainPassage(document, text[begun:last].strip(), page, heading))
                begun, count = last, 0
                heading = _path_at(text, begun, path)
            page = here
        if count == WORDS:
            found.append(PlainPassage(document, text[begun:last].strip(), page, heading))
            begun, count = last, 0
            heading = _path_at(text, begun, path)
        count += 1
        last = match.end()
    if count:
        found.append(PlainPassage(document, text[begun:].strip(), page, heading))
    return found


def _path_at(text: str, position: int, path: list[tuple[int, str]]) -> tuple[str, ...]:
    """Headings that the text at ``position`` stands under."""
    path.clear()
    for match in re.finditer(r"^(#{1,6})\s+(.+)$", text[:position], re.MULTILINE):
        path[:] = [step for step in path if step[0] < len(match[1])] + [(len(match[1]), match[2])]
    return tuple(title for _, title in path)


def _words(text: str) -> list[str]:
    return PLAIN_WORD.findall(text.lower())
