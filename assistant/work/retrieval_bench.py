"""The retrieval bench: one question through the turn's own search, with every candidate and why it came where it did.

The search is the one that a turn runs, not a copy of it. It searches the audiences that the manager chose among their
own, so that neither hits nor scores tell of documents that the manager may not read. The question is not kept.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.errors import StewardError
from assistant.pipeline.results import Guarded
from assistant.pipeline.rewrite import content_words
from assistant.privacy.placeholders import PlaceholderMap
from assistant.values import Masked, Passage, Question
from assistant.work.managing import chosen

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit
    from assistant.values import Person

DEPTH = 40
"""Candidates looked at. A turn takes the first few of them (``Retrieve.limit``)."""


@dataclass(frozen=True)
class Candidate:
    """One passage. ``shared`` are words of the question that stand in the passage, its headings or its title."""

    rank: int
    passage: Passage
    shared: tuple[str, ...]
    taken: bool
    """Whether a turn would have taken it to the model."""


@dataclass(frozen=True)
class Tried:
    """What one question found. ``ms`` is the time of the search alone."""

    question: Question
    audiences: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    ms: float


def as_asked(kit: Kit, text: str) -> Question:
    """The question as the turn's own rewriting makes it, without an earlier conversation."""
    return kit.rewrite(Guarded(text, Masked(text), PlaceholderMap({})), ())


async def try_question(kit: Kit, person: Person, text: str, audiences: Iterable[str]) -> Tried:
    """Search for ``text`` in ``audiences``. NotFound for an audience that is not theirs, StewardError for no text."""
    wanted = chosen(kit, person, audiences)
    text = " ".join(text.split())
    if not text:
        raise StewardError("Type a question to try.")
    if len(text) > kit.settings.question_max_chars:
        raise StewardError(f"A question has up to {kit.settings.question_max_chars:,} characters. Shorten it.")
    question = as_asked(kit, text)
    began = time.perf_counter()
    found = await kit.retrieve.search(wanted, question, DEPTH)
    ms = (time.perf_counter() - began) * 1000
    words = list(dict.fromkeys(content_words(" ".join([text, *(w for _, others in question.also for w in others)]))))
    candidates = [
        Candidate(rank, passage, _shared(words, passage), rank <= kit.retrieve.limit)
        for rank, passage in enumerate(found, 1)
    ]
    return Tried(question, wanted, tuple(candidates), ms)


def _shared(words: list[str], passage: Passage) -> tuple[str, ...]:
    """Words of the question that the passage has too, also in another ending ("leaves" for "leave")."""
    text = " ".join([passage.document.title, *passage.chunk.heading, passage.chunk.text])
    there = {_stem(word) for word in content_words(text)}
    return tuple(word for word in words if _stem(word) in there)


def _stem(word: str) -> str:
    for ending in ("'s", "’s", "ing", "es", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word.removesuffix("e") if len(word) > 3 else word
