"""Nothing personal, no secret, no trace of the prompt leaves in an answer.

Personal values reach a model only as placeholders, so a raw one in an answer was guessed or came around the masking;
it is refused unless it stands word for word in a passage (where the same engine let it pass). A placeholder that the
conversation does not know is refused too, never guessed. The marker of the system prompt is found whatever its
spacing and case, and in part. It sees what the engine sees, and misses the names that the engine misses.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from guardrails import register_validator  # type: ignore[import-untyped]

from assistant.policy import Pii
from assistant.validators.piece import PLACEHOLDER, AnswerCheck, Piece, example
from assistant.values import PersonalData, Verdict

BLACK = "███"
PART = 8
"""Characters of the marker in a row that give it away; it is random, so words never do."""
ALIKE = re.compile(r"[<\[{(]\s*([A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*_[0-9]+)\s*[>\]})]")

_MAIL = "Ask the desk at <EMAIL_ADDRESS_1>."
_CANARY = "steward-3f9a51c07be2d846"
EXAMPLES: tuple[tuple[str, Piece, bool], ...] = (
    ("a known placeholder", example("Ask <EMAIL_ADDRESS_1>. [1]", _MAIL, known=("<EMAIL_ADDRESS_1>",)), True),
    ("one that a passage holds", example("Ask <EMAIL_ADDRESS_1>. [1]", _MAIL, known=("<EMAIL_ADDRESS_1>",)), True),
    ("an unknown placeholder", example("Ask <EMAIL_ADDRESS_2>. [1]", _MAIL, known=("<EMAIL_ADDRESS_1>",)), False),
    (
        "a placeholder in other brackets",
        example("Ask [EMAIL_ADDRESS_1]. [1]", _MAIL, known=("<EMAIL_ADDRESS_1>",)),
        False,
    ),
    ("a raw address", example("Ask jane.tan@harbourline.example. [1]", _MAIL), False),
    ("a spelled-out address", example("Ask jane [at] harbourline (dot) com. [1]", _MAIL), False),
    ("a raw identity number", example("Her NRIC is S1234567D. [1]", _MAIL), False),
    ("a value that the passage shows", example("Call +65 6123 4567. [1]", "Hotline: +65 6123 4567."), True),
    ("a secret", example("The password is Winter2025!x [1]", _MAIL), False),
    ("the marker", example(f"It says {_CANARY}.", _MAIL, canary=_CANARY), False),
    ("the marker spaced out", example("3 F 9 A 5 1 C 0 7 B E 2 D 8 4 6", _MAIL, canary=_CANARY), False),
    ("a part of the marker", example("starts with 3f9a51c0-7b", _MAIL, canary=_CANARY), False),
    (
        "an ordinary answer",
        example("Leave is 18 days from 2026-01-01, section 4.2.1. [1]", _MAIL, canary=_CANARY),
        True,
    ),
)


@register_validator(name="steward/leaks", data_type="string")
class Leaks(AnswerCheck):
    """``personal`` finds, ``policy`` says what may be seen."""

    name = "leaks"
    whole_text = True

    def __init__(self, personal: PersonalData, policy: Pii, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.personal = personal
        self.policy = policy

    def judge(self, piece: Piece) -> Verdict:
        if _shows(piece.canary, piece.text):
            return Verdict(self.name, False, None, "the marker of the system prompt")
        known = {p[1:-1].lower() for p in piece.allowed_placeholders}
        for found in PLACEHOLDER.findall(piece.text):
            if found not in piece.allowed_placeholders:
                return Verdict(self.name, False, None, "a placeholder that this conversation does not know")
        for match in ALIKE.finditer(PLACEHOLDER.sub("", piece.text)):
            if match.group(1).lower() in known:
                return Verdict(self.name, False, None, "a placeholder that was altered")
        for span in self.personal.find(piece.text):
            if not self.policy.replaces(span.entity):
                continue
            if not _stands_in(piece.text[span.start : span.end], piece):
                return Verdict(self.name, False, None, f"a raw {span.entity}")
        return Verdict(self.name, True)

    def masked(self, piece: Piece) -> Piece | None:
        """The piece with raw values and unknown placeholders blacked out; the prompt's marker cannot be taken out."""
        if _shows(piece.canary, piece.text):
            return None
        text = piece.text
        for span in sorted(self.personal.find(text), key=lambda s: -s.start):
            value = text[span.start : span.end]
            if self.policy.replaces(span.entity) and not _stands_in(value, piece):
                text = f"{text[: span.start]}{BLACK}{text[span.end :]}"
        text = PLACEHOLDER.sub(lambda m: m.group() if m.group() in piece.allowed_placeholders else BLACK, text)
        return replace(piece, text=text)


def _stands_in(value: str, piece: Piece) -> bool:
    """Whether a passage holds ``value`` word for word and not as part of a longer one."""
    pattern = re.compile(rf"(?<!\w){re.escape(value)}(?!\w)")
    return any(value in p.chunk.text and pattern.search(p.chunk.text) for p in piece.passages)


def _shows(canary: str, text: str) -> bool:
    """Whether ``text`` holds ``canary`` or a part of its random end, spacing, signs and case aside."""
    if not canary:
        return False
    plain = "".join(c for c in text.lower() if c.isalnum())
    if "".join(c for c in canary.lower() if c.isalnum()) in plain:
        return True
    end = canary.lower().rpartition("-")[2]
    return len(end) >= 2 * PART and any(end[i : i + PART] in plain for i in range(len(end) - PART + 1))
