"""The index made anew beside the one in use: found all the while, switched at once, resumed, cancelled."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import DocumentRefused
from assistant.ingest import making
from assistant.ingest.index import Indexer
from assistant.ingest.reindex import Reindex
from assistant.values import LoadedDocument
from tests.ingest.test_index import ALL, found, write

QUIET = lambda name, done, total: None  # noqa: E731


async def filled(indexer: Indexer, folder: Path) -> Reindex:
    reindex = Reindex(indexer)
    assert not reindex.needed(), "an empty index takes the form of the program"
    for n in range(4):
        await indexer.ingest(write(folder, f"doc-{n}", f"## One\n\nSubject{n} first.\n\n## Two\n\nSubject{n} second."))
    return reindex


async def test_questions_are_answered_all_the_while(
    indexer: Indexer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reindex = await filled(indexer, tmp_path / "in")
    seen: list[tuple[int, int]] = []

    def told(name: str, done: int, total: int) -> None:
        seen.append((done, total))
        assert found(indexer, "subject2") == {"doc-2@1"}

    monkeypatch.setattr(making, "FORM", b"another")
    assert reindex.needed()
    spied = await run_with(indexer, reindex, told, monkeypatch)
    assert seen == [(n, 4) for n in range(4)] and not reindex.needed()
    assert spied == [], "texts that the encoder has seen are not encoded again"
    assert indexer.catalogue.generations.current == 2
    assert found(indexer, "subject2") == {"doc-2@1"} and await indexer.mend() == 0
    with indexer.catalogue.file.look() as db:
        assert {row[0] for row in db.execute("SELECT DISTINCT generation FROM passage")} == {2}
        assert {row[0] for row in db.execute("SELECT DISTINCT generation FROM shelf")} == {2}
    assert indexer.ledger is not None
    assert [row["kind"] for row in indexer.ledger.rows()][-1] == "index.rebuild"


async def run_with(indexer: Indexer, reindex: Reindex, told: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were encoded during a re-index."""
    texts: list[str] = []
    encode = indexer.encoder.encode

    async def spy(given: list[str], *, background: bool = False) -> Any:
        texts.extend(given)
        return await encode(given, background=background)

    with monkeypatch.context() as patch:
        patch.setattr(indexer.encoder, "encode", spy)
        assert await reindex.run("test", told, lambda: False) == ()
    return texts


async def test_what_changes_meanwhile_is_in_the_new_index(indexer: Indexer, tmp_path: Path) -> None:
    reindex = await filled(indexer, tmp_path / "in")
    changes: list[asyncio.Task[Any]] = []

    def told(name: str, done: int, total: int) -> None:
        if done == 2 and not changes:
            path = write(tmp_path / "in", "doc-0", "Changed meanwhile.")
            changes.append(asyncio.create_task(indexer.ingest(path)))
            changes.append(asyncio.create_task(indexer.remove("doc-1@1")))

    await reindex.run("test", told, lambda: False)
    await asyncio.gather(*changes)
    if indexer.catalogue.generations.pending(indexer.catalogue.generations.current):
        raise AssertionError("a document is in no generation that is searched")
    assert found(indexer, "subject0") == set() and found(indexer, "changed") == {"doc-0@1"}
    assert found(indexer, "subject1") == set() and found(indexer, "subject3") == {"doc-3@1"}
    assert await indexer.mend() == 0


async def test_a_cancelled_one_leaves_nothing_and_a_killed_one_goes_on(indexer: Indexer, tmp_path: Path) -> None:
    reindex = await filled(indexer, tmp_path / "in")
    generations = indexer.catalogue.generations
    at: list[int] = []
    await reindex.run("test", lambda name, done, total: at.append(done), lambda: len(at) >= 2)
    assert (generations.current, generations.building, generations.count(2)) == (1, 0, 0)

    class Killed(BaseException):
        pass

    def killed(name: str, done: int, total: int) -> None:
        if done == 3:
            raise Killed

    with pytest.raises(Killed):
        await reindex.run("test", killed, lambda: False)
    assert generations.count(generations.building) == 3
    at.clear()
    await Reindex(indexer).run("test", lambda name, done, total: at.append(done), lambda: False)
    assert at == [3] and found(indexer, "subject1") == {"doc-1@1"}


async def test_a_document_that_cannot_be_read_any_more_stays_as_it_was(
    indexer: Indexer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reindex = await filled(indexer, tmp_path / "in")

    async def refuse(path: Path, name: str = "") -> LoadedDocument:
        raise DocumentRefused(f"{name} was not read: it is too old.")

    with monkeypatch.context() as patch:
        patch.setattr(indexer.parser, "parse", refuse)
        kept = await reindex.run("test", QUIET, lambda: False)
    assert len(kept) == 4 and "stays as it was: doc-0-1.md was not read" in kept[0]
    assert found(indexer, "subject2") == {"doc-2@1"} and len(indexer.catalogue.chunk_ids("doc-2@1")) == 2
    assert indexer.catalogue.text("doc-2@1", ALL).endswith("Subject2 second.")
