"""turn: what Steward adds to an answer, stage by stage, on the sample company's questions.

``added_before_first_piece`` is the time from the question to the first checked piece, less the time the tier took to
its first delta. ``per_further_piece`` is the time between two pieces less the time the tier took for its text (the
built-in tier's text is there at once). The plain alternative is the tier alone, on the same passages.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from assistant.pipeline.kit import Kit
from assistant.values import Person
from assistant.work.benches.timing import Timings, own_peak_mb
from assistant.work.measures import answers


async def bench(kit: Kit, questions: Path, progress: Callable[[int, int], None], rounds: int = 2) -> Timings:
    """Every question ``rounds`` times; the first round fills caches and is reported apart as "cold"."""
    cases = [c for c in answers.read(questions) if not c.history]
    found = Timings()
    for at in range(rounds):
        name = "cold_" if at == 0 else ""
        for done, case in enumerate(cases):
            progress(at * len(cases) + done, rounds * len(cases))
            person = kit.people.by_name(case.person)
            if person is not None:
                await _one(kit, found, name, person, case.question)
    turn, tier = found.summary().get("whole_turn"), found.summary().get("generate")
    if turn and tier and tier["median_ms"]:
        found.figures["turn_over_tier_alone"] = turn["median_ms"] / tier["median_ms"]
    found.figures["peak_memory_mb"] = own_peak_mb()
    return found


async def _one(kit: Kit, found: Timings, name: str, person: Person, question: str) -> None:
    began = time.perf_counter()
    last = None
    running = kit.turns.start(person, None, question)
    generate = 0.0
    async for event in kit.turns.events(person, running.turn_id):
        now = time.perf_counter()
        if event.kind == "stage" and event.data["state"] == "done":
            if event.data["name"] == "generate":
                generate = event.data["ms"]
            if not name:
                found.add(event.data["name"], event.data["ms"])
        elif event.kind == "piece":
            if last is None:
                found.add(f"{name}added_before_first_piece", (now - began) * 1000 - generate)
            else:
                found.add(f"{name}per_further_piece", (now - last) * 1000)
            last = now
        elif event.kind == "done":
            found.add(f"{name}whole_turn", (now - began) * 1000)
