"""What a check looks at, and the base of all checks on answers.

A check is one guardrails-ai validator with no state: ``check`` judges one piece while an answer streams, and
``validate`` judges the whole answer inside a Guard with the same code. A check that breaks raises CheckFailed:
nothing unchecked is shown. It does not decide what follows; its verdict names the action and the pipeline takes it.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from guardrails import OnFailAction, Validator  # type: ignore[import-untyped]
from guardrails_ai.types import FailResult, PassResult, ValidationResult  # type: ignore[import-untyped]

from assistant import values
from assistant.errors import CheckFailed
from assistant.values import CheckAction, Passage, Verdict

ABSTAIN: tuple[str, ...] = (values.ABSTAIN,)
"""Sentences that need no citation: they say that nothing was found."""

PLACEHOLDER = re.compile(r"<[A-Z][A-Z0-9_]*_[1-9][0-9]*>")
MARK = re.compile(r"\[(\d{1,3})\]")


@dataclass(frozen=True)
class Piece:
    """One sentence, list item or table row of an answer, masked, with its citation marks.

    ``[n]`` in ``text`` names ``passages[n - 1]``; the passages are masked with the same map.
    """

    text: str
    passages: tuple[Passage, ...] = ()
    canary: str = ""
    allowed_placeholders: frozenset[str] = frozenset()
    question: str = ""

    @property
    def cited(self) -> tuple[int, ...]:
        """Numbers of the citations in ``text``, each once, in order; they may name no passage."""
        return tuple(dict.fromkeys(int(number) for number in MARK.findall(self.text)))

    @property
    def abstains(self) -> bool:
        """Whether ``text`` only says that the documents do not answer."""
        said = " ".join(MARK.sub("", self.text).split()).strip(" *_").lower()
        return said in {sentence.lower() for sentence in ABSTAIN}


def passage_text(passage: Passage) -> str:
    """What a citation of ``passage`` may rest on: its title and heading path, and its text."""
    return "\n".join((passage.document.title, " ".join(passage.chunk.heading), passage.chunk.text))


class AnswerCheck(Validator, ABC):  # type: ignore[misc]
    """Base of all checks. A subclass is registered with ``register_validator`` and has ``judge`` and ``EXAMPLES``.

    ``EXAMPLES`` rows are ``(what it shows, Piece, whether it passes)``.
    """

    name: ClassVar[str]
    whole_text: ClassVar[bool] = False
    """True where something may lie across two pieces, so that the joined text is judged too."""

    def __init__(self, *, action: CheckAction = "withhold", **kwargs: Any) -> None:
        """``action`` is what the policy wants when the check says no."""
        on_fail = OnFailAction.NOOP if action == "show" else OnFailAction.REFRAIN
        super().__init__(on_fail=on_fail, use_local=True, **kwargs)
        self.action: CheckAction = action

    @abstractmethod
    def judge(self, piece: Piece) -> Verdict:
        """The verdict on ``piece``, its action left open."""

    def check(self, piece: Piece) -> Verdict:
        """The verdict on ``piece``. Raises CheckFailed when the check itself breaks."""
        try:
            verdict = self.judge(piece)
        except Exception as error:
            raise CheckFailed(
                f"The check {self.name!r} broke ({type(error).__name__}), so nothing was shown."
            ) from error
        if not isinstance(verdict, Verdict) or not isinstance(verdict.passed, bool):
            raise CheckFailed(f"The check {self.name!r} gave no verdict, so nothing was shown.")
        return verdict if verdict.passed else replace(verdict, action=self.action)

    def masked(self, piece: Piece) -> Piece | None:
        """``piece`` without what the check found, where it can take it out; None where it cannot."""
        return None

    def check_whole(self, text: str, pieces: tuple[Piece, ...]) -> Verdict:
        """The first verdict that did not pass on any of ``pieces`` or on the joined ``text``, else the weakest."""
        looked = [*pieces, replace(pieces[0], text=text)] if self.whole_text and pieces else list(pieces)
        said = [self.check(piece) for piece in looked]
        failed = [verdict for verdict in said if not verdict.passed]
        scored = sorted((v for v in said if v.score is not None), key=lambda v: v.score or 0.0)
        return (failed or scored or said or [Verdict(self.name, False, 0.0, "no piece", self.action)])[0]

    def validate(self, value: Any, metadata: dict[str, Any]) -> ValidationResult:
        """Guardrails' entry: takes ``metadata["pieces"]``, adds its verdict to ``metadata["verdicts"]``."""
        verdict = self.check_whole(str(value), tuple(metadata["pieces"]))
        metadata.setdefault("verdicts", []).append(verdict)
        return PassResult() if verdict.passed else FailResult(error_message=f"{self.name}: {verdict.detail}")

    async def async_validate(self, value: Any, metadata: dict[str, Any]) -> ValidationResult:
        """The same, in place: guardrails would start a pool of threads for each answer."""
        return self.validate(value, metadata)


def example(text: str, *passages: str, question: str = "", canary: str = "", known: tuple[str, ...] = ()) -> Piece:
    """A Piece over invented passages, for the tables of examples."""
    chunks = (
        values.Chunk(f"c{n}", "sample@1", n, (), None, passage, 0, len(passage)) for n, passage in enumerate(passages)
    )
    document = values.Document("sample", "1", "Sample", "everyone", "People", "sample.md", "0")
    return Piece(text, tuple(Passage(chunk, document, 1.0) for chunk in chunks), canary, frozenset(known), question)
