"""Finds passages: words and vectors together, from the audiences that the reader belongs to and no others.

Both lists are fused by reciprocal rank (Cormack, Clarke and Büttcher 2009, with a small k because the lists are
short) plus the two scores themselves, each scaled by the best of its list. The search text holds the
unmasked question and stays inside the process. Where the encoder knows too little of the question, vectors step
aside and the search is by words alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.errors import NotFound
from assistant.pipeline.ask import Ask
from assistant.pipeline.masking import PassageGuard
from assistant.privacy.placeholders import PlaceholderMap
from assistant.store.catalogue import Catalogue
from assistant.store.nearest import Nearest
from assistant.values import Encoder, Passage, Question, sentence

CANDIDATES = 40
RANK_K = 10
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
        text = question.search_text
        encoded = (await self.encoder.encode([text]))[0]
        wider = " ".join((text, *(word for _, others in question.also for word in others)))
        words = await asyncio.to_thread(self.catalogue.words, audiences, wider, CANDIDATES)
        near: Sequence[tuple[str, float]] = []
        if encoded.unknown_share < UNKNOWN_LIMIT:
            near = await asyncio.to_thread(self.vectors.search, audiences, encoded.vector, CANDIDATES)
        return await asyncio.to_thread(self._fuse, audiences, words, near, limit)

    def note(self, result: tuple[Passage, ...]) -> str:
        """One line for the timeline."""
        documents = {p.document.key for p in result}
        if not result:
            return sentence("nothing found")
        plural = ("s" * (len(result) != 1), "s" * (len(documents) != 1))
        return sentence(f"{len(result)} passage{plural[0]} from {len(documents)} document{plural[1]}")

    def _fuse(
        self,
        audiences: tuple[str, ...],
        words: Sequence[tuple[str, float]],
        near: Sequence[tuple[str, float]],
        limit: int,
    ) -> tuple[Passage, ...]:
        word_at = {key: (rank, score) for rank, (key, score) in enumerate(words, 1)}
        near_at = {key: (rank, score) for rank, (key, score) in enumerate(near, 1)}
        best_word = max((s for _, s in words), default=1.0) or 1.0
        scores: dict[str, float] = {}
        for key, (rank, score) in word_at.items():
            scores[key] = 0.5 / (RANK_K + rank) * RANK_K + 0.5 * score / best_word
        for key, (rank, similarity) in near_at.items():
            scores[key] = scores.get(key, 0.0) + 0.5 / (RANK_K + rank) * RANK_K + max(similarity, 0.0)
        passages: list[Passage] = []
        seen: set[str] = set()
        for chunk_id in sorted(scores, key=lambda c: (-scores[c], c)):
            try:
                chunk, document = self.catalogue.chunk(chunk_id, audiences)
            except NotFound:  # vectors may name a chunk that the catalogue no longer holds
                continue
            if chunk_id not in word_at and not self.catalogue.is_searched(document.key):  # expired or superseded
                continue
            same = " ".join(chunk.text.split()).lower()
            if same in seen:
                continue
            seen.add(same)
            passages.append(
                Passage(
                    chunk=chunk,
                    document=document,
                    score=scores[chunk_id],
                    similarity=near_at[chunk_id][1] if chunk_id in near_at else None,
                    word_rank=word_at[chunk_id][0] if chunk_id in word_at else None,
                    vector_rank=near_at[chunk_id][0] if chunk_id in near_at else None,
                    stale=document.stale(),
                )
            )
            if len(passages) == limit:
                break
        return tuple(passages)
