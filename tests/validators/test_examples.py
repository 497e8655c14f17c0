"""Every check against its own table, and every check broken on purpose."""

from __future__ import annotations

import importlib
import os
import pkgutil
from pathlib import Path

import pytest
from guardrails_ai.types import FailResult, PassResult

from assistant import policy, validators
from assistant.errors import CheckFailed
from assistant.privacy.engine import Presidio
from assistant.validators.piece import AnswerCheck, example
from assistant.validators.registry import answer_checks

POLICIES = policy.load(Path(__file__).parents[2] / "policies")
PATTERNS = POLICIES.pii.model_copy(update={"names_model": "off"})
MODULES = [m.name for m in pkgutil.iter_modules(validators.__path__)]
ROWS = [
    (name, *row)
    for name in MODULES
    for row in getattr(importlib.import_module(f"{validators.__name__}.{name}"), "EXAMPLES", ())
]


@pytest.fixture(scope="module")
def checks() -> dict[str, AnswerCheck]:
    made = answer_checks(Presidio.build(PATTERNS), POLICIES.model_copy(update={"pii": PATTERNS}))
    return {check.name: check for check in made}


@pytest.mark.parametrize(("module", "what", "piece", "passes"), ROWS)
def test_examples(checks, module, what, piece, passes):
    verdict = checks[module].check(piece)
    assert verdict.passed is passes, verdict
    assert verdict.action == ("show" if passes else "withhold")
    assert passes or verdict.detail or verdict.score is not None
    result = checks[module].validate(piece.text, {"pieces": (piece,)})
    assert isinstance(result, PassResult if passes else FailResult)


@pytest.mark.parametrize("name", ["leaks", "links", "form", "language", "citations", "grounding"])
def test_a_check_that_breaks_is_no_verdict(checks, monkeypatch, name):
    def broken(piece):
        raise KeyError("S1234567D")

    monkeypatch.setattr(checks[name], "judge", broken)
    with pytest.raises(CheckFailed, match=name) as caught:
        checks[name].check(example("Leave is 18 days. [1]", "Leave is 18 days."))
    assert "S1234567D" not in str(caught.value)


@pytest.mark.parametrize("nonsense", [None, "fine", True, {"passed": True}])
def test_what_is_no_verdict_does_not_count_as_one(checks, monkeypatch, nonsense):
    monkeypatch.setattr(checks["links"], "judge", lambda piece: nonsense)
    with pytest.raises(CheckFailed, match="no verdict"):
        checks["links"].check(example("Leave is 18 days. [1]", "Leave is 18 days."))


def test_masking_blacks_out_what_was_found_and_nothing_else(checks):
    piece = example("Ask jane.tan@harbourline.example or <PERSON_9> at 9. [1]", "Ask the desk.", known=("<PERSON_1>",))
    masked = checks["leaks"].masked(piece)
    assert masked is not None and masked.text == "Ask ███ or ███ at 9. [1]"
    assert checks["leaks"].check(masked).passed
    assert checks["leaks"].masked(example("It is steward-3f9a51c07be2d846.", canary="steward-3f9a51c07be2d846")) is None


def test_a_finding_is_not_repeated_in_the_verdict(checks):
    verdict = checks["leaks"].check(example("Ask jane.tan@harbourline.example. [1]", "Ask the desk."))
    assert "jane" not in verdict.detail


def test_guardrails_writes_nothing_at_home():
    assert not (Path(os.path.expanduser("~")) / ".guardrailsrc").exists()
    assert os.environ["OTEL_SDK_DISABLED"] == "true"
