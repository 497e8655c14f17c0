"""Picks the smallest tier that should answer, by the kind and the length of the question, and says why.

Rules, no model: what kind a question is stands in its first words. The tiers and which kind goes where are in
``policies/tiers.yaml``. It does not know how good the tiers are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.policy import Tiers
from assistant.values import Passage, Question, QuestionKind, Route, sentence

RULES: tuple[tuple[QuestionKind, str, str], ...] = (
    (
        "comparison",
        r"\b(compare|compared|comparison|difference|differences|versus|vs\.?|better|rather than|differ)\b",
        sentence("it compares"),
    ),
    (
        "summary",
        r"\b(summari[sz]e|summary|overview|outline|in short|key points|main points|explain)\b",
        sentence("it asks for a summary"),
    ),
    (
        "calculation",
        r"\b(calculate|total|sum|add up|how much would|altogether|percentage of|pro[- ]?rata)\b",
        sentence("it needs a calculation"),
    ),
    (
        "reasoning",
        r"^\s*(why|should|what if|suppose|if\b.*\b(would|could|can|may|do|does|must))"
        r"|\b(am i allowed|would i|could i)\b",
        sentence("it needs several facts put together"),
    ),
    (
        "list",
        r"\b(list|which (\w+ )?(are|were|do|must|should|can)|what are|steps|examples|name (all|the))\b",
        sentence("it asks for a list"),
    ),
)


@dataclass(frozen=True)
class RouteRule:
    """Rules over the question and the passages."""

    tiers: Tiers

    def __call__(self, question: Question, passages: tuple[Passage, ...], attempt: int = 1) -> Route:
        """Always a tier that exists; a stronger one for each further answer that is asked for."""
        kind, why = self.kind(question.original)
        names = [t.name for t in self.tiers.tiers]
        at = names.index(self.tiers.routes.get(kind, names[0]))
        words = len(question.original.split())
        if words > self.tiers.long_question_words and at + 1 < len(names):
            at, why = at + 1, sentence(f"{why}, and it is long ({words} words)")
        if attempt > 1 and at + 1 < len(names):
            at, why = min(at + attempt - 1, len(names) - 1), sentence(f"{why}, and another answer was asked for")
        return Route(names[at], kind, f"{names[at]}: {why}")

    def note(self, result: Route) -> str:
        """One line for the timeline."""
        return result.reason

    @staticmethod
    def kind(text: str) -> tuple[QuestionKind, str]:
        """The kind of question and the reason in words."""
        for kind, pattern, why in RULES:
            if re.search(pattern, text, re.IGNORECASE):
                return kind, why
        return "look_up", sentence("a look-up")
