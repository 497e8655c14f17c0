"""kills: a process that adds, replaces, deletes and re-indexes documents is killed at random moments, again and again.

After each kill the folder is opened and mended like at a start of the app, and every document must be in its old or
its new state, with text, words, vectors and original of that one state and nothing left of another. The encoder is a
stand-in whose vectors are made of a hash (simulated), because what is measured is the stores; the rest is the shipped
code. Does not cover a machine that loses power: a kill loses no write that the system has taken.
"""

from __future__ import annotations

import asyncio
import hashlib
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.ingest.index import Indexer
from assistant.ingest.parse import Parser
from assistant.ingest.reindex import Reindex
from assistant.store.catalogue import Catalogue
from assistant.store.nearest import Nearest
from assistant.store.originals import Originals
from assistant.values import Vector
from assistant.work.benches.timing import Timings

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = 12
AUDIENCES = ("everyone", "hr")
LONGEST_S = 2.5
"""Kills come up to so long after the process began its work."""
ROUNDS = ("replace", "reindex", "delete", "replace")

State = int | None
"""The round that a document is of, or None where there is none."""


@dataclass(frozen=True)
class Hashed:
    """One text as the stand-in encoder saw it."""

    vector: Vector
    unknown_share: float = 0.0


@dataclass(frozen=True)
class HashEncoder:
    """Vectors from a hash of the text: the same for the same text, and for no other."""

    name: str

    async def encode(self, texts: Sequence[str], *, background: bool = False) -> list[Hashed]:
        await asyncio.sleep(0.001 * len(texts))
        return [Hashed(vector_of(text)) for text in texts]


def vector_of(text: str) -> Vector:
    """384 numbers, of length 1."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    vector = np.random.default_rng(seed).normal(size=384).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def kind_of(round_: int) -> str:
    """What the process of a round does; the first ones fill the folder."""
    return "replace" if round_ < 1 else ROUNDS[round_ % len(ROUNDS)]


def deleted_in(round_: int) -> list[int]:
    """Which documents a round of deleting removes."""
    return [number for number in range(DOCUMENTS) if number % 3 == round_ % 3]


def text_of(number: int, round_: int) -> str:
    """A document of one round: every passage holds a word that names both."""
    body = "\n\n".join(
        f"## Part {part}\n\n" + f"Sentence about mark{round_}x{number} and part {part} of the rules. " * 12
        for part in range(1 + (number + round_) % 4)
    )
    audience = AUDIENCES[(number + round_) % 2]
    return (
        f"---\nid: doc-{number}\ntitle: Document {number}\naudience: {audience}\nowner: Bench\nversion: '1'\n"
        f"effective: 2026-01-01\nreview: 2099-01-01\n---\n# Document {number}\n\n{body}\n"
    )


@contextmanager
def opened(folder: Path, encoder: str) -> Iterator[Indexer]:
    """The stores of a folder and an indexer over them."""
    catalogue = Catalogue.open(folder / "catalogue.db")
    nearest = Nearest.open(folder / "index", catalogue)
    originals, parser = Originals.open(folder / "originals"), Parser()
    try:
        yield Indexer(catalogue, nearest, originals, HashEncoder(encoder), None, AUDIENCES, parser=parser)
    finally:
        parser.close()
        nearest.close()
        catalogue.close()


async def work(folder: Path, round_: int) -> None:
    """What the process does that is killed: one round to its end."""
    with opened(folder, f"stand-in-{round_ // len(ROUNDS)}") as indexer:
        await indexer.mend()
        print("ready", flush=True)
        if kind_of(round_) == "replace":
            for number in range(DOCUMENTS):
                path = folder / "in" / f"doc-{number}.md"
                path.parent.mkdir(exist_ok=True)
                path.write_text(text_of(number, round_), encoding="utf-8")
            await indexer.ingest_folder(folder / "in")
        elif kind_of(round_) == "delete":
            for document in indexer.catalogue.documents(AUDIENCES):
                if int(document.id.removeprefix("doc-")) in deleted_in(round_):
                    await indexer.remove(document.key)
            await Reindex(indexer).compact()
        else:
            await Reindex(indexer).run("bench", lambda *_: None, lambda: False)


async def bench(folder: Path, kills: int, seed: int, progress: Callable[[int, int], None]) -> Timings:
    """``kills`` rounds on one folder, each killed at a random moment; figures: kills, documents in neither state."""
    found, rng = Timings(), np.random.default_rng(seed)
    states: dict[int, State] = dict.fromkeys(range(DOCUMENTS))
    bad, finished, checked = 0, 0, 0
    for round_ in range(kills):
        progress(round_, kills)
        finished += await _killed(folder, round_, rng.uniform(0, LONGEST_S))
        faults = await check(folder, round_, states)
        for fault in faults:
            print(f"round {round_} ({kind_of(round_)}): {fault}", file=sys.stderr)
        bad, checked = bad + len(faults), checked + DOCUMENTS
    found.figures |= {
        "kills": kills - finished,
        "rounds that ended before their kill": finished,
        "documents checked": checked,
        "documents in neither state": bad,
    }
    return found


async def _killed(folder: Path, round_: int, after: float) -> bool:
    """Run a round in a process and kill it; whether it had ended by itself."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "assistant.work.benches.kills", str(folder), str(round_)),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    if process.stdout is not None:
        await process.stdout.readline()
    try:
        code = await asyncio.wait_for(process.wait(), timeout=after)
        if code != 0:
            raise RuntimeError(f"the process of round {round_} ended with {code}")
        return True
    except TimeoutError:
        process.send_signal(signal.SIGKILL)
        await process.wait()
        return False


async def check(folder: Path, round_: int, states: dict[int, State]) -> list[str]:
    """Mend the folder and say what is wrong in it; ``states`` become those that were found."""
    faults: list[str] = []
    with opened(folder, f"stand-in-{round_ // len(ROUNDS)}") as indexer:
        await indexer.mend()
        for number, before in states.items():
            allowed = {before}
            if kind_of(round_) == "replace":
                allowed.add(round_)
            elif kind_of(round_) == "delete" and number in deleted_in(round_):
                allowed.add(None)
            now, fault = await _state(indexer, number)
            if not fault and now not in allowed:
                fault = f"document {number} is of round {now}, not of {sorted(allowed, key=str)}"
            if fault:
                faults.append(fault)
            states[number] = now
        faults += whole(indexer)
    return faults


async def _state(indexer: Indexer, number: int) -> tuple[State, str]:
    """(the round that a document is of, what is wrong with it)."""
    catalogue = indexer.catalogue
    key = f"doc-{number}@1"
    document = next((d for d in catalogue.documents(AUDIENCES) if d.key == key), None)
    if document is None:
        return None, f"document {number} is gone and still found" if catalogue.chunk_ids(key) else ""
    text = catalogue.text(key, AUDIENCES)
    state = int(text.split("mark", 1)[1].split("x", 1)[0])
    original = indexer.originals.path(catalogue.original(key, AUDIENCES).original).read_text(encoding="utf-8")
    chunks, known = catalogue.generations.passages(key)
    ids = {each.id for each in chunks}
    words = {found for found, _ in catalogue.words(AUDIENCES, f"mark{state}x{number}", 50)}
    near = {indexer.vectors.search([document.audience], vector, 1)[0][0] for vector in known.values()}
    if original != text_of(number, state) or document.audience != AUDIENCES[(number + state) % 2]:
        return state, f"document {number} has text of one round and file or card of another"
    if words != ids or near != ids or not ids or any(text[c.start : c.end] != c.text for c in chunks):
        return state, f"document {number} has {len(ids)} passages, words find {len(words)} and vectors {len(near)}"
    return state, ""


def whole(indexer: Indexer) -> list[str]:
    """What is wrong with the stores as a whole: leftovers, and counts that are not what they count."""
    faults = []
    generations = indexer.catalogue.generations
    for audience, names in generations.vector_names(generations.current).items():
        if indexer.vectors.names(audience) != names:
            faults.append(f"Chroma and the catalogue name other vectors for {audience}")
    kept = {path.name for path in indexer.originals.everything()}
    if kept != indexer.catalogue.originals():
        faults.append("originals are kept that no document is made of, or lack")
    with indexer.catalogue.file.look() as db:
        sums = "SELECT shelf, term, count(*) FROM posting GROUP BY 1, 2"
        kept_sums = "SELECT shelf, term, passages FROM frequency"
        counted = sum(
            db.execute(f"SELECT count(*) FROM ({one} EXCEPT {other})").fetchone()[0]
            for one, other in ((sums, kept_sums), (kept_sums, sums))
        )
        stray = db.execute("SELECT count(*) FROM posting WHERE passage NOT IN (SELECT number FROM passage)").fetchone()[
            0
        ]
        shelves = db.execute(
            """SELECT count(*) FROM shelf WHERE passages != (
                SELECT count(*) FROM passage JOIN document ON key = document_key
                WHERE searched = 1 AND passage.generation = shelf.generation AND document.audience = shelf.audience)"""
        ).fetchone()[0]
    if counted or stray or shelves:
        faults.append(f"the word index is off: {counted} frequencies, {stray} postings, {shelves} shelves")
    return faults


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), int(sys.argv[2])))
