"""Does each sentence that claims something name a passage, and one that has to do with it?

Every number must name an existing passage, and the passages named must hold a fair share of the sentence's content
words by themselves; what other passages hold does not count. Whether they say the same is for ``grounding.py``.
"""

from __future__ import annotations

import re
from dataclasses import replace

from guardrails import register_validator  # type: ignore[import-untyped]

from assistant.validators.piece import MARK, AnswerCheck, Piece, example, passage_text
from assistant.validators.support import Support, sentences, support
from assistant.validators.words import WORD, content
from assistant.values import Verdict

CHANCE = 0.45
"""Coverage that a passage on something else hardly reaches: of 431 unrelated pairs 95 in 100 stayed below 0.35."""
RULE = re.compile(r"^[\s|:*_=-]+$")
LEAD_IN = re.compile(r":\s*[*_]*\s*$")

_RULES = ("Employees receive 18 days of annual leave.", "The office in Jakarta opens at 8 in the morning.")
EXAMPLES: tuple[tuple[str, Piece, bool], ...] = (
    ("cited", example("Employees receive 18 days of annual leave [1].", *_RULES), True),
    ("cited after the stop", example("Employees receive 18 days of annual leave. [1]", *_RULES), True),
    ("no citation", example("Employees receive 18 days of annual leave.", *_RULES), False),
    ("a passage that does not exist", example("Employees receive 18 days of annual leave [3].", *_RULES), False),
    ("no passage is number 0", example("Employees receive 18 days of annual leave [0].", *_RULES), False),
    ("one of two does not exist", example("Employees receive 18 days of annual leave [1][7].", *_RULES), False),
    ("the wrong passage", example("Employees receive 18 days of annual leave [2].", *_RULES), False),
    ("second sentence uncited", example("Leave is 18 days [1]. Bonuses are paid in June.", *_RULES), False),
    ("a row", example("| Annual leave | 18 days | [1] |", *_RULES), True),
    ("a row without citation", example("| Annual leave | 18 days |", *_RULES), False),
    ("the line under a table's head", example("|---|:--|", *_RULES), True),
    ("a lead-in", example("In short, for employees:", *_RULES), True),
    ("a lead-in with a figure", example("You get 90 days of leave:", *_RULES), False),
    ("abstains", example("The documents do not say.", *_RULES), True),
)


@register_validator(name="steward/citations", data_type="string")
class Citations(AnswerCheck):
    """Passes when every claim in a piece is cited."""

    name = "citations"

    def judge(self, piece: Piece) -> Verdict:
        if piece.abstains:
            return Verdict(self.name, True, None, "abstains")
        wrong = [n for n in piece.cited if not 1 <= n <= len(piece.passages)]
        if wrong:
            return Verdict(self.name, False, 0.0, f"there is no passage {wrong[0]}")
        scores = []
        for sentence in sentences(piece.text):
            if not claims(sentence):
                continue
            cited = replace(piece, text=sentence).cited
            if not cited:
                return Verdict(self.name, False, 0.0, "a sentence names no passage")
            found = self._own_support(sentence, piece, cited)
            if found.coverage < CHANCE:
                return Verdict(self.name, False, found.coverage, "the passage named is about something else")
            scores.append(found.coverage)
        return Verdict(self.name, True, min(scores, default=None), "")

    @staticmethod
    def _own_support(sentence: str, piece: Piece, cited: tuple[int, ...]) -> Support:
        return support(sentence, [passage_text(piece.passages[n - 1]) for n in cited])


def claims(sentence: str) -> bool:
    """Whether ``sentence`` states something: not a rule of a table, nor a short lead-in without figures."""
    plain = MARK.sub("", sentence)
    if RULE.match(plain) or not WORD.search(plain):
        return False
    lead_in = LEAD_IN.search(plain) and len(plain.split()) <= 14 and not any(c.isdigit() for c in plain)
    heading = plain.lstrip().startswith("#")
    return not (lead_in or heading) and bool(content(plain) or any(c.isdigit() for c in plain))
