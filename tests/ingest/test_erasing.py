"""A deleted document leaves no byte: words, name and vectors are looked for in every file of the data folder."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from assistant.ingest.identity import Given
from assistant.ingest.library import Library, Manager
from tests.ingest.test_library import BOTH, library, take

__all__ = ["library"]
WORDS = ("Xylophonic", "plumbago", "quixotry")
TEXT = "# Xylophonic plan\n\n" + "\n\n".join(
    f"## Part {n}\n\nThe plumbago clause {n} of the quixotry is for the board alone. " + "It goes on and on. " * 40
    for n in range(6)
)


def folder_of(library: Library) -> Path:
    return library._running._uploads.parent


def holding(library: Library, *wanted: bytes) -> list[str]:
    """Which files of the data folder hold any of ``wanted``, whatever the case of letters."""
    files = [p for p in folder_of(library).rglob("*") if p.is_file() and p.name != "audit.db" and p.suffix != ".part"]
    low = [(path, path.read_bytes()) for path in files if "audit.db" not in path.name]
    return sorted(p.name for p, held in low if any(w in held or w.lower() in held.lower() for w in wanted))


async def erased(library: Library) -> None:
    """Until nothing waits to be erased."""
    for _ in range(600):
        if not library._catalogue.generations.setting("erase"):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("nothing was erased in 30 seconds")


@pytest.mark.parametrize("how", ["delete", "replace", "move", "reindex"])
async def test_no_byte_is_left(library: Library, how: str) -> None:
    await take(library, BOTH, Given("everyone"), other="# Parking\n\nBehind the house.")
    await take(library, BOTH, Given("everyone", id="plan"), **{"plan" if how == "replace" else "xylophonic_plan": TEXT})
    for part in folder_of(library).glob("*.part"):
        part.unlink()
    vectors = [v.tobytes() for v in library._catalogue.generations.passages("plan@1")[1].values()]
    plants = [word.encode() for word in WORDS]
    assert {"catalogue.db-wal", "chroma.sqlite3"} <= set(holding(library, *plants, *vectors)), "the search finds it"
    if how == "replace":
        await take(library, BOTH, Given("everyone", id="plan", version="1", title="Plan"), plan="# Plan\n\nNothing.")
        await take(
            library, BOTH, Given("everyone", id="plan", version="1", title="Plan"), plan="# Plan\n\nNothing more."
        )
        for part in folder_of(library).glob("*.part"):
            part.unlink()
    elif how == "move":
        await library.change(BOTH, "plan@1", audience="hr", title="Plan")
        await library.delete(BOTH, "plan@1")
    elif how == "reindex":
        job = library.reindex(BOTH)
        async for _ in library.watch(BOTH, job.id):
            pass
        await library.delete(BOTH, "plan@1")
    else:
        await library.delete(BOTH, "plan@1")
    library._running.erase()
    await erased(library)
    assert holding(library, *plants, *vectors) == []
    assert library._indexer.vectors.count("everyone") == (2 if how == "replace" else 1)
    assert library._catalogue.words(["everyone", "hr"], "parking plumbago", 5)
    assert library.documents(Manager("m", ("everyone", "hr"))).total == (2 if how == "replace" else 1)
