"""A whole Steward on a small company of its own: three documents, three people, real parts, a scripted model."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from assistant import policy
from assistant.pipeline.generate import make_agent
from assistant.pipeline.kit import Kit, build
from assistant.policy import Policies, Tier, Tiers
from assistant.settings import ROOT, Settings
from assistant.tiers.scripted import Line, ScriptedModel
from assistant.values import Event, Person

FRONT = "---\nid: {id}\ntitle: {title}\naudience: {audience}\nowner: People\nversion: '1'\neffective: 2026-01-01\n"
FRONT += "review: 2099-01-01\nlanguage: en\n---\n\n"
DOCUMENTS = {
    "leave.md": ("leave", "Parental leave", "everyone", "# Parental leave\n\n## How long\n\nYou get 126 calendar days "
                 "of parental leave. The leave starts on the date of birth.\n\n## Contact\n\nWrite to "
                 "leave.desk@harbourline.example to register your leave.\n"),
    "parking.md": ("parking", "Parking", "everyone", "# Parking\n\n## Cost\n\nA parking space costs SGD 165 a month. "
                   "Spaces are given out by lot every six months.\n"),
    "secret.md": ("topup", "Top-up scheme", "hr", "# Top-up scheme\n\n## Cedar\n\nThe Cedar scheme extends parental "
                  "leave by 45 calendar days for employees who are hard to replace.\n"),
}  # fmt: skip

Script = Sequence[Line]
MakeKit = Callable[..., Awaitable[Kit]]


def settings_in(folder: Path) -> Settings:
    return Settings(
        data_dir=folder / "var",
        audit_db=folder / "audit.db",
        knowledge_dir=folder / "knowledge",
        policies_dir=ROOT / "policies",
        samples=False,
        turns_per_minute=1000,
    )


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the documents indexed and the people added; tests work on copies."""
    import asyncio

    folder = tmp_path_factory.mktemp("prepared")
    knowledge = folder / "knowledge"
    knowledge.mkdir()
    for name, (id_, title, audience, text) in DOCUMENTS.items():
        (knowledge / name).write_text(FRONT.format(id=id_, title=title, audience=audience) + text, encoding="utf-8")

    async def prepare() -> None:
        kit = await build(settings_in(folder))
        report = await kit.indexer.ingest_folder(knowledge)
        assert not report.refused and len(report.indexed) == 3
        kit.people.add("ann", "Ann Lee", password=None, groups=["staff"], roles=["employee"])
        kit.people.add("bob", "Bob Tan", password=None, groups=["staff", "hr"], roles=["employee", "expert"])
        kit.people.add("eve", "Eve Ho", password=None, groups=["staff"], roles=["employee"])
        await kit.close()

    asyncio.run(prepare())
    return folder


def with_tiers(*names: str, **changes: Any) -> Policies:
    """The shipped policies with model-server tiers of these names, so that each stands for a model of its own."""
    shipped = policy.load(ROOT / "policies")
    tiers = [
        Tier(name=n, backend="vllm", model=f"model-{n}", base_url="http://127.0.0.1:9/v1", tools=True) for n in names
    ]
    routes = dict.fromkeys(shipped.tiers.routes, names[0])
    return shipped.model_copy(update={"tiers": Tiers(tiers=tiers, routes=routes), **changes})


@pytest.fixture
async def make_kit(prepared: Path, tmp_path: Path) -> AsyncIterator[MakeKit]:
    """``await make_kit()`` has the built-in tiers; ``await make_kit({"light": script, ...})`` scripted ones."""
    made: list[Kit] = []

    async def make(scripts: dict[str, Script] | None = None, **changes: Any) -> Kit:
        folder = tmp_path / f"kit{len(made)}"
        shutil.copytree(prepared, folder)
        policies = with_tiers(*scripts, **changes) if scripts else None
        kit = await build(settings_in(folder), policies=policies)
        for name, script in (scripts or {}).items():
            model = ScriptedModel(script=script)
            kit.generate.agents[name] = make_agent(model, kit.generate.by_name[name])
            kit.models[name] = model
        made.append(kit)
        return kit

    yield make
    for kit in made:
        await kit.close()


def person(kit: Kit, name: str) -> Person:
    found = kit.people.by_name(name)
    assert found is not None
    return found


async def ask(kit: Kit, name: str, text: str, conversation: str | None = None) -> list[Event]:
    """All events of one turn."""
    running = kit.turns.start(person(kit, name), conversation, text)
    return [e async for e in kit.turns.events(person(kit, name), running.turn_id)]


def shown(events: Sequence[Event]) -> str:
    """What stands on the screen when only pieces and withdrawals are followed."""
    text = ""
    for event in events:
        if event.kind == "piece":
            text += event.data["text"]
        elif event.kind == "withdraw":
            text = ""
    return text
