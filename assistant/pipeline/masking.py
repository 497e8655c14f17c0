"""Masks passages with the conversation's own map before a model sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from assistant.policy import Pii
from assistant.privacy.placeholders import PlaceholderMap
from assistant.values import Passage, PersonalData, Span


@dataclass
class PassageGuard:
    """Masks passages with the conversation's own map before a model sees them."""

    personal: PersonalData
    policy: Pii
    _found: dict[str, list[Span]] = field(default_factory=dict)
    _limit: int = 20_000

    def mask(self, chunk_id: str, text: str, placeholders: PlaceholderMap) -> str:
        """``text`` of a passage, masked. Findings are kept per passage: a chunk's text never changes."""
        spans = self._found.get(chunk_id)
        if spans is None:
            spans = [s for s in self.personal.find(text) if self.policy.entities.get(s.entity) in ("mask", "block")]
            if len(self._found) >= self._limit:
                self._found.clear()
            self._found[chunk_id] = spans
        return placeholders.mask_known(placeholders.mask(text, [replace(s) for s in spans]).text)

    def passages(self, found: Sequence[Passage], placeholders: PlaceholderMap) -> tuple[Passage, ...]:
        """The same passages, masked."""
        return tuple(
            replace(p, chunk=replace(p.chunk, text=self.mask(p.chunk.id, p.chunk.text, placeholders))) for p in found
        )
