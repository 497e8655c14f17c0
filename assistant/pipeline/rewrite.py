"""Makes a question that stands alone out of a follow-up, without a model.

A follow-up is recognised by its form (it opens with "and", "what about", or points back with "it", "that", "they",
or is a fragment without a verb), or by standing after a question that was asked back, and is completed with the topic
of the last question that stood alone. The result is what retrieval and routing see. It does not resolve which of
several things "it" means; with an own topic in the question (three or more content words of its own) nothing is added.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from assistant.pipeline.results import Guarded, Turn
from assistant.pipeline.vocabulary import Thesaurus
from assistant.values import Question, sentence

OPENING = re.compile(
    r"^\s*(and|or|but|so|also|then|what about|how about|what if|what else|same for|ok(ay)?[, ]|thanks?[,. ]"
    r"|does (it|that|this)|is (it|that|this)|are (they|those|these)|do (they|those|these)|can (it|they|that)"
    r"|why|who else|which ones?|how come|for how long|until when|since when)\b",
    re.IGNORECASE,
)
POINTING = re.compile(
    r"\b(it|its|that|this|these|those|they|them|their|there|he|she|him|her|the same|the other|the latter|the former"
    r"|one|ones|instead|else|too|as well)\b",
    re.IGNORECASE,
)
ASKING = re.compile(r"^\s*(how|what|when|where|who|why|can|do|does|is|are|may|must|should|will)\b", re.IGNORECASE)
WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
PLAIN = frozenset(
    """
    a an the i me my mine we us our you your he she it its they them their this that these those there here is are was
    were be been being am do does did done doing have has had having will would can could may might shall should must
    of in on at to for from by with about as into over under than then and or but so if not no yes how what when where
    which who whom whose why any some all each every more most much many few other another same such only own very
    just also too else ok okay please thanks thank hi hello hey get got tell need want know let
    """.split()  # noqa: SIM905 (a list of 120 strings is harder to read)
)


def content_words(text: str) -> list[str]:
    """Words of ``text`` that carry a topic, lower case, in order."""
    return [w for w in (m.group().lower() for m in WORD.finditer(text)) if w not in PLAIN and len(w) > 1]


@dataclass(frozen=True)
class Rewrite:
    """Stateless."""

    thesaurus: Thesaurus
    own_topic: int = 4

    def __call__(self, guarded: Guarded, history: tuple[Turn, ...]) -> Question:
        """The question as it will be searched, routed and answered."""
        question = self._complete(guarded, history)
        return replace(question, also=self.thesaurus.also(question.text))

    def _complete(self, guarded: Guarded, history: tuple[Turn, ...]) -> Question:
        text = guarded.masked.text
        if history and history[-1].asked_back and self._makes_clear(text):
            joined = f"{history[-1].question.rstrip(' ?.!')} — {text}"
            return Question(joined, guarded.placeholders.restore(joined), text, rewritten=True)
        if not self._points_back(text):
            return Question(text, guarded.clean, text)
        if not history:
            return Question(text, guarded.clean, text, stands_alone=self._has_topic(text))
        topic = history[-1].question
        joined = f"{topic.rstrip(' ?.!')} — {text}"
        return Question(joined, guarded.placeholders.restore(joined), text, rewritten=True)

    def note(self, result: Question) -> str:
        """One line for the timeline."""
        if result.rewritten:
            return sentence(f"read as: {result.text}")
        return sentence("stands alone" if result.stands_alone else "cannot stand alone: it points back at nothing")

    def _has_topic(self, text: str) -> bool:
        """Whether a question without a history says what it is about; a single word such as "overtime?" does."""
        own = len(content_words(text))
        return own >= 2 or (own == 1 and not OPENING.search(text) and not POINTING.search(text))

    def _makes_clear(self, text: str) -> bool:
        """Whether ``text`` says which one was meant, rather than asking something new."""
        own = len(content_words(text))
        return own <= (1 if ASKING.search(text) else self.own_topic + 2)

    def _points_back(self, text: str) -> bool:
        own = len(content_words(text))
        if OPENING.search(text):
            return own < self.own_topic + 2
        if POINTING.search(text):
            return own < self.own_topic
        return own <= 1
