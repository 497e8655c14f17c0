"""unanswerable: does the answering tier say so when the passages given do not answer?

Each row's passages go to the smallest tier through the pipeline's own agent, after the pipeline's own rewriting of
follow-ups. AUC is of the tier's own probability that there is an answer, where it gives one. Risk at a coverage is the
share of unanswerable questions among that share of all questions which it is surest of. Beside it the plain
alternatives: always answering, and a threshold on the best passage's similarity set to answer as many of the
answerable. A question counts as asked back where the rewriting says that it does not stand alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.pipeline.kit import Kit
from assistant.pipeline.results import Guarded, Prompt, Turn
from assistant.privacy.placeholders import PlaceholderMap
from assistant.values import ABSTAIN, AnswerContext, Chunk, Document, Masked, Passage, Question, Route
from assistant.work.measures.figures import Figures, Numbers, auc, interval, read_lines


@dataclass(frozen=True)
class Said:
    """What the smallest tier made of one row. ``similarity`` is the best passage's, the plain alternative's score."""

    text: str
    abstained: bool
    probability: float | None
    similarity: float
    asked_back: bool


async def judged(kit: Kit, row: dict[str, Any]) -> Said:
    """One row through the pipeline's own rewriting and the smallest tier's own agent."""
    turns = _turns(row.get("history") or [])
    question = kit.rewrite(Guarded(row["question"], Masked(row["question"]), PlaceholderMap({})), turns)
    passages = await passages_of(kit, question, [(p.get("title") or "", p["text"]) for p in row["passages"]])
    context = AnswerContext(question, passages, canary="", mask=str)
    tier = kit.policies.tiers.tiers[0].name
    deltas = await kit.generate(Prompt(kit.policies.prompts["answer"], turns, context), Route(tier, "look_up", ""))
    text = "".join([delta async for delta in deltas])
    near = max((p.similarity or 0.0 for p in passages), default=0.0)
    return Said(
        text,
        text.strip().lower().startswith(ABSTAIN.lower().rstrip(".")),
        context.answerability,
        near,
        not question.stands_alone,
    )


async def measure(kit: Kit, path: Path, progress: Callable[[int, int], None]) -> Figures:
    """Figures over all rows; partial and underspecified rows are counted apart."""
    rows = read_lines(path, ("question", "passages", "answerable"))
    found = Figures()
    for done, row in enumerate(rows):
        progress(done, len(rows))
        said = await judged(kit, row)
        answers = [str(a).lower() for a in row.get("answers") or []]
        found.rows.append(
            {
                "id": row.get("id", ""),
                "group": row.get("group", str(done)),
                "answerable": row["answerable"],
                "abstained": said.abstained,
                "probability": said.probability,
                "similarity": said.similarity,
                "asked_back": said.asked_back,
                "has_answer": (not said.abstained) and any(a in said.text.lower() for a in answers),
                "text": said.text,
            }
        )
    _summarise(found)
    return found


def _summarise(found: Figures) -> None:
    rows = found.rows
    yes = [r for r in rows if r["answerable"] == "yes"]
    no = [r for r in rows if r["answerable"] == "no"]
    found.share("abstained_on_unanswerable", [r["abstained"] for r in no], [r["group"] for r in no])
    found.share("answered_on_answerable", [not r["abstained"] for r in yes], [r["group"] for r in yes])
    found.share("answer_contains_gold", [r["has_answer"] for r in yes], [r["group"] for r in yes])
    for kind in ("partial", "underspecified"):
        some = [r for r in rows if r["answerable"] == kind]
        found.share(f"abstained_on_{kind}", [r["abstained"] for r in some], [r["group"] for r in some])
    some = [r for r in rows if r["answerable"] == "underspecified"]
    found.share("asked_back_on_underspecified", [r["asked_back"] for r in some], [r["group"] for r in some])
    if yes and no:
        both = found.figures["abstained_on_unanswerable"] + found.figures["answered_on_answerable"]
        found.number("balanced_accuracy", both / 2, len(yes) + len(no))
        judged = [r for r in (*yes, *no) if r["probability"] is not None]
        scores = np.array([r["probability"] for r in judged])
        positive = np.array([r["answerable"] == "yes" for r in judged])
        found.number("auc", auc(scores, positive), len(judged))
        groups = [r["group"] for r in judged]
        found.intervals["auc"] = interval(lambda at: auc(scores[at], positive[at]), groups)
        _beside(found, judged, scores, positive, groups)


def _beside(
    found: Figures, judged: list[dict[str, Any]], scores: Numbers, positive: np.ndarray[Any, Any], groups: list[str]
) -> None:
    """The plain alternatives, and risk at three coverages for both."""
    if not judged:
        return
    near = np.array([r["similarity"] for r in judged])
    found.number("auc_similarity", auc(near, positive), len(judged))
    found.intervals["auc_similarity"] = interval(lambda at: auc(near[at], positive[at]), groups)
    declined = round((1 - found.figures["answered_on_answerable"]) * positive.sum())
    limit = np.sort(near[positive])[min(declined, int(positive.sum()) - 1)]
    found.number(
        "similarity_abstained_on_unanswerable", float((near[~positive] < limit).mean()), int((~positive).sum())
    )
    found.number("always_answer_balanced_accuracy", 0.5, len(judged))
    for name, values in (("risk", scores), ("similarity_risk", near)):
        surest = positive[np.argsort(-values, kind="stable")]
        for coverage in (50, 80, 100):
            share = 1 - float(surest[: max(1, len(surest) * coverage // 100)].mean())
            found.number(f"{name}_at_{coverage}_coverage", share, len(judged))


async def passages_of(kit: Kit, question: Question, given: list[tuple[str, str]]) -> list[Passage]:
    """(title, text) pairs as retrieved passages, with the similarity that retrieval would have seen."""
    if not given:
        return []
    encoded = await kit.encoder.encode([question.search_text, *(f"{title}\n{text}" for title, text in given)])
    asked = encoded[0].vector
    passages = []
    for at, (title, text) in enumerate(given):
        document = Document(f"given-{at}", "1", title, "everyone", "", "", "")
        chunk = Chunk(f"given-{at}", document.key, at, (), None, text, 0, len(text))
        near = float(encoded[at + 1].vector @ asked)
        passages.append(Passage(chunk, document, max(near, 0.0), near))
    return passages


def _turns(history: list[dict[str, str]]) -> tuple[Turn, ...]:
    turns, asked = [], ""
    for entry in history:
        if entry["role"] == "user":
            asked = entry["text"]
        elif asked:
            turns.append(Turn(asked, entry["text"]))
            asked = ""
    return tuple(turns)
