"""Saved tests of retrieval: questions with the source that should be found, run after every change and on demand.

A test belongs to the audiences that it searches; whoever does not manage all of them neither sees nor runs it, and the
figures that a manager is shown are made of the tests that they see. Questions are masked before they are kept.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from assistant.errors import NotFound, StewardError
from assistant.privacy.placeholders import PlaceholderMap
from assistant.store.saved_tests import NO_TEST, SavedTest
from assistant.work.managing import chosen, managed
from assistant.work.retrieval_bench import DEPTH, as_asked

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit
    from assistant.values import Passage, Person

log = logging.getLogger("steward.saved_tests")

TOP = 5
TESTS = 1000
LOOK_S = 4.0
Reason = Literal["on demand", "documents changed"]
CHANGED: Reason = "documents changed"


@dataclass(frozen=True)
class TestView:
    """A test as its manager sees it. ``title`` and ``section`` are "" where they are no longer there.

    ``rank`` is the place of the right source in the last run (None: not among the first 40); ``before`` the one in the
    run before that. ``ran`` is False until a run has covered it.
    """

    test: SavedTest
    title: str
    section: str
    ran: bool = False
    rank: int | None = None
    before: int | None = None
    moved: bool = False


@dataclass(frozen=True)
class RunView:
    """One run over the tests that its reader sees: their number, recall at 5 and mean reciprocal rank."""

    at: datetime
    reason: str
    index_version: str
    tests: int
    recall: float
    mrr: float


@dataclass
class SavedTests:
    """Built once. ``running`` says how far a run is, as (done, all), or None."""

    kit: Kit
    running: tuple[int, int] | None = None

    async def save(
        self, person: Person, question: str, audiences: Iterable[str], document_id: str, section: str
    ) -> SavedTest:
        """Keep a test whose source is a section of a document (or, with "", any part of it).

        NotFound for audiences or documents that are not theirs; StewardError with what to change.
        """
        wanted = chosen(self.kit, person, audiences)
        text = " ".join(question.split())
        if not text:
            raise StewardError("Type a question before you save it as a test.")
        if len(self.kit.saved_tests.all()) >= TESTS:
            raise StewardError(f"There are {TESTS:,} saved tests, which is as many as are kept. Delete some first.")
        headings = await asyncio.to_thread(self._headings, document_id, wanted)
        if headings is None:
            raise NotFound("There is no such document in the audiences that this test searches.")
        if section and hashed(section) not in headings:
            raise StewardError(f"The document has no section called {section!r}. Leave the section empty to expect "
                               "any part of the document.")  # fmt: skip
        masked = await asyncio.to_thread(self._masked, text)
        hash_ = hashed(section) if section else ""
        return await asyncio.to_thread(self.kit.saved_tests.add, masked, wanted, document_id, hash_, person.id)

    async def tests(self, person: Person) -> list[TestView]:
        """The tests that ``person`` may see, those that fail first."""
        mine = managed(self.kit, person)
        tests = self._visible(mine)
        views = await asyncio.to_thread(self._views, tests, mine)
        return sorted(views, key=lambda v: (v.ran and v.rank is not None and v.rank <= TOP, v.rank or DEPTH + 1))

    async def remove(self, person: Person, test_id: str) -> None:
        """Forget a test. NotFound when it is not theirs to see."""
        mine = managed(self.kit, person)
        if not set(self.kit.saved_tests.get(test_id).audiences) <= set(mine):
            raise NotFound(NO_TEST)
        await asyncio.to_thread(self.kit.saved_tests.remove, test_id)

    async def run(self, person: Person) -> RunView | None:
        """Run every test that ``person`` may see, now; None where there is none."""
        mine = managed(self.kit, person)
        await self._run(self._visible(mine), "on demand")
        runs = await self.history(person, 1)
        return runs[0] if runs else None

    async def history(self, person: Person, limit: int = 30) -> list[RunView]:
        """The last runs over the tests that ``person`` sees, the newest first."""
        seen = {test.id for test in self._visible(managed(self.kit, person))}
        found = []
        for run in await asyncio.to_thread(self.kit.saved_tests.runs, limit):
            ranks = [rank for test, rank in run.ranks.items() if test in seen]
            if ranks:
                recall = sum(rank is not None and rank <= TOP for rank in ranks) / len(ranks)
                mrr = sum(1 / rank for rank in ranks if rank) / len(ranks)
                found.append(RunView(run.at, run.reason, run.index_version, len(ranks), recall, mrr))
        return found

    async def watch(self) -> None:
        """Run all tests whenever the set of searched documents has changed and has come to rest. Never ends.

        What is searched is compared, not who changed it: uploads, the command line, a new encoder and a document that
        expired overnight all count. The version that the last run saw is on disk, so changes made while the app was
        down count too.
        """
        before = ""
        while True:
            try:
                now = await asyncio.to_thread(self.kit.catalogue.index_version)
                runs = await asyncio.to_thread(self.kit.saved_tests.runs)
                tests = self.kit.saved_tests.all()
                seen = next((run.index_version for run in runs if run.reason == CHANGED), "")
                if tests and self.running is None and now == before != seen:
                    await self._run(tests, CHANGED)
                before = now
            except Exception as error:  # a run that failed must not end the watching
                log.error("the saved tests could not be run: %s", type(error).__name__)
            await asyncio.sleep(LOOK_S)

    async def _run(self, tests: Sequence[SavedTest], reason: Reason) -> None:
        if self.running is not None:
            raise StewardError("The saved tests are being run already. Wait until they are done.")
        if not tests:
            return
        self.running = (0, len(tests))
        try:
            version, ranks = await asyncio.to_thread(self.kit.catalogue.index_version), {}
            for done, test in enumerate(tests, 1):
                found = await self.kit.retrieve.search(test.audiences, as_asked(self.kit, test.question), DEPTH)
                ranks[test.id] = next((i for i, p in enumerate(found, 1) if right(test, p)), None)
                self.running = (done, len(tests))
            await asyncio.to_thread(self.kit.saved_tests.add_run, reason, version, ranks)
        finally:
            self.running = None

    def _visible(self, mine: Sequence[str]) -> list[SavedTest]:
        return [test for test in self.kit.saved_tests.all() if set(test.audiences) <= set(mine)]

    def _views(self, tests: Sequence[SavedTest], mine: Sequence[str]) -> list[TestView]:
        runs = self.kit.saved_tests.runs()
        titles = {d.id: d.title for d in self.kit.catalogue.documents(mine)}
        headings: dict[str, dict[str, str]] = {}
        views = []
        for test in tests:
            if test.document in titles and test.document not in headings:
                headings[test.document] = self._headings(test.document, mine) or {}
            title = titles.get(test.document, "")
            section = headings.get(test.document, {}).get(test.section, "")
            ranks = [run.ranks[test.id] for run in runs if test.id in run.ranks]
            last, before = [*ranks, None, None][:2]
            views.append(TestView(test, title, section, bool(ranks), last, before, len(ranks) > 1 and last != before))
        return views

    def _headings(self, document_id: str, audiences: Sequence[str]) -> dict[str, str] | None:
        """Headings of the current version by their hash, or None where there is no such document."""
        keys = [d.key for d in self.kit.catalogue.documents(audiences) if d.id == document_id]
        if not keys:
            return None
        chunks = [self.kit.catalogue.chunk(i, audiences)[0] for i in self.kit.catalogue.chunk_ids(keys[0])]
        return {hashed(heading): heading for chunk in chunks for heading in chunk.heading}

    def _masked(self, text: str) -> str:
        guard = self.kit.guard
        return guard.handler.mask(text, guard.personal.find(text), PlaceholderMap({})).text


def right(test: SavedTest, passage: Passage) -> bool:
    """Whether ``passage`` is the source that the test expects."""
    if passage.document.id != test.document:
        return False
    return not test.section or any(hashed(heading) == test.section for heading in passage.chunk.heading)


def hashed(heading: str) -> str:
    """A heading as saved tests keep it: the same for another case or spacing, and not to be read back."""
    return hashlib.sha256(" ".join(heading.casefold().split()).encode()).hexdigest()[:32]
