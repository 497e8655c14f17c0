"""ingest: passages per second from file to index, against the encoder alone on the same passages in the same run.

A folder is taken in by quarters, each followed by the encoder alone on what came of it, so that a machine that is
busy for a while slows both. Memory is what this process and the one that reads files hold after each quarter.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import StewardError
from assistant.ingest.identity import Given
from assistant.ingest.index import BATCH, File
from assistant.ingest.making import as_encoded
from assistant.ingest.sources import documents_in, source_name
from assistant.work.benches.timing import Timings, held_mb

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit

QUARTERS = 4


async def bench(kit: Kit, folder: Path, progress: Callable[[int, int], None]) -> Timings:
    """Take in every document under ``folder``; figures: passages a second, the encoder's, their ratio, memory."""
    found = Timings()
    files = await asyncio.to_thread(documents_in, folder)
    if not files:
        raise StewardError(f"There is no document in {folder}.")
    step = -(-len(files) // QUARTERS)
    chunks = refused = done = 0
    ingesting = encoding = 0.0
    for quarter in range(QUARTERS):
        part = files[quarter * step : (quarter + 1) * step]
        given = Given("everyone", defaults=True)
        todo = [File(path, source_name(folder, path), given) for path in part]
        keys = []
        began = time.perf_counter()
        async for _, result in kit.indexer.take_all(todo):
            done += 1
            progress(done, len(files))
            if isinstance(result, Exception):
                refused += 1
            else:
                keys.append(result.document.key)
        ingesting += time.perf_counter() - began
        texts = [text for key in keys for text in _texts(kit, key)]
        began = time.perf_counter()
        for at in range(0, len(texts), BATCH):
            await kit.encoder.encode(texts[at : at + BATCH], background=True)
        encoding += time.perf_counter() - began
        chunks += len(texts)
        found.figures[f"memory after quarter {quarter + 1}, MB"] = held_mb()
    found.figures |= {
        "files": len(files),
        "refused": refused,
        "passages": chunks,
        "passages a second, file to index": chunks / ingesting,
        "passages a second, encoder alone": chunks / encoding,
        "share of the encoder's pace": encoding / ingesting,
    }
    return found


def _texts(kit: Kit, key: str) -> list[str]:
    """What the encoder saw of a document."""
    title = kit.catalogue.document(key, kit.indexer.audiences).title
    return [as_encoded(title, chunk) for chunk in kit.catalogue.generations.passages(key)[0]]
