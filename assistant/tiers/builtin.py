"""The built-in answerer: quotes the sentences that answer, with citations, and never writes one of its own.

It is a real LangChain chat model, so that the agent, the checks and the record treat it like any other; its passages
come as typed context. It promises that every sentence it gives stands in a passage it cites, and that it says so
when the passages do not seem to hold the answer. It does not combine, calculate, compare or rephrase: that takes a
model server. Whether there is an answer at all is judged by ``answerable.py``.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import ConfigDict

from assistant.tiers.answerable import Answerable, Found, Judgement, Scored
from assistant.tiers.extract import sentences
from assistant.values import ABSTAIN, AnswerContext

LISTING = re.compile(
    r"\b(list|which|what are|steps|examples|name (all|the)|who are|documents? do i need|procedure|process|how do i"
    r"|how (do|should|can) (i|we|you)|compare|difference|summar)\b",
    re.IGNORECASE,
)


class BuiltinAnswerer(BaseChatModel):
    """Extractive answers. Streams one unit a delta."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    answerable: Answerable
    per_passage: tuple[int, ...] = (4, 3, 2)
    listed: int = 8
    per_part: int = 2
    enough: float = 0.9
    within: float = 3.0

    @property
    def _llm_type(self) -> str:
        return "steward-builtin"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        raise TypeError("The built-in answerer is asynchronous: use astream or ainvoke.")

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        """Quoted units with citations, or the abstaining sentence. Needs ``context`` among the keywords."""
        context: AnswerContext = kwargs["context"]
        judged = await self.answerable(context.question, context.passages)
        context.answerability = judged.probability
        if not judged.answers:
            yield _chunk(ABSTAIN)
            return
        chosen = self.choose(context.question.original, judged)
        for at, scored in enumerate(chosen):
            opening = "- " if scored.unit.kind in ("item", "row") and len(chosen) > 1 else ""
            following = chosen[at + 1].unit.kind if at + 1 < len(chosen) else ""
            listed = opening != ""
            gap = (
                "\n\n"
                if listed and following == "sentence"
                else "\n"
                if listed or following in ("item", "row")
                else " "
            )
            lead = f"{cited(scored.unit.lead, scored.unit.number)}\n" if self._opens_list(chosen, at) else ""
            yield _chunk(f"{lead}{opening}{cited(scored.unit.text, scored.unit.number)}{gap}")

    def choose(self, question: str, judged: Judgement) -> list[Scored]:
        """The units to quote, in reading order passage by passage, the best passage first.

        Passages come in until their shares make ``enough`` of all, with fewer units from each further one: a rule and
        its exception usually stand together, and the second best passage is often the right one. Of a question in
        parts each part gets the best units of its own best passage.
        """
        listing = bool(LISTING.search(question))
        chosen: list[Scored] = []
        shares = 0.0
        for found, most in zip(judged.passages, self.per_passage, strict=False):
            chosen += self._best(found, self.listed if listing and not chosen else most)
            shares += found.share
            if shares >= self.enough:
                break
        for part in judged.by_part:
            chosen += self._best(part[0], self.per_part)
        unique = list({(s.unit.number, s.unit.position): s for s in chosen}.values())
        first = {s.unit.number: i for i, s in reversed(list(enumerate(unique)))}
        return sorted(unique, key=lambda s: (first[s.unit.number], s.unit.position))

    def _best(self, found: Found, most: int) -> list[Scored]:
        """At most ``most`` units of a passage, none far below its best; a line that opens a list brings the list."""
        fitting = [s for s in found.units if not self._lesser_row(s, found)]
        near = [s for s in fitting if s.score >= fitting[0].score - self.within][:most]
        led = {s.unit.text: [u for u in fitting if u.unit.lead == s.unit.text][: self.listed] for s in near}
        return [u for s in near for u in led[s.unit.text] or [s]]

    @staticmethod
    def _lesser_row(scored: Scored, found: Found) -> bool:
        """A row of a table that fits fewer of the question's words than another: another product, another place."""
        return scored.unit.kind == "row" and any(
            scored.matched < other.matched for other in found.units if other.unit.kind == "row"
        )

    @staticmethod
    def _opens_list(chosen: Sequence[Scored], at: int) -> bool:
        unit = chosen[at].unit
        before = chosen[at - 1].unit if at else None
        return bool(unit.lead) and (before is None or (before.lead != unit.lead and before.text != unit.lead))


def cited(text: str, number: int) -> str:
    """``text`` with the citation after each of its sentences, since each is checked by itself."""
    ended = (s if s.endswith((".", "!", "?", ":")) else f"{s}." for s in sentences(text))
    return " ".join(f"{s} [{number}]" for s in ended)


def _chunk(text: str) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=AIMessageChunk(content=text))
