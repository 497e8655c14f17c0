"""Finds passages: words and vectors together, from the audiences that the reader belongs to and no others.

Typing errors are mended first, against the words of what the reader may read (``store/spelling.py``). Whatever either
search finds is scored by both, and ``fusion.py`` puts it in order. The search text holds the unmasked question and
stays inside the process. Where the encoder knows too little of the question, vectors step aside and the search is by
words alone, and the timeline says so. Each passage carries the raw signals: ``similarity``, ``words`` (BM25) and
``coverage``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.pipeline.ask import Ask
from assistant.pipeline.fusion import Candidate, Ranked, order
from assistant.pipeline.masking import PassageGuard
from assistant.privacy.placeholders import PlaceholderMap
from assistant.store.catalogue import Catalogue
from assistant.store.nearest import Nearest
from assistant.store.ranking import WORD
from assistant.values import Encoder, Passage, Question, Vector, sentence

CANDIDATES = 60
UNKNOWN_LIMIT = 0.5


@dataclass(frozen=True)
class Retrieve:
    """Built once; holds no state of its own."""

    catalogue: Catalogue
    vectors: Nearest
    encoder: Encoder
    guard: PassageGuard
    limit: int = 8

    async def __call__(self, ask: Ask, question: Question, placeholders: PlaceholderMap) -> tuple[Passage, ...]:
        """At most ``limit`` masked passages, best first; empty when nothing shares anything with the question."""
        return await self.masked(ask, question, self.limit, placeholders)

    async def masked(
        self, ask: Ask, question: Question, limit: int, placeholders: PlaceholderMap
    ) -> tuple[Passage, ...]:
        """Passages for the asking person, masked with the conversation's map."""
        found = await self.search(ask.audiences, question, limit)
        return await asyncio.to_thread(self.guard.passages, found, placeholders)

    async def search(self, audiences: tuple[str, ...], question: Question, limit: int) -> tuple[Passage, ...]:
        """Passages with their real text, best first, from ``audiences`` alone."""
        meant = await asyncio.to_thread(self.catalogue.corrected, audiences, question.search_text)
        text = WORD.sub(lambda word: meant.get(word[0], word[0]), question.search_text)
        encoded = (await self.encoder.encode([text]))[0]
        wider = " ".join((text, *(word for _, others in question.also for word in others)))
        vector = encoded.vector if encoded.unknown_share < UNKNOWN_LIMIT else None
        return await asyncio.to_thread(self._find, audiences, text, wider, vector, limit)

    def note(self, result: tuple[Passage, ...]) -> str:
        """One line for the timeline."""
        documents = {p.document.key for p in result}
        if not result:
            return sentence("nothing found")
        if all(p.similarity is None for p in result):
            return sentence(f"{len(result)} found by words alone: the encoder does not know the question's language")
        plural = ("s" * (len(result) != 1), "s" * (len(documents) != 1))
        return sentence(f"{len(result)} passage{plural[0]} from {len(documents)} document{plural[1]}")

    def _find(
        self, audiences: tuple[str, ...], text: str, wider: str, vector: Vector | None, limit: int
    ) -> tuple[Passage, ...]:
        near = [] if vector is None else self.vectors.search(audiences, vector, CANDIDATES)
        found = self.catalogue.matches(audiences, wider, CANDIDATES, [chunk_id for chunk_id, _ in near])
        words = {hit.chunk_id: (rank, hit) for rank, hit in enumerate(found.hits, 1)}
        ids = list(dict.fromkeys([*words, *(chunk_id for chunk_id, _ in near)]))
        likeness = dict(near)
        if vector is not None:
            likeness |= self.catalogue.similarities(audiences, vector, [i for i in ids if i not in likeness])
        nearest = {chunk_id: rank for rank, chunk_id in enumerate(sorted(likeness, key=lambda i: -likeness[i]), 1)}
        candidates = []
        for chunk_id, (chunk, document) in sorted(self.catalogue.chunks(ids, audiences).items()):
            rank, hit = words.get(chunk_id, (None, None))
            candidates.append(
                Candidate(
                    chunk,
                    document,
                    hit.score if hit else 0.0,
                    likeness.get(chunk_id),
                    hit.terms if hit else frozenset(),
                    rank,
                    nearest.get(chunk_id),
                )
            )
        return _distinct(order(text, candidates, found.telling), limit)


def _distinct(ranked: Sequence[Ranked], limit: int) -> tuple[Passage, ...]:
    """The first ``limit`` that differ in more than blanks and case."""
    passages: dict[str, Passage] = {}
    for each in ranked:
        same = " ".join(each.candidate.chunk.text.split()).lower()
        if same not in passages and len(passages) < limit:
            passages[same] = Passage(
                chunk=each.candidate.chunk,
                document=each.candidate.document,
                score=each.score,
                similarity=each.candidate.similarity,
                word_rank=each.candidate.word_rank,
                vector_rank=each.candidate.vector_rank,
                stale=each.candidate.document.stale(),
                words=each.candidate.words,
                coverage=each.coverage,
            )
    return tuple(passages.values())
