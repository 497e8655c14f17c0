"""Is a sentence supported by the passages that it cites?

``support`` (see ``support.py`` for the formula and its limits) gives the score; the policy's ``grounding_threshold``
decides. A sentence without a citation is measured against all passages: that it cites nothing is for
``citations.py`` to say. Short lead-ins and headings state little and need less support, but some.
"""

from __future__ import annotations

from typing import Any

from guardrails import register_validator  # type: ignore[import-untyped]

from assistant.validators.citations import claims
from assistant.validators.piece import AnswerCheck, Piece, example, passage_text
from assistant.validators.support import Support, answer_support, sentences, support
from assistant.values import Verdict

__all__ = ["EXAMPLES", "Grounding", "Support", "answer_support", "support"]

LEAD_IN = 0.3
"""What a line that states nothing needs of the threshold."""

_LEAVE = (
    "Birth mothers receive 16 weeks of paid leave. Partners receive 4 weeks of paid leave.\n"
    "Requests must reach Dana Whitfield before 1 April 2026.\n"
    "Claims above SGD 1,500 are not reimbursed without approval."
)
_SHIFTS = (
    "| Shift | Hours | Allowance (MYR) |\n|---|---|---|\n| Day | 07:00 to 15:00 | 40 |\n| Night | 21:00 to 07:00 | 90 |"
)
EXAMPLES: tuple[tuple[str, Piece, bool], ...] = (
    ("a quotation", example("Birth mothers receive 16 weeks of paid leave. [1]", _LEAVE), True),
    ("the number in words", example("Birth mothers receive sixteen weeks of paid leave [1].", _LEAVE), True),
    ("the date written otherwise", example("Requests must reach Dana Whitfield before 2026-04-01 [1].", _LEAVE), True),
    ("another figure", example("Birth mothers receive 26 weeks of paid leave. [1]", _LEAVE), False),
    ("somebody else's figure", example("Partners receive 16 weeks of paid leave. [1]", _LEAVE), False),
    ("another unit", example("Birth mothers receive 16 days of paid leave. [1]", _LEAVE), False),
    ("another date", example("Requests must reach Dana Whitfield before 2 April 2026. [1]", _LEAVE), False),
    ("another name", example("Requests must reach Dana Holloway before 1 April 2026. [1]", _LEAVE), False),
    ("another currency", example("Claims above EUR 1,500 are not reimbursed without approval. [1]", _LEAVE), False),
    ("the negation dropped", example("Claims above SGD 1,500 are reimbursed without approval. [1]", _LEAVE), False),
    ("a negation added", example("Partners do not receive 4 weeks of paid leave. [1]", _LEAVE), False),
    ("the opposite", example("Requests must reach Dana Whitfield after 1 April 2026. [1]", _LEAVE), False),
    (
        "the figure of the question only",
        example("You receive 30 weeks. [1]", _LEAVE, question="Is it 30 weeks?"),
        False,
    ),
    ("another passage says it", example("Lunch is served at noon. [1]", _LEAVE, "Lunch is served at noon."), False),
    ("something else altogether", example("The canteen offers vegetarian dishes. [1]", _LEAVE), False),
    ("a row read out", example("- Night — Hours: 21:00 to 07:00; Allowance (MYR): 90. [1]", _SHIFTS), True),
    ("a row read out wrongly", example("- Night — Hours: 07:00 to 15:00; Allowance (MYR): 90. [1]", _SHIFTS), False),
    ("another row's figure", example("- Night — Hours: 21:00 to 07:00; Allowance (MYR): 40. [1]", _SHIFTS), False),
    ("a lead-in", example("In short, for mothers:", _LEAVE), True),
    ("a lead-in about something else", example("You will be dismissed on Monday:", _LEAVE), False),
    ("the abstaining sentence", example("The documents do not say.", _LEAVE), True),
)


@register_validator(name="steward/grounding", data_type="string")
class Grounding(AnswerCheck):
    """Passes when the weakest sentence of a piece reaches ``threshold``."""

    name = "grounding"

    def __init__(self, threshold: float = 0.35, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.threshold = threshold

    def judge(self, piece: Piece) -> Verdict:
        if piece.abstains:
            return Verdict(self.name, True, None, "abstains")
        cited = [piece.passages[n - 1] for n in piece.cited if 1 <= n <= len(piece.passages)]
        texts = [passage_text(passage) for passage in cited or piece.passages]
        stated = sentences(piece.text)
        found = [support(sentence, texts, piece.question) for sentence in stated]
        if not found:
            return Verdict(self.name, True, None, "states nothing")
        least = [self.threshold * (1.0 if claims(said) else LEAD_IN) for said in stated]
        weakest, needed = min(zip(found, least, strict=True), key=lambda pair: pair[0].score - pair[1])
        return Verdict(self.name, weakest.score >= needed, weakest.score, "; ".join(weakest.missing))
