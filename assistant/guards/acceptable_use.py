"""Topics that Steward does not take, recognised by meaning from the examples in ``policies/acceptable_use.yaml``.

A question belongs to a topic when its vector lies close enough to one of the topic's examples, and closer than to any
harmless example by a margin (nearest neighbour; cosine of the encoder's vectors). Nothing is trained: a compliance
officer adds a line and it counts. Each sentence of a long question is looked at too. Where the encoder does not know
the language, it finds nothing, and says nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from assistant.guards.injection import sentences
from assistant.policy import AcceptableUse, UseTopic
from assistant.values import Encoder, Vector

LONG_WORDS = 25
"""A question with more words is also looked at sentence by sentence."""
MOST = 12


@dataclass(frozen=True)
class Use:
    """The topic a question belongs to, or none; ``score`` is the cosine to the nearest example that counts."""

    score: float
    topic: UseTopic | None = None


@dataclass
class UseCheck:
    """The topics' vectors are made at the first question, in one go."""

    encoder: Encoder
    policy: AcceptableUse
    _examples: tuple[tuple[UseTopic, ...], Vector, Vector] | None = field(default=None, repr=False)
    _making: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def ready(self) -> None:
        """Have the topics' vectors; a later call costs nothing."""
        await self._vectors()

    async def __call__(self, text: str) -> Use:
        """Errors of the encoder are the caller's to handle: the guard fails closed."""
        topics, examples, harmless = await self._vectors()
        parts = [text]
        if len(text.split()) > LONG_WORDS:
            parts += [text[a:b] for a, b in sentences(text)][:MOST]
        asked = np.stack([np.asarray(e.vector) for e in await self.encoder.encode(parts)])
        near = asked @ examples.T
        against = (asked @ harmless.T).max(axis=1) + self.policy.margin
        counts = np.where(near > against[:, None], near, 0.0)
        part, best = np.unravel_index(int(counts.argmax()), counts.shape)
        score = float(counts[part, best])
        return Use(score, topics[int(best)] if score >= self.policy.similarity else None)

    async def _vectors(self) -> tuple[tuple[UseTopic, ...], Vector, Vector]:
        async with self._making:
            if self._examples is None:
                self._examples = await self._made()
            return self._examples

    async def _made(self) -> tuple[tuple[UseTopic, ...], Vector, Vector]:
        pairs = [(topic, text) for topic in self.policy.topics for text in topic.examples]
        calm = [text for topic in self.policy.topics for text in topic.harmless]
        vectors = await self._encode([text for _, text in pairs] + calm)
        return tuple(t for t, _ in pairs), vectors[: len(pairs)], vectors[len(pairs) :]

    async def _encode(self, texts: Sequence[str]) -> Vector:
        return np.stack([np.asarray(e.vector) for e in await self.encoder.encode(texts, background=True)])
