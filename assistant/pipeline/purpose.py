"""What a question wants: orders to the assistant against its rules, and topics that a policy does not take.

Runs after masking, so that a question that is not taken is on record with its text, and before anything is searched or
asked. The injection reader sees the question as it was typed, because what is invisible in it has to be seen. Fails
closed: a reader that raises, hangs or returns what is no score ends the turn as CheckFailed.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass

from assistant.errors import CheckFailed, FixedAnswer, HandedOff, Refused
from assistant.guards.acceptable_use import Use, UseCheck
from assistant.guards.injection import Finding, Injection
from assistant.pipeline.ask import Ask
from assistant.pipeline.results import Guarded
from assistant.policy import AcceptableUse
from assistant.values import sentence


@dataclass
class Purpose:
    """Built once; holds no state of its own."""

    injection: Injection
    use: UseCheck
    policy: AcceptableUse
    timeout_s: float = 10.0
    """Seconds that both readers may take together, once the topics' examples are encoded."""

    async def __call__(self, ask: Ask, guarded: Guarded) -> dict[str, float]:
        """Raw scores by reader; Refused, FixedAnswer or HandedOff where the question is not taken."""
        try:
            await self.use.ready()
            async with asyncio.timeout(self.timeout_s):
                order = await self.injection.question(ask.text)
                use = await self.use(guarded.clean)
            if not (isinstance(order, Finding) and isinstance(use, Use) and math.isfinite(order.score + use.score)):
                raise TypeError("not a score")
        except Exception as error:
            raise CheckFailed(f"purpose: {type(error).__name__}") from error
        if order.score >= self.policy.injection.question_threshold:
            raise Refused(self.policy.injection.text, f"injection {order.score:.3f}: {order.reason}")
        if use.topic is not None:
            self._topic(use)
        return {"injection": round(order.score, 4), "acceptable_use": round(use.score, 4)}

    def note(self, result: dict[str, float]) -> str:
        """One line for the timeline."""
        return sentence("nothing against the rules")

    def _topic(self, use: Use) -> None:
        assert use.topic is not None  # noqa: S101 - the caller asked
        topic, why = use.topic, f"acceptable use {use.score:.3f}: {use.topic.topic}"
        match topic.action:
            case "refuse":
                raise Refused(topic.text, why)
            case "answer":
                raise FixedAnswer(topic.text, why)
            case "hand_over":
                raise HandedOff(topic.text, topic.topic, topic.group, topic.respond_hours)
