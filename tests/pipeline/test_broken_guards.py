"""Each guard and check broken on purpose: it raises, it hangs, it says nonsense. The turn stops with a clear text."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from assistant import policy
from assistant.pipeline.ending import CHECK_BROKEN
from assistant.settings import ROOT
from assistant.tiers.scripted import Line
from tests.pipeline.conftest import MakeKit, ask, shown

LEAVE = "How many days of parental leave do I get?"
CHECKS = ("leaks", "links", "form", "language", "citations", "grounding")


def raises(*args: Any) -> Any:
    raise ValueError("126 days for S1234567D")


def nonsense(*args: Any) -> Any:
    return "yes"


@pytest.fixture
def hangs() -> Any:
    """Hangs until the test is over, so that no thread outlives it."""
    over = threading.Event()
    yield lambda *args: over.wait(30)
    over.set()


def quick() -> dict[str, Any]:
    """The shipped policies with little patience, in the form that ``make_kit`` takes."""
    shipped = policy.load(ROOT / "policies")
    return {"output": shipped.output.model_copy(update={"check_timeout_s": 0.3})}


SCRIPT = {"light": [Line("", ("You get 126 calendar days of parental leave. [1]",))]}


@pytest.mark.parametrize("how", ["raises", "hangs", "nonsense"])
async def test_a_broken_guard_stops_the_turn(make_kit: MakeKit, hangs: Any, how: str) -> None:
    broken = {"raises": raises, "hangs": hangs, "nonsense": nonsense}[how]
    kit = await make_kit(SCRIPT, **quick())
    checks = {check.name: check for check in kit.release.checks}
    assert set(checks) == set(CHECKS)
    for name in ("privacy", *CHECKS):
        with pytest.MonkeyPatch.context() as patch:
            if name == "privacy":
                patch.setattr(kit.guard, "personal", SimpleNamespace(find=broken))
            else:
                patch.setattr(checks[name], "judge", broken)
            events = await ask(kit, "ann", LEAVE)
        done = events[-1].data
        assert (done["outcome"], done["text"]) == ("failed", CHECK_BROKEN), name
        assert shown(events) == "" and "126" not in str(done["text"]) and "S1234567D" not in str(done), name
    assert (await ask(kit, "ann", LEAVE))[-1].data["outcome"] == "answered"
