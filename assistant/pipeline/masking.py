"""Masks passages with the conversation's own map before a model sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from assistant.privacy.handling import Handler
from assistant.privacy.placeholders import PlaceholderMap
from assistant.values import Passage, PersonalData, Span


@dataclass
class PassageGuard:
    """Masks passages with the conversation's own map before a model sees them."""

    personal: PersonalData
    handler: Handler
    _found: dict[str, list[Span]] = field(default_factory=dict)
    _limit: int = 20_000

    def mask(self, chunk_id: str, text: str, audience: str, placeholders: PlaceholderMap) -> str:
        """``text`` of a passage of ``audience``, masked. Findings are kept: the text of a chunk never changes."""
        spans = self._found.get(chunk_id)
        if spans is None:
            spans = self.handler.to_replace(self.personal.find(text), audience)
            if len(self._found) >= self._limit:
                self._found.clear()
            self._found[chunk_id] = spans
        return placeholders.mask_known(self.handler.mask(text, spans, placeholders, audience).text)

    def passages(self, found: Sequence[Passage], placeholders: PlaceholderMap) -> tuple[Passage, ...]:
        """The same passages, masked."""
        return tuple(
            replace(
                p, chunk=replace(p.chunk, text=self.mask(p.chunk.id, p.chunk.text, p.document.audience, placeholders))
            )
            for p in found
        )
