"""What happened in one turn: times, verdicts, passages, outcome. It becomes the record and "How this was made".

A story gathers and never decides. It holds masked text only; the one exception is ``screen``, the restored answer
for its own reader, which goes to the event log and nowhere else.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from assistant.pipeline.gather import ANOTHER
from assistant.values import Citation, Message, Outcome, Passage, Question, Route, Usage, Verdict, sentence

if TYPE_CHECKING:
    from assistant.pipeline.ask import Ask
    from assistant.pipeline.results import Decision, Draft, Ending, Guarded, Prompt, Report


class Story:
    """The account of a turn, filled in as it runs."""

    def __init__(self, ask: Ask, policy_version: str) -> None:
        self.ask = ask
        self.policy_version = policy_version
        self.began = time.perf_counter()
        self.stages: list[dict[str, Any]] = []
        self.guarded: Guarded | None = None
        self.purpose: dict[str, float] = {}
        self.question: Question | None = None
        self.passages: tuple[Passage, ...] = ()
        self.route: Route | None = None
        self.prompt: Prompt | None = None
        self.attempts: list[str] = []
        self.notices: list[str] = []
        self.verdicts: list[Verdict] = []
        self.withheld: list[str] = []
        self.usage = Usage()
        self.cost = 0.0
        self.model = ""
        self.mode = "stream"
        self.confidence: float | None = None
        self.band = ""
        self.signals: dict[str, float] = {}
        self.offer_person = False
        self.outcome: Outcome = "failed"
        self.text = ""
        self.screen = ""
        self.citations: tuple[Citation, ...] = ()
        self.ending_detail = ""
        self.choices: tuple[str, ...] = ()
        self.handoff: tuple[str, str, float] | None = None
        if ask.attempt > 1:
            self.notices.append(ANOTHER)
            ask.log.add("notice", text=ANOTHER)

    async def run(self, name: str, stage: Callable[..., Any], *args: Any) -> Any:
        """Run one stage, timed, with its start and its one-line result as events."""
        note = ""
        with self.timed(name) as entry:
            result = stage(*args)
            if inspect.isawaitable(result):
                result = await result
            self._learn(name, result)
            describe = getattr(stage, "note", None)
            note = describe(result) if describe else ""
            entry["note"] = note
        return result

    @contextmanager
    def timed(self, name: str) -> Iterator[dict[str, Any]]:
        """Time a block as stage ``name``; yields the entry, whose ``note`` may be set."""
        self.ask.log.add("stage", name=name, state="start", ms=0.0, note="")
        entry: dict[str, Any] = {"name": name, "ms": 0.0, "note": ""}
        began = time.perf_counter()
        try:
            yield entry
        except BaseException as error:
            entry["note"] = sentence(f"ended here ({type(error).__name__})")
            raise
        finally:
            entry["ms"] = round((time.perf_counter() - began) * 1000, 2)
            self.stages.append(entry)
            self.ask.log.add("stage", name=name, state="done", ms=entry["ms"], note=entry["note"])

    def _learn(self, name: str, result: Any) -> None:
        if name == "guard":
            self.guarded = result
            if result.masked.shown:
                items = [{"entity": e, "placeholder": p} for e, p in result.masked.shown]
                self.ask.log.add("masked", items=items)
        elif name == "purpose":
            self.purpose = result
        elif name == "rewrite":
            self.question = result
        elif name == "retrieve":
            self.passages = result
        elif name == "route":
            self.route = result

    def tried(self, route: Route, draft: Draft, report: Report, prompt: Prompt) -> None:
        """Note one complete attempt of a tier."""
        self.route, self.prompt = route, prompt
        self.attempts.append(route.tier)
        self.passages = tuple(prompt.context.passages)
        self.verdicts = [*draft.verdicts, *report.verdicts]
        self.withheld = list(draft.withheld)
        self.confidence = report.confidence
        self.band, self.signals = report.band, report.signals
        self.mode = draft.mode
        self.model = prompt.context.model
        used = prompt.context.usage
        self.usage = Usage(
            self.usage.tokens_in + used.tokens_in,
            self.usage.tokens_out + used.tokens_out,
            self.usage.estimated or used.estimated,
        )
        self.cost += prompt.context.cost

    def again(self, decision: Decision) -> None:
        """Another tier takes over: what was shown is taken back, and the reader is told."""
        self.notices.append(decision.reason)
        self.ask.log.withdraw(decision.reason)
        self.ask.log.add("notice", text=decision.reason)

    def end(self, ending: Ending) -> None:
        """Take over how the turn ended."""
        self.outcome = ending.outcome
        self.text, self.screen = ending.text, ending.screen
        self.citations = ending.citations
        self.ending_detail = ending.detail
        self.choices = ending.choices
        self.offer_person = ending.offer_person
        self.handoff = ending.handoff

    def made(self) -> dict[str, Any]:
        """ "How this answer was made", masked, as kept with the message."""
        cited = {c.chunk_id for c in self.citations}
        return {
            "stages": self.stages,
            "total_ms": round((time.perf_counter() - self.began) * 1000, 1),
            "masked": [{"entity": e, "placeholder": p} for e, p in (self.guarded.masked.shown if self.guarded else ())],
            "guards": self.purpose,
            "tier": self.route.tier if self.route else "",
            "tier_reason": self.route.reason if self.route else "",
            "question_kind": self.route.kind if self.route else "",
            "attempts": self.attempts,
            "notices": self.notices,
            "model": self.model,
            "rewritten": self.question.text if self.question and self.question.rewritten else None,
            "passages": [_passage_row(p, p.chunk.id in cited) for p in self.passages],
            # Why a check said no may quote what must not be shown; the record keeps it, sealed.
            "verdicts": [asdict(v if v.passed else replace(v, detail="")) for v in self.verdicts],
            "withheld": len(self.withheld),
            "confidence": self.confidence,
            "band": self.band,
            "signals": self.signals,
            "tokens_in": self.usage.tokens_in,
            "tokens_out": self.usage.tokens_out,
            "tokens_estimated": self.usage.estimated,
            "cost": self.cost,
            "policy_version": self.policy_version,
            "mode": self.mode,
            "offer_person": self.offer_person,
            "detail": self.ending_detail,
            "choices": list(self.choices),
        }

    def seen(self) -> dict[str, Any]:
        """What the model was given, masked, for the asker to read; empty when no model was asked."""
        if self.prompt is None:
            return {}
        return {
            "question": self.prompt.context.question.text,
            "turns": [[turn.question, turn.answer] for turn in self.prompt.turns],
            "passages": [
                {"title": p.document.title, "heading": list(p.chunk.heading), "text": p.chunk.text}
                for p in self.prompt.context.passages
            ],
        }

    def message(self, message_id: str, created: Any) -> Message:
        """The answer as the conversation keeps it, masked."""
        return Message(
            id=message_id,
            role="assistant",
            text=self.text,
            created=created,
            turn_id=self.ask.turn_id,
            outcome=self.outcome,
            citations=self.citations,
            made=self.made(),
        )

    def shown(self) -> dict[str, Any]:
        """Data of the ``done`` event: restored for the turn's own reader."""
        return {
            "outcome": self.outcome,
            "text": self.screen,
            "citations": [asdict(c) for c in self.citations],
            "made": self.made(),
        }


def _passage_row(passage: Passage, used: bool) -> dict[str, Any]:
    return {
        "chunk_id": passage.chunk.id,
        "title": passage.document.title,
        "version": passage.document.version,
        "document_key": passage.document.key,
        "heading": list(passage.chunk.heading),
        "page": passage.chunk.page,
        "score": round(passage.score, 4),
        "similarity": None if passage.similarity is None else round(passage.similarity, 4),
        "word_rank": passage.word_rank,
        "vector_rank": passage.vector_rank,
        "stale": passage.stale,
        "used": used,
    }
