"""load: many people at once through the real HTTP interface, against an app process of its own, built-in tier.

Everybody signs in, opens the page and asks questions one after the other, all at the same time; each question holds
the asker's own marker and e-mail address. ``mix_ups`` counts tabs that received anybody else's, ``errors`` everything
that did not end with an answer of its own. The plain alternative is the same questions put to the same parts in one
process, with no HTTP, no Gradio and no pages, in the same run and on the same data.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable

from assistant.pipeline.kit import Kit, build
from assistant.settings import Settings
from assistant.values import Person
from assistant.work.benches.app import running
from assistant.work.benches.tab import Answered, Tab
from assistant.work.benches.timing import Timings, resident_mb
from assistant.work.measures import answers

PASSWORD = "only for this bench"  # noqa: S105 - a folder that is removed at the end
Progress = Callable[[int, int], None]


async def bench(settings: Settings, progress: Progress, people: int = 50, turns: int = 4) -> Timings:
    """``people`` at once, ``turns`` questions each, first without and then through HTTP."""
    found = Timings()
    kit = await build(settings)
    try:
        everybody = [await asyncio.to_thread(_add, kit, number) for number in range(people)]
        cases = answers.read(settings.knowledge_dir / "samples" / "questions.yaml")
        asked = list(itertools.islice(itertools.cycle([c.question for c in cases if not c.history]), people * turns))
        await _plain(kit, everybody, asked, found)
    finally:
        await kit.close()
    async with running(settings) as app:
        url = f"http://{settings.host}:{settings.port}"
        before = resident_mb(app.pid)
        began = time.perf_counter()
        tabs = await asyncio.gather(*(_open(url, person, found) for person in everybody))
        found.figures["sessions_open_s"] = time.perf_counter() - began
        opened = resident_mb(app.pid)
        began = time.perf_counter()
        done = await asyncio.gather(*(_asks(tab, number, asked[number::people]) for number, tab in enumerate(tabs)))
        _count(found, done, time.perf_counter() - began)
        found.figures["memory_per_session_mb"] = (opened - before) / people
        found.figures["memory_per_session_after_turns_mb"] = (resident_mb(app.pid) - before) / people
        found.figures["app_memory_mb"] = resident_mb(app.pid)
        await asyncio.gather(*(tab.close() for tab in tabs))
    progress(people, people)
    found.figures["turns_per_second_over_plain"] = (
        found.figures["turns_per_second"] / found.figures["plain_turns_per_second"]
    )
    return found


def marker(number: int) -> str:
    """A word that only this person uses; letters only, so that it is neither cut nor masked."""
    return "quokka" + "".join("abcdefghij"[int(digit)] for digit in f"{number:03d}")


def question(number: int, text: str) -> str:
    """A question with the asker's marker and address in it."""
    return f"{text} ({marker(number)}, {marker(number)}@example.com)"


def _add(kit: Kit, number: int) -> Person:
    return kit.people.add(
        f"load{number:03d}", f"Load {number}", password=PASSWORD, groups=["staff"], roles=["employee"], title=""
    )


async def _open(url: str, person: Person, found: Timings) -> Tab:
    began = time.perf_counter()
    tab = await Tab.open(url, person.name, PASSWORD)
    found.add("sign_in_and_page", (time.perf_counter() - began) * 1000)
    return tab


async def _asks(tab: Tab, number: int, texts: list[str]) -> list[Answered]:
    return [await tab.ask(question(number, text)) for text in texts]


def _count(found: Timings, done: list[list[Answered]], seconds: float) -> None:
    mixed = errors = 0
    for number, mine in enumerate(done):
        for answered in mine:
            if answered.first_s is not None:
                found.add("first_piece", answered.first_s * 1000)
            found.add("whole_turn", answered.whole_s * 1000)
            others = (marker(other) for other in range(len(done)) if other != number)
            mixed += any(word in answered.seen for word in others)
            errors += bool(answered.error) or marker(number) not in answered.seen
    found.figures["turns_per_second"] = sum(map(len, done)) / seconds
    found.figures["errors"] = errors
    found.figures["mix_ups"] = mixed


async def _plain(kit: Kit, everybody: list[Person], asked: list[str], found: Timings) -> None:
    async def one(number: int, person: Person) -> None:
        for text in asked[number :: len(everybody)]:
            began = time.perf_counter()
            running = kit.turns.start(person, None, question(number, text))
            first = True
            async for event in kit.turns.events(person, running.turn_id):
                if event.kind == "piece" and first:
                    found.add("plain_first_piece", (time.perf_counter() - began) * 1000)
                    first = False
            found.add("plain_whole_turn", (time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    await asyncio.gather(*(one(number, person) for number, person in enumerate(everybody)))
    found.figures["plain_turns_per_second"] = len(asked) / (time.perf_counter() - began)
