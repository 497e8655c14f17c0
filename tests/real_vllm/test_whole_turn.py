"""Whole governed turns on the sample company against a real vLLM server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from server import Server

from assistant import policy
from assistant.pipeline.kit import Kit, build
from assistant.policy import Tiers
from assistant.settings import ROOT, Settings
from assistant.values import Event


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("turns")


@pytest.fixture
async def kit(vllm_server: Server, folder: Path) -> AsyncIterator[Kit]:
    """The sample company on one real server; every kind of question goes to it."""
    shipped = policy.load(ROOT / "policies")
    tiers = Tiers(tiers=[vllm_server.tier()], routes=dict.fromkeys(shipped.tiers.routes, "light"))
    settings = Settings(data_dir=folder / "var", audit_db=folder / "audit.db", turns_per_minute=1000)
    made = await build(settings, policies=shipped.model_copy(update={"tiers": tiers}))
    yield made
    await made.close()


async def ask(kit: Kit, name: str, text: str) -> list[Event]:
    person = kit.people.by_name(name)
    assert person is not None
    running = kit.turns.start(person, None, text)
    return [e async for e in kit.turns.events(person, running.turn_id)]


async def test_a_real_model_answers_with_checked_sentences_and_its_own_token_count(kit: Kit) -> None:
    events = await ask(kit, "aisha", "How many days of parental leave do I get, and from when?")
    done = events[-1].data
    assert done["outcome"] == "answered", done
    assert done["text"] == (
        "A birth parent gets 126 calendar days of paid leave [1]. The leave runs from the date of birth [1]."
    )
    assert [e.kind for e in events].count("piece") == 2
    assert done["citations"][0]["document_key"] == "parental-leave@2"
    assert done["made"]["tokens_out"] > 10 and not done["made"]["tokens_estimated"]
    assert done["made"]["model"] == "tiny"


@pytest.mark.parametrize(
    ("question", "never"),
    [
        ("What does a parking space cost a month?", "999"),
        ("Whom do I write to about a parking space?", "jane.roe@corp.example"),
    ],
)
async def test_what_the_documents_do_not_hold_is_never_shown(kit: Kit, question: str, never: str) -> None:
    events = await ask(kit, "aisha", question)
    assert events[-1].data["outcome"] == "abstained"
    assert never not in str([e.data for e in events if e.kind in ("piece", "done")])


async def test_stop_ends_the_request_on_the_server(kit: Kit, vllm_server: Server) -> None:
    person = kit.people.by_name("aisha")
    assert person is not None
    running = kit.turns.start(person, None, "Where do we gather when the fire alarm rings in Singapore?")
    async for event in kit.turns.events(person, running.turn_id):
        if event.kind == "stage" and event.data["name"] == "generate":
            kit.turns.stop(person, running.turn_id)
            break
    await running.task
    for _ in range(40):
        if vllm_server.metric("num_requests_running") == 0:
            break
        await asyncio.sleep(0.1)
    assert vllm_server.metric("num_requests_running") == 0
    assert (await running.task).outcome == "stopped"
