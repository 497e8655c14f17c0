"""Checks the whole answer with one guardrails-ai Guard, made of the same validators that passed each piece.

Adds what only the whole can show: whether anything was left to show, and how sure Steward is. The confidence here is
a plain product of retrieval and grounding, not calibrated: it ranks answers, it is no probability.
"""

from __future__ import annotations

from dataclasses import dataclass

from assistant.errors import CheckFailed
from assistant.pipeline.results import Draft, Prompt, Report
from assistant.pipeline.within import within
from assistant.validators.whole import WholeCheck
from assistant.values import sentence


@dataclass(frozen=True)
class Check:
    """One Guard for the kit's life."""

    whole: WholeCheck
    timeout_s: float = 10.0

    async def __call__(self, draft: Draft, prompt: Prompt) -> Report:
        """Raises CheckFailed when the Guard breaks."""
        text = "".join(p.text for p in draft.kept).strip()
        try:
            verdicts = (
                tuple(await within(self.timeout_s, "whole-answer guard", self.whole, text, draft.kept)) if text else ()
            )
        except CheckFailed:
            raise
        except Exception as error:
            raise CheckFailed(f"whole-answer guard: {type(error).__name__}") from error
        blocked = any(not v.passed and v.action != "show" for v in verdicts)
        return Report(verdicts, self._confidence(draft, prompt), blocked, empty=not text)

    def note(self, report: Report) -> str:
        """One line for the timeline."""
        failed = [v.check for v in report.verdicts if not v.passed]
        if report.empty:
            return sentence("nothing was left to show")
        if failed:
            return sentence(f"failed: {', '.join(failed)}")
        return sentence(f"passed, confidence {report.confidence:.2f}")

    def _confidence(self, draft: Draft, prompt: Prompt) -> float:
        """Weakest grounding x how well the cited passages match x how likely they hold an answer."""
        grounding = [v.score for v in draft.verdicts if v.check == "grounding" and v.passed and v.score is not None]
        cited = {c.chunk_id for c in draft.citations}
        near = [p.similarity for p in prompt.context.passages if p.chunk.id in cited and p.similarity is not None]
        match = min(1.0, max(near, default=0.3) / 0.6)
        answerable = prompt.context.answerability
        sure = min(grounding, default=0.0) * max(match, 0.0) * (1.0 if answerable is None else answerable)
        kept = len(draft.kept) / max(1, len(draft.kept) + len(draft.withheld))
        return round(sure * kept, 3)
