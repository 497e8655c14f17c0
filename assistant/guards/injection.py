"""Does a text give orders to the assistant that its author may not give?

Three readers, the worst one counts: plain signs (``signs.py``), what is hidden in the text (``hidden.py``, read by
the same readers), and two trained heads on the encoder's token states, one for questions and one for sentences in
documents, where "write a poem" is as suspicious as "ignore your rules". A long text is read in windows and sentence by
sentence, so padding hides nothing. In documents the sentence that gives the order is named, so that it alone can be
withheld.
Does not cover: orders in languages that the encoder does not know, beyond the signs; pictures.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from assistant.encoder.heads.phrases import Floats, Phrases
from assistant.guards.hidden import hidden
from assistant.guards.signs import signs
from assistant.values import Flag

HEADS = Path(__file__).parent
WINDOW = 254
STRIDE = 190
SMUGGLED = 0.995
SIGNED = 0.99
ENDS = re.compile(r"(?<=[.!?:;])[\"'”’)\]]*\s+|\s*\n+\s*")
MIN_CHARS = 12
"""A stretch shorter than this is read together with the one before it."""


class States(Protocol):
    """The encoder's view of a text's tokens: ``states`` [n, 384], ``offsets`` n times (start, end)."""

    @property
    def states(self) -> Floats: ...
    @property
    def offsets(self) -> tuple[tuple[int, int], ...]: ...


class TokenEncoder(Protocol):
    """What this needs of the encoder."""

    async def token_states(self, text: str, *, background: bool = False) -> tuple[object, States]: ...


@dataclass(frozen=True)
class Finding:
    """How likely a text is an attack (0 to 1), and the reason in words, empty where there is none."""

    score: float
    reason: str = ""


@dataclass(frozen=True)
class Injection:
    """Built once, stateless. ``plain`` makes a text plain (full-width forms, invisible characters) for the readers."""

    encoder: TokenEncoder
    plain: Callable[[str], str]
    question_head: Phrases
    document_head: Phrases
    document_threshold: float

    @classmethod
    def build(cls, encoder: TokenEncoder, plain: Callable[[str], str], document_threshold: float) -> Injection:
        """Read both heads. Raises EncoderUnavailable."""
        question, document = (Phrases.open(HEADS / f"{name}.npz") for name in ("question", "document"))
        return cls(encoder, plain, question, document, document_threshold)

    async def question(self, text: str) -> Finding:
        """What a person typed. Errors of the encoder are the caller's to handle: the guard fails closed."""
        clean = self.plain(text)
        worst = await self._read(clean)
        for part in hidden(text):
            inner = await self._read(self.plain(part.text)) if part.text.strip() else Finding(0.0)
            if part.smuggled:
                worst = max(worst, Finding(SMUGGLED, f"text hidden in {part.how}"), key=lambda f: f.score)
            elif inner.score > worst.score:
                worst = Finding(inner.score, f"{inner.reason} ({part.how})")
        return worst

    async def flags(self, texts: Sequence[str], *, background: bool = False) -> list[tuple[Flag, ...]]:
        """Sentences of document texts that give orders to a model. Implements ``values.Suspicion``."""
        return [await self._flags(text, background) for text in texts]

    async def document(self, text: str) -> Finding:
        """The worst sentence of a document's text, whatever the threshold."""
        _, tokens = await self.encoder.token_states(text)
        found = [*self._plain_flags(text), *self._sentences(text, tokens, 0.0)]
        worst = max(found, key=lambda flag: flag.score, default=None)
        return Finding(worst.score, worst.reason) if worst else Finding(0.0)

    async def _read(self, text: str) -> Finding:
        if found := await asyncio.to_thread(signs, text):
            return Finding(SIGNED, found[0].reason)
        _, tokens = await self.encoder.token_states(text)
        parts = [*windows(len(tokens.states)), *(span for _, span in in_tokens(text, tokens))]
        score = max((self._window(tokens.states[a:b]) for a, b in parts), default=0.0)
        return Finding(score, "it reads like an order to the assistant against its rules")

    def _window(self, states: Floats) -> float:
        return self.question_head.probability(states, self.question_head.detected(states))

    async def _flags(self, text: str, background: bool) -> tuple[Flag, ...]:
        _, tokens = await self.encoder.token_states(text, background=background)
        found = await asyncio.to_thread(self._sentences, text, tokens, self.document_threshold)
        return merged(text, [*self._plain_flags(text), *found])

    def _plain_flags(self, text: str) -> list[Flag]:
        found = [Flag(s.start, s.end, s.reason, SIGNED) for s in signs(text)]
        return found + [Flag(0, len(text), f"text hidden in {h.how}", SMUGGLED) for h in hidden(text) if h.smuggled]

    def _sentences(self, text: str, tokens: States, threshold: float) -> list[Flag]:
        detected = self.document_head.detected(tokens.states)
        flags = []
        for (start, end), (first, last) in in_tokens(text, tokens):
            score = self.document_head.probability(tokens.states[first:last], detected[first:last])
            if score >= threshold:
                flags.append(Flag(start, end, "it reads like an order to a model", round(score, 4)))
        return flags


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence or line; short ones joined to what stands before them."""
    start = 0
    for match in [*ENDS.finditer(text), None]:
        end = match.start() if match else len(text)
        if match and end - start < MIN_CHARS:
            continue
        if text[start:end].strip():
            yield start, end
        start = match.end() if match else end


def in_tokens(text: str, tokens: States) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Each sentence as (start, end) in the text and (first, last) in its tokens; those without a token left out."""
    at = 0
    for start, end in sentences(text):
        first = at
        while at < len(tokens.offsets) and tokens.offsets[at][0] < end:
            at += 1
        if at > first:
            yield (start, end), (first, at)


def merged(text: str, flags: Sequence[Flag]) -> tuple[Flag, ...]:
    """Signs widened to their sentence, overlapping flags as one with the higher score."""
    spans = list(sentences(text))
    out: list[Flag] = []
    for flag in sorted(flags, key=lambda f: f.start):
        touched = [s for s in spans if s[0] < flag.end and flag.start < s[1]] or [(flag.start, flag.end)]
        wide = Flag(min(s[0] for s in touched), max(s[1] for s in touched), flag.reason, flag.score)
        if out and wide.start < out[-1].end:
            best = max(out[-1], wide, key=lambda f: f.score)
            out[-1] = Flag(out[-1].start, max(out[-1].end, wide.end), best.reason, best.score)
        else:
            out.append(wide)
    return tuple(out)


def windows(tokens: int) -> Iterator[tuple[int, int]]:
    """Overlapping windows over ``tokens`` tokens; none for none."""
    start = 0
    while start < tokens:
        yield start, min(start + WINDOW, tokens)
        if start + WINDOW >= tokens:
            return
        start += STRIDE
