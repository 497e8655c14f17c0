"""retrieval: is the right page, file, section or paragraph among the first passages, and how do plain searches do?

Three kinds of file, told apart by what is in them:

- ``questions.yaml`` of the sample company: the right section, searched with the rights of who asks;
- JSON lines with ``gold`` and ``documents``: the right page and the right file. Where a gold answer holds figures (see
  ``ranks.figures``) and no page is named, ``figure_in_top_5`` is the share of its figures that stand in the text of
  the first five passages, averaged over questions, and ``all_figures_in_top_5`` the share with all of them;
- JSON lines with ``passages`` and ``answerable``: all passages of all rows as one pool, each a document of its own; the
  right passage of the rows whose answerable is "yes" (those that hold one of ``answers`` word for word where any does,
  else all that the row names; passages marked ``"passages_from":"pool"`` are no row's gold).

Documents go through the pipeline's own loaders, chunks and stores into the folder of this run, which is removed. The
plain alternatives (``plain.py``) search the same text for the same questions in the same run. ``over_bm25_...`` and the
like are ours less theirs, paired case by case, with a 95 % interval.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import DocumentRefused
from assistant.pipeline.kit import Kit
from assistant.pipeline.results import Guarded
from assistant.privacy.placeholders import PlaceholderMap
from assistant.values import Masked, Passage, Question
from assistant.work.measures import answers
from assistant.work.measures.figures import Figures, read_lines
from assistant.work.measures.plain import SEARCHES, Plain, PlainPassage
from assistant.work.measures.ranks import Case, Hit, Tally, figures, report, sections

DEPTH = 40
READ = (".pdf", ".md", ".docx", ".xlsx", ".html", ".txt", ".pptx", ".csv", ".eml")
AUDIENCE = "everyone"
Progress = Callable[[int, int], None]


async def measure(kit: Kit, path: Path, progress: Progress) -> Figures:
    """Recall at 1, 5 and 10, MRR and nDCG@5 of ours and of the plain searches. Raises ValueError on a bad file."""
    found = Figures()
    if path.suffix in (".yaml", ".yml"):
        return await _compare(kit, _sample_cases(kit, path), "section", found, progress)
    rows = read_lines(path, ("question",))
    if "passages" in rows[0]:
        cases, kind = await _pool_cases(kit, read_lines(path, ("passages", "answerable")), progress), "passage"
    else:
        cases = await _file_cases(kit, path, read_lines(path, ("gold", "documents")), found, progress)
        kind = "page" if any("page" in case.gold for case in cases) else "file"
    return await _compare(kit, cases, kind, found, progress)


async def _compare(kit: Kit, cases: Sequence[Case], main: str, found: Figures, progress: Progress) -> Figures:
    if not cases:
        raise ValueError("No question of this file says where its answer stands.")
    readable = {audience for case in cases for audience in case.audiences}
    plain = await Plain.build(kit.catalogue, kit.encoder, sorted(readable), progress)
    ours, others, times = Tally(), {name: Tally() for name in SEARCHES}, []
    for done, case in enumerate(cases):
        progress(done, len(cases))
        began = time.perf_counter()
        passages = await kit.retrieve.search(case.audiences, _question(kit, case.question), DEPTH)
        times.append((time.perf_counter() - began) * 1000)
        hits = [_hit(p) for p in passages]
        ours.add(case, hits)
        vector = (await kit.encoder.encode([case.question]))[0].vector
        for name, tally in others.items():
            tally.add(case, [_plain_hit(p) for p in plain.search(name, case.audiences, case.question, vector, DEPTH)])
        found.rows.append(_row(case, hits, ours))
    report(found, ours, others, main)
    found.number("median_ms", float(np.median(times)), len(times))
    found.number("words_in_top_5", float(np.mean(ours.words_at_5)), len(cases))
    found.number("plain_words_in_top_5", float(np.mean(others["fused"].words_at_5)), len(cases))
    return found


def _row(case: Case, hits: Sequence[Hit], ours: Tally) -> dict[str, Any]:
    first = [
        {kind: [sorted(map(str, thing)) for thing in things] for kind, things in hit.things.items()}
        for hit in hits[:10]
    ]
    last = {name: values[-1] for name, values in ours.values.items() if len(values) and ours.groups[name]}
    gold = {kind: sorted(map(str, things)) for kind, things in case.gold.items()}
    return {"id": case.id, "question": case.question, "gold": gold, "found": first, "scores": last}


def _sample_cases(kit: Kit, path: Path) -> list[Case]:
    cases = []
    for row in answers.read(path):
        if row.kind not in ("answerable", "multi_source", "table"):
            continue
        person = kit.people.by_name(row.person)
        if person is None:
            raise ValueError(f"{row.id}: nobody signs in as {row.person!r}.")
        gold = frozenset((s.document, answers.plain(s.section)) for s in row.sources)
        cases.append(Case(row.id, row.question, row.id, kit.audiences(person), {"section": gold}))
    return cases


async def _file_cases(
    kit: Kit, path: Path, rows: Sequence[dict[str, Any]], found: Figures, progress: Progress
) -> list[Case]:
    began, pages = time.perf_counter(), 0
    for folder in sorted({_beside(path, row["documents"]) for row in rows}):
        files = sorted(f for f in folder.rglob("*") if f.suffix.lower() in READ)
        for done, file in enumerate(files):
            progress(done, len(files))
            try:
                document = await kit.indexer.ingest_plain(file, audience=AUDIENCE)
            except DocumentRefused as error:
                found.rows.append({"refused": str(error)})
                continue
            pages += document.pages or 1
    found.number("index_s_per_100_pages", (time.perf_counter() - began) / max(pages, 1) * 100, pages)
    cases = []
    for at, row in enumerate(rows):
        gold: dict[str, frozenset[object]] = {"file": frozenset(g["file"] for g in row["gold"])}
        if with_page := frozenset((g["file"], g["page"]) for g in row["gold"] if g.get("page")):
            gold["page"] = with_page
        numbers = frozenset() if with_page else figures(str(row.get("answer", "")))
        group = str(row.get("group", at))
        cases.append(Case(str(row.get("id", at)), row["question"], group, (AUDIENCE,), gold, numbers))
    return cases


async def _pool_cases(kit: Kit, rows: Sequence[dict[str, Any]], progress: Progress) -> list[Case]:
    """Passages are files named by their id, so that a search finds them as it finds any document."""
    texts: dict[str, tuple[str, str]] = {}
    for row in rows:
        for passage in row["passages"]:
            texts.setdefault(passage["text"], (str(passage["id"]), str(passage.get("title") or "")))
    names = {text: f"{at}.md" for at, text in enumerate(texts)}
    with tempfile.TemporaryDirectory(prefix="steward-pool-") as folder:
        for done, (text, (_, title)) in enumerate(texts.items()):
            progress(done, len(texts))
            file = Path(folder) / names[text]
            file.write_text(f"# {title}\n\n{text}\n" if title else f"{text}\n", encoding="utf-8")
            await kit.indexer.ingest_plain(file, audience=AUDIENCE)
    cases = []
    for at, row in enumerate(rows):
        if row["answerable"] != "yes" or row.get("passages_from") == "pool" or not row["passages"]:
            continue
        said = [str(a).lower() for a in row.get("answers") or []]
        holding = [p for p in row["passages"] if any(a in p["text"].lower() for a in said)] or row["passages"]
        gold = {"passage": frozenset(names[p["text"]] for p in holding)}
        cases.append(Case(str(row.get("id", at)), row["question"], str(row.get("group", at)), (AUDIENCE,), gold))
    return cases


def _hit(passage: Passage) -> Hit:
    chunk, document = passage.chunk, passage.document
    return _things(chunk.text, document.source_name, document.id, (chunk.page,), chunk.heading)


def _plain_hit(passage: PlainPassage) -> Hit:
    document = passage.document
    return _things(passage.text, document.source_name, document.id, (passage.page,), passage.heading)


def _things(text: str, file: str, document: str, pages: Sequence[int | None], path: Sequence[str]) -> Hit:
    held = sections(path, text)
    return Hit(
        text,
        {
            "file": (frozenset({file}),),
            "passage": (frozenset({file}),),
            "page": tuple(frozenset({(file, page)}) for page in pages if page is not None),
            "section": (frozenset((document, answers.plain(section)) for section in held),),
        },
    )


def _beside(path: Path, relative: str) -> Path:
    for parent in path.resolve().parents:
        if (parent / relative).is_dir():
            return parent / relative
    raise ValueError(f"{path}: the folder {relative!r} is not found beside the file or above it.")


def _question(kit: Kit, text: str) -> Question:
    """As the turn's own rewriting makes it."""
    return kit.rewrite(Guarded(text, Masked(text), PlaceholderMap({})), ())
