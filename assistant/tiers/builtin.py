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

from assistant.tiers.answerable import Answerable, Judgement, Scored
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
    few: int = 5
    many: int = 8

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
        if not judged.answers or not judged.units:
            yield _chunk(ABSTAIN)
            return
        chosen = self.choose(context.question.original, judged)
        for at, scored in enumerate(chosen):
            text = scored.unit.text
            if scored.unit.kind in ("item", "row") and len(chosen) > 1:
                text = f"- {text}"
            end = "" if text.endswith((".", "!", "?", ":")) else "."
            following = chosen[at + 1].unit.kind if at + 1 < len(chosen) else ""
            gap = "\n" if scored.unit.kind in ("item", "row") or following in ("item", "row") else " "
            lead = f"{scored.unit.lead} [{scored.unit.number}]\n" if self._opens_list(chosen, at) else ""
            yield _chunk(f"{lead}{text}{end} [{scored.unit.number}]{gap}")

    def choose(self, question: str, judged: Judgement) -> list[Scored]:
        """The units to quote, in reading order passage by passage, the best passage first.

        The best unit's own paragraph comes along as far as it bears on the question: a rule and its exception usually
        stand together. Units from elsewhere come in only when they match words that nothing chosen matches yet. Of a
        question in parts each part gets units of its own.
        """
        limit = self.many if LISTING.search(question) else self.few
        if not judged.by_part:
            chosen = self._best(judged.units, limit)
        else:
            own = [self._best(part, max(2, limit // len(judged.by_part))) for part in judged.by_part]
            rows = [s for part in own for s in part] + list(judged.units[:1])
            chosen = list({(s.unit.number, s.unit.position): s for s in rows}.values())
        first = {s.unit.number: i for i, s in reversed(list(enumerate(chosen)))}
        return sorted(chosen, key=lambda s: (first[s.unit.number], s.unit.position))

    def _best(self, ranked: Sequence[Scored], limit: int) -> list[Scored]:
        best = ranked[0]
        if best.unit.kind == "row":
            ranked = [s for s in ranked if not self._lesser_row(s, best)]
        chosen, covered = [best], set(best.matched)
        for scored in ranked[1:]:
            if len(chosen) == limit:
                break
            if scored.score >= self._floor(scored, best, limit > self.few, bool(scored.matched - covered)) * best.score:
                chosen.append(scored)
                covered |= scored.matched
        return chosen

    @staticmethod
    def _lesser_row(scored: Scored, best: Scored) -> bool:
        """A row of the same table that fits fewer of the question's words: another product, another place."""
        same_table = scored.unit.kind == "row" and scored.unit.around == best.unit.around
        return same_table and scored.matched < best.matched

    @staticmethod
    def _floor(scored: Scored, best: Scored, listing: bool, adds: bool) -> float:
        """Share of the best score that a further unit needs."""
        if scored.unit.number == best.unit.number:
            if scored.unit.kind == "sentence" == best.unit.kind and scored.unit.paragraph == best.unit.paragraph:
                return 0.5
            if scored.unit.kind == best.unit.kind and scored.unit.kind in ("item", "row"):
                return 0.55 if listing else 0.75
            return 0.7
        return 0.7 if adds else 0.85

    @staticmethod
    def _opens_list(chosen: Sequence[Scored], at: int) -> bool:
        unit = chosen[at].unit
        before = chosen[at - 1].unit if at else None
        return bool(unit.lead) and (before is None or (before.lead != unit.lead and before.text != unit.lead))


def _chunk(text: str) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=AIMessageChunk(content=text))
