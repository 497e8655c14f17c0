"""Is a sentence supported by the passages that it cites?

``support`` (see ``support.py`` for the formula and its limits) gives the score; the policy's ``grounding_threshold``
decides. A sentence without a citation is measured against all passages: that it cites nothing is for
``citations.py`` to say. Lead-ins and table heads, which state nothing, are measured like everything else.
"""

from __future__ import annotations

from guardrails import register_validator  # type: ignore[import-untyped]

from assistant.validators.piece import AnswerCheck, Piece, example, passage_text
from assistant.validators.support import Support, answer_support, sentences, support
from assistant.values import Verdict

__all__ = ["EXAMPLES", "Grounding", "Support", "answer_support", "support"]

_LEAVE = (
    "Birth mothers receive 16 weeks of paid leave. Partners receive 4 weeks of paid leave.\n"
    "Requests must reach Dana Whitfield before 1 April 2026.\n"
    "Claims above SGD 1,500 are not reimbursed without approval."
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
    ("the abstaining sentence", example("The documents do not say.", _LEAVE), True),
)


@register_validator(name="steward/grounding", data_type="string")
class Grounding(AnswerCheck):
    """Passes when the weakest sentence of a piece reaches ``threshold``."""

    name = "grounding"

    def __init__(self, threshold: float = 0.35, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.threshold = threshold

    def judge(self, piece: Piece) -> Verdict:
        if piece.abstains:
            return Verdict(self.name, True, None, "abstains")
        cited = [piece.passages[n - 1] for n in piece.cited if 1 <= n <= len(piece.passages)]
        texts = [passage_text(passage) for passage in cited or piece.passages]
        found = [support(sentence, texts, piece.question) for sentence in sentences(piece.text)]
        if not found:
            return Verdict(self.name, True, None, "states nothing")
        weakest = min(found, key=lambda s: s.score)
        return Verdict(self.name, weakest.score >= self.threshold, weakest.score, "; ".join(weakest.missing))
