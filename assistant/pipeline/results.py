"""What the stages of a turn pass to one another. Stages import this file, never each other."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from assistant.privacy.placeholders import PlaceholderMap
from assistant.validators.piece import ABSTAIN, Piece
from assistant.values import AnswerContext, Citation, Masked, Outcome, Span, Verdict

MARK = re.compile(r"\[(\d{1,3})\]")
"""A citation mark in an answer."""


@dataclass(frozen=True)
class Guarded:
    """A question that may go on. ``clean`` holds the real values and stays inside the process."""

    clean: str
    masked: Masked
    placeholders: PlaceholderMap
    detected: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Turn:
    """An earlier question and its answer, both masked. ``question`` stands alone where it was rewritten."""

    question: str
    answer: str
    asked_back: bool = False
    """The answer was a question to the asker: what they say next makes the question clear."""


@dataclass(frozen=True)
class Prompt:
    """What an agent is given: messages for a model server, typed context for everything else."""

    system: str
    turns: tuple[Turn, ...]
    context: AnswerContext


@dataclass(frozen=True)
class Draft:
    """What came of one attempt. ``kept`` pieces passed; ``text`` is their join with citations renumbered."""

    kept: tuple[Piece, ...]
    text: str
    citations: tuple[Citation, ...]
    verdicts: tuple[Verdict, ...]
    withheld: tuple[str, ...]
    mode: str

    @property
    def abstains(self) -> bool:
        """Whether the model said that the documents do not answer."""
        said = " ".join(MARK.sub("", p.text).strip() for p in self.kept)
        return bool(said) and any(said.lower().startswith(sentence.lower()) for sentence in ABSTAIN)


@dataclass(frozen=True)
class Report:
    """Verdicts on the whole answer. ``blocked``: a check that may never be overruled said no."""

    verdicts: tuple[Verdict, ...]
    confidence: float
    blocked: bool
    empty: bool
    signals: dict[str, float] = field(default_factory=dict)
    band: Literal["answer", "warn", "hand_over"] = "answer"
    """What follows from the confidence by ``policies/confidence.yaml``."""


@dataclass(frozen=True)
class Decision:
    """``tier`` is set when that tier should try; ``text`` and ``citations`` when nothing is accepted."""

    action: Literal["accept", "retry", "abstain"]
    reason: str
    tier: str | None = None
    offer_person: bool = False
    text: str = ""
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True)
class Ending:
    """The end of a turn. ``text`` is masked, ``screen`` the same restored for its reader."""

    outcome: Outcome
    text: str
    screen: str
    citations: tuple[Citation, ...] = ()
    detail: str = ""
    offer_person: bool = True
    handoff: tuple[str, str, float] | None = None
    """(topic, group, respond_hours) of a hand-off that this ending promises."""
    choices: tuple[str, ...] = ()
    """What the question may mean, where it was asked back."""
