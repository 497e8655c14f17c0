"""The whole answer before it counts: one guardrails-ai Guard made of the validators that passed each piece.

The Guard is built once and shared: the validators hold no state, each call brings its own pieces and takes its own
verdicts away, and nothing of an answer stays in the Guard's history afterwards. Adds completeness: the pieces, joined,
are the text. guardrails' own streaming, its re-asking and its servers are not used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from guardrails import Guard, settings  # type: ignore[import-untyped]

from assistant.errors import CheckFailed
from assistant.validators.piece import MARK, AnswerCheck, Piece
from assistant.validators.support import sentences
from assistant.values import Verdict


def build_guard(checks: Sequence[AnswerCheck], name: str = "answer") -> Guard:
    """One Guard over ``checks`` in their order, each with its own on-fail action, keeping as little as it can."""
    settings.disable_tracing = True  # its spans hold the raw text and would go to whatever collector is configured
    guard = Guard(name=name, history_max_length=1, use_server=False)
    guard.configure(allow_metrics_collection=False)
    guard.use(*checks)
    return guard


@dataclass(frozen=True)
class WholeCheck:
    """Callable: ``(text, pieces) -> verdicts``. Blocking; safe to call from several threads."""

    checks: tuple[AnswerCheck, ...]
    guard: Guard = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "guard", build_guard(self.checks))

    def __call__(self, text: str, pieces: Sequence[Piece]) -> list[Verdict]:
        """Verdicts of the checks up to the first that did not pass, then completeness.

        Raises CheckFailed when a check or the Guard breaks, or when they do not agree.
        """
        metadata: dict[str, Any] = {"pieces": tuple(pieces), "verdicts": []}
        try:
            outcome = self.guard.validate(text, metadata=metadata)
        except CheckFailed:
            raise
        except Exception as error:
            raise CheckFailed(f"The guard over the whole answer broke ({type(error).__name__}).") from error
        finally:
            self.guard.history.clear()
        verdicts: list[Verdict] = metadata["verdicts"]
        passed = all(v.passed for v in verdicts)
        if passed != bool(outcome.validation_passed) or (passed and len(verdicts) != len(self.checks)):
            raise CheckFailed("The guard over the whole answer and its checks do not agree, so nothing was shown.")
        return [*verdicts, complete(text, pieces)]


def complete(text: str, pieces: Sequence[Piece]) -> Verdict:
    """Whether ``text`` is its pieces joined (citation numbers aside) and says anything."""
    count = len(sentences(text))
    joined = _bare("".join(piece.text for piece in pieces))
    if joined != _bare(text):
        return Verdict("completeness", False, 0.0, "the text is not the pieces that passed", "withhold")
    if not count:
        return Verdict("completeness", False, 0.0, "nothing is said", "abstain")
    return Verdict("completeness", True, 1.0, f"{count} sentence{'s' * (count != 1)} in {len(pieces)} pieces")


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", MARK.sub("", text))
