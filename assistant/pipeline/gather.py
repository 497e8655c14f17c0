"""Gathers what an answer may rest on: the documents that the reader may read, and the conversation's own files.

Where another answer to the same question is asked for, it looks wider: twice the passages, with the company's other
words for the same in what is compared by meaning too.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from assistant.pipeline.ask import Ask
from assistant.pipeline.attached import Attached, merged
from assistant.pipeline.retrieve import Retrieve
from assistant.privacy.placeholders import PlaceholderMap
from assistant.values import Passage, Question, sentence


@dataclass(frozen=True)
class Gather:
    """Stateless."""

    retrieve: Retrieve
    attached: Attached

    async def __call__(self, ask: Ask, question: Question, placeholders: PlaceholderMap) -> tuple[Passage, ...]:
        """Masked passages, best first."""
        if ask.attempt > 1:
            found = await self.retrieve.masked(ask, wider(question), 2 * self.retrieve.limit, placeholders)
        else:
            found = await self.retrieve(ask, question, placeholders)
        mine = await self.attached.search(ask, question)
        if not mine:
            return found
        masked = await asyncio.to_thread(self.retrieve.guard.passages, mine, placeholders)
        return merged(found, list(masked))

    def note(self, result: tuple[Passage, ...]) -> str:
        """One line for the timeline."""
        return self.retrieve.note(result)


def wider(question: Question) -> Question:
    """The question with every other word for its words that the company's vocabulary knows."""
    others = [word for _, words in question.also for word in words]
    return replace(question, search_text=" ".join((question.search_text, *others))) if others else question


ANOTHER = sentence(
    "Another answer, because you asked for one: the search was wider and, where there is one, a stronger model answers."
)
"""Said on the screen and kept with the answer."""
