"""retrieval: is the right page, file or section among the first passages?

A ``.jsonl`` file names its documents and pages; they are indexed with the pipeline's own loaders, chunks and stores
into a folder of their own. A ``.yaml`` file is the sample company's questions, searched with the rights of who asks.
Pages and sections are ranked by their first passage.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.pipeline.kit import Kit
from assistant.pipeline.results import Guarded
from assistant.privacy.placeholders import PlaceholderMap
from assistant.values import Masked, Question
from assistant.work.measures import answers
from assistant.work.measures.figures import Figures, read_lines

DEPTH = 40
READ = (".pdf", ".md", ".docx", ".xlsx", ".html")


async def measure(kit: Kit, path: Path, progress: Callable[[int, int], None]) -> Figures:
    """Recall at 1, 5 and 10, MRR and nDCG@5."""
    return await (_samples if path.suffix in (".yaml", ".yml") else _files)(kit, path, progress)


async def _files(kit: Kit, path: Path, progress: Callable[[int, int], None]) -> Figures:
    rows = read_lines(path, ("question", "gold", "documents"))
    found = Figures()
    began, pages = time.perf_counter(), 0
    for folder in sorted({_beside(path, r["documents"]) for r in rows}):
        for file in sorted(f for f in folder.rglob("*") if f.suffix.lower() in READ):
            document = await kit.indexer.ingest_plain(file, audience="everyone")
            pages += document.pages or 1
    found.number("index_s_per_100_pages", (time.perf_counter() - began) / max(pages, 1) * 100, pages)
    audiences, times = ("everyone",), []
    ranks: dict[str, list[list[int]]] = {"file": [], "page": []}
    groups: dict[str, list[str]] = {"file": [], "page": []}
    for done, row in enumerate(rows):
        progress(done, len(rows))
        began = time.perf_counter()
        passages = await kit.retrieve.search(audiences, _question(kit, row["question"]), DEPTH)
        times.append((time.perf_counter() - began) * 1000)
        got = {
            "file": _order([p.document.source_name for p in passages]),
            "page": _order([(p.document.source_name, p.chunk.page) for p in passages]),
        }
        gold: dict[str, set[Any]] = {
            "file": {g["file"] for g in row["gold"]},
            "page": {(g["file"], g["page"]) for g in row["gold"] if g.get("page")},
        }
        for kind in ("file", "page"):
            if gold[kind]:
                ranks[kind].append([i for i, g in enumerate(got[kind]) if g in gold[kind]] + [-len(gold[kind])])
                groups[kind].append(str(row.get("group", done)))
        found.rows.append({"id": row.get("id", ""), "pages": [list(g) for g in got["page"][:10]]})
    for kind in ("file", "page"):
        _add(found, ranks[kind], "" if kind == "page" or not ranks["page"] else "file_", groups[kind])
    found.number("median_ms", float(np.median(times)), len(times))
    return found


async def _samples(kit: Kit, path: Path, progress: Callable[[int, int], None]) -> Figures:
    cases = [c for c in answers.read(path) if c.kind in ("answerable", "multi_source", "table")]
    found, ranks, times = Figures(), [], []
    for done, case in enumerate(cases):
        progress(done, len(cases))
        person = kit.people.by_name(case.person)
        if person is None:
            raise ValueError(f"{case.id}: nobody signs in as {case.person!r}.")
        began = time.perf_counter()
        passages = await kit.retrieve.search(kit.audiences(person), _question(kit, case.question), DEPTH)
        times.append((time.perf_counter() - began) * 1000)
        gold = {(s.document, answers.plain(s.section)) for s in case.sources}
        got = _order([(p.document.id, p.chunk.heading) for p in passages])
        hits = [i for i, (doc, path_) in enumerate(got) if any((doc, answers.plain(h)) in gold for h in path_)]
        ranks.append([*hits, -len(gold)])
        found.rows.append({"id": case.id, "rank": hits[0] + 1 if hits else None, "question": case.question})
    _add(found, ranks, "", [str(i) for i in range(len(ranks))])
    found.number("median_ms", float(np.median(times)), len(times))
    return found


def _order(items: Sequence[Any]) -> list[Any]:
    return list(dict.fromkeys(items))


def _beside(path: Path, relative: str) -> Path:
    for parent in path.resolve().parents:
        if (parent / relative).is_dir():
            return parent / relative
    raise ValueError(f"{path}: the folder {relative!r} is not found beside the file or above it.")


def _add(found: Figures, ranks: list[list[int]], prefix: str, groups: list[str]) -> None:
    """``ranks``: per question the positions of gold items, then minus the number of gold items."""
    if not ranks:
        return
    for k in (1, 5, 10):
        found.share(f"{prefix}recall_at_{k}", [float(any(0 <= h < k for h in r[:-1])) for r in ranks], groups)
    found.share(f"{prefix}mrr", [1 / (r[0] + 1) if len(r) > 1 else 0.0 for r in ranks], groups)
    ndcg = []
    for r in ranks:
        gain = sum(1 / math.log2(h + 2) for h in r[:-1] if h < 5)
        best = sum(1 / math.log2(i + 2) for i in range(min(5, -r[-1])))
        ndcg.append(gain / best)
    found.share(f"{prefix}ndcg_at_5", ndcg, groups)


def _question(kit: Kit, text: str) -> Question:
    """As the turn's own rewriting makes it."""
    return kit.rewrite(Guarded(text, Masked(text), PlaceholderMap({})), ())
