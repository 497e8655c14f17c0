"""cuts: connections cut at random moments while an answer comes, through the real HTTP interface, built-in tier.

Each turn is followed over ``/turns/{id}/events`` and cut until it is whole; a reader comes back with the offset it had.
``lost`` counts answers of which an event is missing, or that the conversation does not hold as they were shown;
``doubled`` those of which an event came twice, or that the conversation holds more than once. The plain alternative
is the same turns without a cut, in the same run.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from assistant.errors import StewardError
from assistant.pipeline.kit import build
from assistant.settings import Settings
from assistant.work.benches.app import running
from assistant.work.benches.timing import Timings
from assistant.work.measures import answers

PASSWORD = "only for this bench"  # noqa: S105 - a folder that is removed at the end
SEED = 20261125
WHOLE_S = 60.0
CUTS = 200


@dataclass
class Read:
    """What one reader got of one turn: events in the order they came, and how often it was cut."""

    events: list[dict[str, Any]] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    cuts: int = 0

    @property
    def whole(self) -> bool:
        return bool(self.events) and self.events[-1]["kind"] == "done"

    def shown(self) -> str:
        """What stands on the screen at the end."""
        text = ""
        for event in self.events:
            match event["kind"]:
                case "piece":
                    text += event["text"]
                case "withdraw":
                    text = ""
                case "done" if event["outcome"] != "answered":
                    text = event["text"]
        return text.strip()


async def bench(settings: Settings, progress: Callable[[int, int], None], cuts: int = CUTS) -> Timings:
    """At least ``cuts`` cuts."""
    kit = await build(settings)
    try:
        await asyncio.to_thread(
            lambda: kit.people.add("cuts", "Cut Ter", password=PASSWORD, groups=["staff"], roles=["employee"], title="")
        )
    finally:
        await kit.close()
    cases = answers.read(settings.knowledge_dir / "samples" / "questions.yaml")
    asked = itertools.cycle([c.question for c in cases if not c.history])
    found, chance = Timings(), random.Random(SEED)  # noqa: S311 - when to cut, not a secret
    url = f"http://{settings.host}:{settings.port}"
    async with running(settings), httpx.AsyncClient(base_url=url, headers={"origin": url}, timeout=120) as client:
        await sign_in(client)
        usual = 0.2
        for question in itertools.islice(asked, 10):
            _, _, usual = await one(client, question, lambda: WHOLE_S)
            found.add("uncut_turn", usual * 1000)
        done = turns = lost = doubled = 0
        while done < cuts:
            progress(done, cuts)
            read, kept, took = await one(client, next(asked), lambda: chance.uniform(0, usual))
            found.add("cut_turn", took * 1000)
            done, turns = done + read.cuts, turns + 1
            lost += is_lost(read, kept)
            doubled += is_doubled(read, kept)
        found.figures |= {"cuts": done, "turns": turns, "lost": lost, "doubled": doubled}
    return found


async def sign_in(client: httpx.AsyncClient) -> None:
    """With the password of the person that the bench added."""
    done = await client.post("/auth/sign-in", data={"name": "cuts", "password": PASSWORD})
    if done.status_code != 303:
        raise StewardError(f"The bench could not sign in: status {done.status_code}.")


async def one(
    client: httpx.AsyncClient, question: str, until_cut: Callable[[], float]
) -> tuple[Read, list[Any], float]:
    """(what was read, the conversation afterwards, seconds) of one turn, cut every ``until_cut()`` seconds."""
    began = time.perf_counter()
    started = (await client.post("/turns", json={"text": question})).json()
    read = Read()
    while not read.whole and time.perf_counter() - began < WHOLE_S:
        await _follow(client, started["turn"], read, until_cut())
    took = time.perf_counter() - began
    kept = (await client.get(f"/conversations/{started['conversation']}/export.json")).json()
    return read, kept["messages"], took


async def _follow(client: httpx.AsyncClient, turn: str, read: Read, seconds: float) -> None:
    """Read on from the last whole event, for so long; then cut."""
    headers = {"Last-Event-ID": str(read.offsets[-1])} if read.offsets else {}
    try:
        async with asyncio.timeout(seconds), client.stream("GET", f"/turns/{turn}/events", headers=headers) as stream:
            offset = -1
            async for line in stream.aiter_lines():
                if line.startswith("id: "):
                    offset = int(line[4:])
                elif line.startswith("data: ") and offset >= 0:
                    read.events.append(json.loads(line[6:]))
                    read.offsets.append(offset)
    except (TimeoutError, httpx.TransportError):
        read.cuts += not read.whole


def is_lost(read: Read, kept: list[Any]) -> bool:
    """Whether an event is missing, or the conversation does not hold what was shown."""
    said = [m["text"].strip() for m in kept if m["role"] == "assistant"]
    return not read.whole or set(read.offsets) != set(range(1, len(read.events) + 1)) or read.shown() not in said


def is_doubled(read: Read, kept: list[Any]) -> bool:
    """Whether an event came twice, or question or answer stand in the conversation more than once."""
    roles = [m["role"] for m in kept]
    return len(read.offsets) != len(set(read.offsets)) or roles.count("user") > 1 or roles.count("assistant") > 1
