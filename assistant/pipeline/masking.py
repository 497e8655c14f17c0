"""What a model may see of a passage: personal values masked, orders to a model left out.

Sentences that were flagged at ingestion are replaced by a mark, and plain signs are looked for again here, so that a
document that was indexed under a laxer policy, a file name or a title carries nothing past it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from assistant.guards.injection import merged
from assistant.guards.signs import signs
from assistant.privacy.handling import Handler
from assistant.privacy.placeholders import PlaceholderMap
from assistant.values import Chunk, Flag, Passage, PersonalData, Span

LEFT_OUT = "[left out: this sentence gives orders to a program]"


@dataclass
class PassageGuard:
    """Built once; keeps what was found in a passage, whose text never changes."""

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
        """The same passages without orders to a model, masked."""
        safe = [replace(p.chunk, text=without_orders(p.chunk)) for p in found]
        return tuple(
            replace(p, chunk=replace(c, text=self.mask(c.id, c.text, p.document.audience, placeholders)))
            for p, c in zip(found, safe, strict=True)
        )


def without_orders(chunk: Chunk) -> str:
    """The chunk's text with every flagged sentence replaced by a mark."""
    flags = merged(chunk.text, [*chunk.flags, *(Flag(s.start, s.end, s.reason, 1.0) for s in signs(chunk.text))])
    text = chunk.text
    for flag in reversed(flags):
        text = text[: flag.start] + LEFT_OUT + text[flag.end :]
    return text
