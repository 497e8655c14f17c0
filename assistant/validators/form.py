"""An answer has the form of an answer: no leftovers of a model's own markup, no loops, no code that nobody asked for.

Finds chat templates' role marks, tool calls written out as text, reasoning tags, a sentence that repeats itself, and
fenced code. It does not judge style.
"""

from __future__ import annotations

import re

from guardrails import register_validator  # type: ignore[import-untyped]

from assistant.validators.piece import AnswerCheck, Piece, example
from assistant.values import Verdict

MARKUP = re.compile(
    r"<\|[a-z_]{2,40}\|>|\[/?INST\]|<</?SYS>>|</?think>|</?tool_call>|^\s*(?:system|assistant|user|human)\s*:",
    re.I | re.M,
)
CALL = re.compile(r"\{\s*\"(?:name|function|tool_calls?|arguments)\"\s*:", re.I)
FENCE = re.compile(r"```|~~~")
LOOP = re.compile(r"\b(\w+(?:\W+\w+){0,7}?)(?:\W+\1\b){3,}", re.IGNORECASE)
MOST = 4000

_IN = "Leave is 18 days."
EXAMPLES: tuple[tuple[str, Piece, bool], ...] = (
    ("a sentence", example("Leave is 18 days. [1]", _IN), True),
    ("a list item with a colon", example("- Assistant managers: 20 days [1]", _IN), True),
    ("a word said twice", example("You had had 18 days before that. [1]", _IN), True),
    ("a role mark", example("<|assistant|> Leave is 18 days. [1]", _IN), False),
    ("a role as a line's beginning", example("User: and sick leave?", _IN), False),
    ("a template's mark", example("[INST] Leave is 18 days. [/INST]", _IN), False),
    ("reasoning", example("<think>they want leave</think> Leave is 18 days. [1]", _IN), False),
    ("a tool call as text", example('{"name": "search_knowledge", "arguments": {}}', _IN), False),
    ("code", example("```python\nprint(18)\n```", _IN), False),
    ("a loop", example("Leave is is is is is is 18 days. [1]", _IN), False),
    ("a loop of words", example("The leave is paid, and " * 5, _IN), False),
)  # fmt: skip


@register_validator(name="steward/form", data_type="string")
class Form(AnswerCheck):
    """Passes what reads as an answer."""

    name = "form"

    def judge(self, piece: Piece) -> Verdict:
        text = piece.text[:MOST]
        for pattern, what in ((MARKUP, "a model's own markup"), (CALL, "a tool call written out"), (FENCE, "code")):
            if pattern.search(text):
                return Verdict(self.name, False, None, what)
        if LOOP.search(text):
            return Verdict(self.name, False, None, "it repeats itself")
        return Verdict(self.name, True)
