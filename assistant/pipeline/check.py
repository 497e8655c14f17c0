"""Checks the whole answer with one guardrails-ai Guard, made of the same validators that passed each piece.

Adds what only the whole can show: whether anything was left to show, and how sure Steward is (``confidence.py``).
"""

from __future__ import annotations

from dataclasses import dataclass

from assistant.errors import CheckFailed
from assistant.pipeline.confidence import band, confidence, signals
from assistant.pipeline.results import Draft, Prompt, Report
from assistant.pipeline.within import within
from assistant.policy import Confidence
from assistant.validators.whole import WholeCheck
from assistant.values import sentence


@dataclass(frozen=True)
class Check:
    """One Guard for the kit's life."""

    whole: WholeCheck
    policy: Confidence
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
        found = signals(draft, prompt)
        sure = confidence(found, self.policy)
        return Report(verdicts, sure, blocked, not text, found, band(sure, self.policy))

    def note(self, report: Report) -> str:
        """One line for the timeline."""
        failed = [v.check for v in report.verdicts if not v.passed]
        if report.empty:
            return sentence("nothing was left to show")
        if failed:
            return sentence(f"failed: {', '.join(failed)}")
        return sentence(f"passed, confidence {report.confidence:.2f}")
