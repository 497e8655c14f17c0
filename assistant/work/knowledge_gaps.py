"""Questions without a source: what was asked and could not be answered, by topic, for the people who write documents.

Read from the record at each call and kept nowhere else, so that erasing a person takes their questions out of it too.
What a manager may see:

- masked text only; never who asked, nor when to the hour;
- the wording of a topic only where at least ``gap_min_people`` (access.yaml) different people asked about it; of a
  smaller one its ordinary words and a count;
- only questions whose nearest passage they may read, and those that nothing came near: a question that almost hit a
  document of another audience could tell of it. Where the passage is gone, the question is left out.

Questions that went to a person for their topic (distress, harassment), or were refused, are not in it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.errors import NotFound
from assistant.values import Document, Vector
from assistant.work.managing import NOT_HERE, managed
from assistant.work.topics import Asked, Topic, topics

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit
    from assistant.values import Person

DAYS = 180
QUESTIONS = 1000
LOOK_BACK = 50_000
"""Rows of the record that are looked through, from its end: a long record must not slow the page down."""
NEAR = 0.35
"""Cosine below which a passage did not come near the question."""
SHOWN, WORDS = 6, 4
KEPT_VECTORS = 2000
UNKNOWN_LIMIT = 0.5


@dataclass(frozen=True)
class Gap:
    """One topic. ``questions`` is empty where too few people asked; ``words`` then are all there is to see.

    ``near`` is the document that came closest most often, or None: then a new one is needed. ``again`` counts
    questions that came after the topic had been marked as done.
    """

    id: str
    words: tuple[str, ...]
    questions: tuple[str, ...]
    count: int
    people: int
    """How many different people, or 0 where there are too few to say."""
    last: date
    near: Document | None
    section: str
    done: bool
    again: int


@dataclass(frozen=True)
class Report:
    """All topics, those that most people asked about first."""

    gaps: tuple[Gap, ...]
    min_people: int
    days: int = DAYS


@dataclass
class KnowledgeGaps:
    """Built once; keeps vectors of questions in memory, by the hash of their text, and nothing on disk."""

    kit: Kit
    _vectors: OrderedDict[str, Vector | None] = field(default_factory=OrderedDict)

    async def report(self, person: Person) -> Report:
        """The topics that ``person`` may see. NotFound for somebody who manages nothing."""
        mine, minimum = managed(self.kit, person), self.kit.policies.access.gap_min_people
        done = await asyncio.to_thread(self.kit.gap_marks.done)
        gaps = [self._gap(topic, done, minimum, mine) for topic in await self._topics(mine)]
        gaps.sort(key=lambda gap: (gap.done, not gap.questions, -gap.people, -gap.count, gap.id))
        return Report(tuple(gaps), minimum)

    async def mark(self, person: Person, gap_id: str, done: bool) -> None:
        """Mark a topic as taken care of, or take the mark away. NotFound when there is no such topic for them."""
        for topic in await self._topics(managed(self.kit, person)):
            if _id(topic) == gap_id:
                turns = [asked.turn for asked in topic.asked]
                await asyncio.to_thread(self.kit.gap_marks.mark, turns, done)
                self.kit.ledger.act("gap.done" if done else "gap.open", person.id, {"turns": turns})
                return
        raise NotFound(NOT_HERE)

    async def _topics(self, mine: Sequence[str]) -> list[Topic]:
        since = datetime.now(UTC) - timedelta(days=DAYS)
        rows = await asyncio.to_thread(self.kit.ledger.unanswered, since, QUESTIONS, LOOK_BACK)
        seen = await asyncio.to_thread(lambda: [asked for row in rows if (asked := self._visible(row, mine))])
        texts = list(dict.fromkeys(asked.text for asked in seen))
        await self._encode(texts)
        vectors = {text: self._vectors.get(_hash(text)) for text in texts}
        return await asyncio.to_thread(topics, seen, vectors)

    def _visible(self, row: dict[str, Any], mine: Sequence[str]) -> Asked | None:
        """The question of a row, where this manager may see it."""
        near, section = None, ""
        for passage in row["row"].get("passages", ())[:1]:
            likeness = passage.get("similarity") or 0.0
            if likeness < NEAR and passage.get("word_rank") != 1:
                break
            try:
                document = self.kit.catalogue.document(passage["document_key"], mine)
            except NotFound:
                return None
            if likeness >= NEAR:  # words alone hide a question, and are too little to advise where to write
                near, section = document, (passage.get("heading") or [""])[-1]
        return Asked(row["turn"], row["question"], row["actor"], datetime.fromisoformat(row["at"]), near, section)

    async def _encode(self, texts: Sequence[str]) -> None:
        """Vectors of texts that are new; None where the encoder does not know the language."""
        new = [text for text in texts if _hash(text) not in self._vectors]
        for text, encoded in zip(new, await self.kit.encoder.encode(new, background=True), strict=True):
            known = encoded.unknown_share < UNKNOWN_LIMIT
            self._vectors[_hash(text)] = np.asarray(encoded.vector) if known else None
        for text in texts:
            self._vectors.move_to_end(_hash(text))
        while len(self._vectors) > KEPT_VECTORS:
            self._vectors.popitem(last=False)

    def _gap(self, topic: Topic, done: dict[str, datetime], minimum: int, mine: Sequence[str]) -> Gap:
        people = len({asked.person for asked in topic.asked})
        enough = people >= minimum
        open_ = [asked for asked in topic.asked if asked.turn not in done]
        marked = [done[asked.turn] for asked in topic.asked if asked.turn in done]
        near = Counter((a.near.id, a.section) for a in topic.asked if a.near).most_common(1)
        document = next((a.near for a in topic.asked if near and a.near and a.near.id == near[0][0][0]), None)
        return Gap(
            id=_id(topic),
            words=tuple(w for w in topic.words if enough or self.kit.encoder.whole_word(w))[:WORDS],
            questions=tuple(dict.fromkeys(a.text for a in topic.asked))[:SHOWN] if enough else (),
            count=len(topic.asked),
            people=people if enough else 0,
            last=max(asked.at for asked in topic.asked).date(),
            near=document,
            section=near[0][0][1] if near else "",
            done=not open_,
            again=len(open_) if marked else 0,
        )


def _id(topic: Topic) -> str:
    """Names a topic by its oldest question, so that a new question does not rename it."""
    return _hash(min(topic.asked, key=lambda asked: (asked.at, asked.turn)).turn)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
