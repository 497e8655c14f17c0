"""The retrieval bench and saved tests: what a manager finds, keeps and runs, and what another may not see."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from assistant.errors import NotFound, StewardError
from assistant.pipeline.kit import Kit
from assistant.work import saved_tests as module
from assistant.work.retrieval_bench import try_question
from assistant.work.saved_tests import SavedTests, hashed
from tests.pipeline.conftest import FRONT, MakeKit, person
from tests.work.conftest import manager

LEAVE = "How many days of parental leave do I get?"
CEDAR = "By how many days does the Cedar scheme extend leave?"


def test_a_heading_is_kept_as_a_hash_whatever_its_case_and_spacing() -> None:
    assert hashed("How  long ") == hashed("how long") != hashed("how short") and "how" not in hashed("how long")


async def test_the_bench_shows_every_candidate_and_why(make_kit: MakeKit) -> None:
    kit = await make_kit()
    tried = await try_question(kit, manager(kit), f"  {LEAVE}\n", ["everyone"])
    best = tried.candidates[0]
    assert best.rank == 1 and best.taken and best.passage.document.id == "leave" and tried.ms > 0
    assert best.passage.word_rank and best.passage.vector_rank and {"parental", "leave"} <= set(best.shared)
    assert {c.passage.document.audience for c in tried.candidates} == {"everyone"}


async def test_the_bench_reaches_no_audience_that_is_not_the_managers(make_kit: MakeKit) -> None:
    kit = await make_kit()
    mia, hana = manager(kit), manager(kit, "hr", name="hana")
    for audiences in (["hr"], ["everyone", "hr"], ["nowhere"]):
        with pytest.raises(NotFound):
            await try_question(kit, mia, CEDAR, audiences)
    for text, audiences in (("", ["everyone"]), (CEDAR, []), ("x" * 5000, ["everyone"])):
        with pytest.raises(StewardError):
            await try_question(kit, mia, text, audiences)
    found = await try_question(kit, hana, CEDAR, ["hr"])
    assert found.candidates[0].passage.document.id == "topup"
    for name in ("ann", "bob"):  # an employee, an expert
        with pytest.raises(NotFound):
            await try_question(kit, person(kit, name), LEAVE, ["everyone"])


async def test_a_test_is_saved_run_and_told_over_time(make_kit: MakeKit) -> None:
    kit = await make_kit()
    mia, tests = manager(kit), SavedTests(kit)
    good = await tests.save(mia, LEAVE, ["everyone"], "leave", "How long")
    assert await tests.save(mia, LEAVE, ["everyone"], "leave", " how LONG ") == good
    wrong = await tests.save(mia, "What does a parking space cost?", ["everyone"], "leave", "Contact")
    assert [view.ran for view in await tests.tests(mia)] == [False, False] and await tests.history(mia) == []
    run = await tests.run(mia)
    assert run is not None and run.tests == 2 and 0 < run.recall <= 1 and 0.5 <= run.mrr < 1
    views = {view.test.id: view for view in await tests.tests(mia)}
    assert views[good.id].rank == 1 and views[good.id].title == "Parental leave"
    assert views[good.id].section == "How long" and views[wrong.id].rank != 1
    await tests.remove(mia, wrong.id)
    await tests.run(mia)
    runs = await tests.history(mia)
    assert [r.tests for r in runs] == [1, 1] and runs[0].recall == runs[0].mrr == 1.0


async def test_tests_of_other_audiences_are_neither_seen_nor_run_nor_counted(make_kit: MakeKit) -> None:
    kit = await make_kit()
    mia, hana, tests = manager(kit), manager(kit, "hr", name="hana"), SavedTests(kit)
    await tests.save(mia, LEAVE, ["everyone"], "leave", "")
    secret = await tests.save(hana, "Where is the lot for parking?", ["everyone", "hr"], "topup", "")
    assert len(await tests.tests(hana)) == 2 and len(await tests.tests(mia)) == 1
    full, part = await tests.run(hana), await tests.history(mia)
    assert full is not None and full.tests == 2 and part[0].tests == 1 and part[0].mrr == 1.0 > full.mrr
    with pytest.raises(NotFound):
        await tests.remove(mia, secret.id)
    for audiences, document in ((["hr"], "topup"), (["everyone"], "topup"), (["everyone"], "no-such")):
        with pytest.raises(NotFound):
            await tests.save(mia, CEDAR, audiences, document, "")
    with pytest.raises(StewardError, match="no section"):
        await tests.save(mia, LEAVE, ["everyone"], "leave", "How short")
    for name in ("ann", "bob"):
        for call in (tests.tests, tests.run, tests.history):
            with pytest.raises(NotFound):
                await call(person(kit, name))
    kit.people.set_access("hana", ["staff"], ["knowledge_manager"])  # asked anew at the next call
    assert len(await tests.tests(hana)) == 1


async def test_questions_are_masked_and_no_text_of_a_document_is_kept(make_kit: MakeKit, tmp_path: Path) -> None:
    kit = await make_kit()
    tests = SavedTests(kit)
    kept = await tests.save(
        manager(kit), "May ann.lee@harbourline.example take leave?", ["everyone"], "leave", "Contact"
    )
    assert "ann.lee" not in kept.question and "take leave" in kept.question
    await tests.run(manager(kit))
    stored = b"".join(p.read_bytes() for p in kit.settings.data_dir.glob("saved_tests.db*"))
    assert b"ann.lee" not in stored and b"Contact" not in stored and b"take leave" in stored


async def test_changed_documents_run_the_tests_once(make_kit: MakeKit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.02)
    kit = await make_kit()
    mia, tests = manager(kit), SavedTests(kit)
    await tests.save(mia, LEAVE, ["everyone"], "leave", "")
    watching = asyncio.create_task(tests.watch())
    try:
        await _until(tests, kit, runs=1)
        path = kit.settings.knowledge_dir / "pets.md"
        path.write_text(FRONT.format(id="pets", title="Pets", audience="everyone") + "# Pets\n\nNo pets.\n")
        await kit.indexer.ingest(path)
        await _until(tests, kit, runs=2)
        await asyncio.sleep(0.2)
        assert [run.reason for run in kit.saved_tests.runs()] == ["documents changed"] * 2
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def _until(tests: SavedTests, kit: Kit, runs: int) -> None:
    async with asyncio.timeout(120):
        while len(kit.saved_tests.runs()) < runs or tests.running:
            await asyncio.sleep(0.02)
