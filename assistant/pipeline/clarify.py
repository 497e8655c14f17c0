"""Asks back when it matters: which plan, which year?

When the best passages say nearly the same in near-identical documents, but with other figures, and the question names
none of these documents, no single answer is right: the turn ends with a question that names them. It also asks back
when a question points back at nothing and holds no topic of its own. It does not ask when the question compares, or
wants all of them; and what reads alike and states the same figures is one answer, whichever document it is quoted from.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.errors import AskedBack
from assistant.pipeline import naming
from assistant.tiers.extract import stems
from assistant.values import Passage, Question, sentence

LOOKED_AT = 4
CLOSE = 0.8
"""A variant's passage counts when its score is at least this share of the best one's."""
ALIKE = 0.5
"""Share of the shorter passage's words that the other holds too."""
MOST_NAMED = 4
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
SEVERAL = re.compile(
    r"\b(compare[ds]?|comparison|differ\w*|versus|vs|both|each|every|all|either|or|between|across|over time|trend\w*"
    r"|latest|newest|current\w*|most recent|plans|options|quarters|years|versions|policies)\b",
    re.IGNORECASE,
)
TOPIC = sentence("What is your question about? Please ask it again with the topic in it.")


@dataclass(frozen=True)
class Clarify:
    """Rules over the question and the passages; stateless."""

    def __call__(self, question: Question, passages: Sequence[Passage]) -> None:
        """Raises AskedBack, with the names to choose from, when the question has to be made clear first."""
        if not question.stands_alone and not set(stems(question.original)):
            raise AskedBack(TOPIC)
        named = self.choices(question, passages)
        if named:
            between = ", ".join(f"*{name}*" for name in named)
            raise AskedBack(f"The documents differ on this. Which one do you mean: {between}?", tuple(named))

    def note(self, result: None) -> str:
        """One line for the timeline."""
        return ""

    @staticmethod
    def choices(question: Question, passages: Sequence[Passage]) -> list[str]:
        """Names of the variants that answer differently, best first; empty when there is nothing to ask."""
        if len(passages) < 2 or SEVERAL.search(question.original):
            return []
        best = passages[0]
        rivals = [
            p
            for p in passages[1:LOOKED_AT]
            if p.score >= CLOSE * best.score and naming.variants(best.document, p.document) and _contradict(best, p)
        ]
        documents = list({p.document.id: p.document for p in (best, *rivals)}.values())[:MOST_NAMED]
        if len(documents) < 2:
            return []
        said = naming.words(question.search_text)
        if any(naming.telling(d, [o for o in documents if o is not d]) & said for d in documents):
            return []
        return [naming.label(document, documents) for document in documents]


def _contradict(one: Passage, other: Passage) -> bool:
    """Whether two passages read alike but state other figures."""
    mine, theirs = set(stems(one.chunk.text)), set(stems(other.chunk.text))
    plain = [{w for w in words if not NUMBER.search(w)} for words in (mine, theirs)]
    fewer = min(map(len, plain))
    if not fewer or len(plain[0] & plain[1]) < ALIKE * fewer:
        return False
    figures = [set(NUMBER.findall(p.chunk.text)) for p in (one, other)]
    return bool(figures[0] - figures[1]) and bool(figures[1] - figures[0])
