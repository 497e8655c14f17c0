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
from assistant.validators.citations import Citations
from assistant.validators.grounding import Grounding
from assistant.validators.leaks import Leaks
from assistant.validators.links import Links
from assistant.validators.piece import AnswerCheck, example

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
    made = (
        Leaks(Presidio.build(PATTERNS), PATTERNS),
        Links(tuple(POLICIES.output.link_hosts)),
        Citations(),
        Grounding(POLICIES.output.grounding_threshold),
    )
    return {check.name: check for check in made}


@pytest.mark.parametrize(("module", "what", "piece", "passes"), ROWS)
def test_examples(checks, module, what, piece, passes):
    verdict = checks[module].check(piece)
    assert verdict.passed is passes, verdict
    assert verdict.action == ("show" if passes else "withhold")
    assert passes or verdict.detail or verdict.score is not None
    result = checks[module].validate(piece.text, {"pieces": (piece,)})
    assert isinstance(result, PassResult if passes else FailResult)


@pytest.mark.parametrize("name", ["leaks", "links", "citations", "grounding"])
def test_a_check_that_breaks_is_no_verdict(checks, monkeypatch, name):
    def broken(piece):
        raise KeyError("S1234567D")

    monkeypatch.setattr(checks[name], "judge", broken)
    with pytest.raises(CheckFailed, match=name) as caught:
        checks[name].check(example("Leave is 18 days. [1]", "Leave is 18 days."))
    assert "S1234567D" not in str(caught.value)


def test_a_finding_is_not_repeated_in_the_verdict(checks):
    verdict = checks["leaks"].check(example("Ask jane.tan@harbourline.example. [1]", "Ask the desk."))
    assert "jane" not in verdict.detail


def test_guardrails_writes_nothing_at_home():
    assert not (Path(os.path.expanduser("~")) / ".guardrailsrc").exists()
    assert os.environ["OTEL_SDK_DISABLED"] == "true"
