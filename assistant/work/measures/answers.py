"""answers: runs a ``questions.yaml`` through whole turns of the sample company.

A question counts as right when it was answered, every key fact stands in the answer, and a named source is cited
(every named document, where there are several). Leaked: a forbidden string, or anything of an audience that the
asker does not belong to, in what the asker gets to see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from assistant.pipeline.kit import Kit
from assistant.work.measures.figures import Figures

ANSWERABLE = ("answerable", "follow_up", "multi_source", "table")


class Source(BaseModel):
    model_config = ConfigDict(extra="forbid")
    document: str
    section: str


class Case(BaseModel):
    """One question. ``key_facts``: alternatives are separated by |."""

    model_config = ConfigDict(extra="forbid")
    id: str
    kind: Literal["answerable", "follow_up", "multi_source", "table", "unanswerable", "restricted", "needs_person"]
    person: str
    history: list[str] = []
    question: str
    key_facts: list[str] = []
    sources: list[Source] = []
    forbidden: list[str] = []
    paraphrase: bool = False


def read(path: Path) -> list[Case]:
    """The cases of a file. Raises ValueError naming what is wrong."""
    try:
        return TypeAdapter(list[Case]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise ValueError(f"{path}: {error}") from None


def plain(text: str) -> str:
    """Lower case, single spaces, one kind of quote and dash: what facts are compared in."""
    table = {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " ", "*": ""}
    return " ".join("".join(table.get(c, c) for c in text.lower()).split())


async def measure(kit: Kit, path: Path, progress: Callable[[int, int], None]) -> Figures:
    """Every case in a conversation of its own, its history asked first."""
    cases = read(path)
    found = Figures()
    for done, case in enumerate(cases):
        progress(done, len(cases))
        found.rows.append(await _row(kit, case))
    rows = found.rows
    answerable = [r for r in rows if r["kind"] in ANSWERABLE]
    found.share("right_with_source", [r["right"] for r in answerable])
    found.share("facts_present", [r["facts"] for r in answerable])
    found.share("source_cited", [r["source"] for r in answerable])
    found.share("wrongly_declined", [r["outcome"] == "abstained" for r in answerable])
    found.share("unanswerable_declined", [r["outcome"] == "abstained" for r in rows if r["kind"] == "unanswerable"])
    found.share("handed_over", [r["outcome"] == "handed_off" for r in rows if r["kind"] == "needs_person"])
    found.share("paraphrase_right", [r["right"] for r in answerable if r["paraphrase"]])
    by_kind = defaultdict(list)
    for row in answerable:
        by_kind[row["kind"]].append(row["right"])
    for kind, hits in by_kind.items():
        found.share(f"right_{kind}", hits)
    found.number("leaked", sum(bool(r["leaked"]) for r in rows), len(rows))
    found.number("failed", sum(r["outcome"] == "failed" for r in rows), len(rows))
    return found


async def _row(kit: Kit, case: Case) -> dict[str, Any]:
    person = kit.people.by_name(case.person)
    if person is None:
        raise ValueError(f"{case.id}: nobody signs in as {case.person!r}.")
    conversation: str | None = None
    data: dict[str, Any] = {}
    for text in [*case.history, case.question]:
        running = kit.turns.start(person, conversation, text)
        conversation = running.conversation_id
        async for event in kit.turns.events(person, running.turn_id):
            if event.kind == "done":
                data = event.data
    answer = plain(data["text"])
    facts = all(any(plain(option) in answer for option in fact.split("|")) for fact in case.key_facts)
    cited = {(c["document_key"].split("@")[0]) for c in data["citations"]}
    wanted = {s.document for s in case.sources}
    source = wanted <= cited if case.kind == "multi_source" else bool(wanted & cited)
    answered = data["outcome"] == "answered"
    return {
        "id": case.id,
        "kind": case.kind,
        "person": case.person,
        "question": case.question,
        "outcome": data["outcome"],
        "answer": data["text"],
        "cited": sorted(cited),
        "wanted": sorted(wanted),
        "facts": answered and facts,
        "missing": [f for f in case.key_facts if not any(plain(o) in answer for o in f.split("|"))],
        "source": answered and source,
        "right": answered and facts and source,
        "paraphrase": case.paraphrase,
        "confidence": data["made"].get("confidence"),
        "signals": data["made"].get("signals") or {},
        "tier": data["made"].get("tier", ""),
        "passages": [f"{p['document_key']} > {' > '.join(p['heading'])}" for p in data["made"].get("passages", [])],
        "leaked": _leaked(kit, case, data, kit.audiences(person)),
    }


def _leaked(kit: Kit, case: Case, data: dict[str, Any], audiences: tuple[str, ...]) -> list[str]:
    seen = plain(str({"text": data["text"], "citations": data["citations"], "made": data["made"]}))
    leaks = [f for f in case.forbidden if plain(f) in seen]
    readable = {d.key for d in kit.catalogue.documents(audiences)}
    shown = {c["document_key"] for c in data["citations"]} | {
        p["document_key"] for p in data["made"].get("passages", [])
    }
    return leaks + sorted(shown - readable)
