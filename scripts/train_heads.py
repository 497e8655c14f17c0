#!/usr/bin/env python3
"""Train the small heads that Steward ships, from labelled files named on the command line.

  scripts/train_heads.py answerable --data questions.yaml FILE.jsonl ... --out assistant/tiers/answerable.json

answerable: does what retrieval found hold an answer? Positive cases are answerable questions with the passages that
retrieval finds for them; negative cases are the unanswerable ones, and every answerable one again with its source
taken out of what was found, which leaves the near misses. From a .yaml file only the cases whose id ends in an odd
digit are used, so that the others remain for an honest figure. A .jsonl file is in the format of
``measure.py unanswerable``; its paragraphs are searched as one pool. A logistic regression with an L2 penalty, fitted
by Newton's method; figures are of five-fold cross-validation by group.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import _start
import numpy as np

from assistant import settings
from assistant.pipeline.kit import Kit, build
from assistant.pipeline.results import Guarded
from assistant.privacy.placeholders import PlaceholderMap
from assistant.tiers.answerable import FEATURES, Answerable
from assistant.values import Masked, Passage, Question, Vector
from assistant.work.measures import answers
from assistant.work.measures.figures import Numbers, auc, read_lines
from assistant.work.measures.unanswerable import passages_of

FOUND = 8
PER_FILE = 150
MAX_WRONG = 0.10


@dataclass(frozen=True)
class Row:
    features: tuple[float, ...]
    answerable: bool
    group: str
    weight: float


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("head", choices=["answerable"])
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--licences", default="", help="licences of the data, for the card")
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def question_of(kit: Kit, text: str) -> Question:
    return kit.rewrite(Guarded(text, Masked(text), PlaceholderMap({})), ())


async def from_samples(kit: Kit, path: Path, judge: Answerable) -> list[Row]:
    rows = []
    for case in answers.read(path):
        person = kit.people.by_name(case.person)
        if person is None or case.history or case.kind == "needs_person" or int(case.id[-1]) % 2 == 0:
            continue
        question = question_of(kit, case.question)
        found = await kit.retrieve.search(kit.audiences(person), question, 3 * FOUND)
        wanted = {s.document for s in case.sources} if case.kind != "restricted" else set()
        sections = {answers.plain(s.section) for s in case.sources}
        if wanted:
            gold = [p for p in found if p.document.id in wanted and sections & {answers.plain(h) for h in p.chunk.heading}]
            if any(p in gold for p in found[:FOUND]):
                rows.append(Row((await judge(question, found[:FOUND])).features, True, case.id, 1.0))
            found = tuple(p for p in found if p not in gold)
        rows.append(Row((await judge(question, found[:FOUND])).features, False, case.id, 0.5 if wanted else 1.0))
    return [r for r in rows if r.features]


async def from_pool(kit: Kit, path: Path, judge: Answerable) -> list[Row]:
    lines = [r for r in read_lines(path, ("question", "passages", "answerable")) if r["passages"] and not r.get("history")]
    texts = list(dict.fromkeys((p.get("title") or "", p["text"]) for r in lines for p in r["passages"]))
    vectors = np.stack([e.vector for e in await kit.encoder.encode([f"{a}\n{b}" for a, b in texts], background=True)])
    chosen = random.Random(5).sample([r for r in lines if r["answerable"] == "yes"], k=min(PER_FILE, len(lines) // 3))
    rows = []
    for row in chosen:
        question = question_of(kit, row["question"])
        own = {(p.get("title") or "", p["text"]) for p in row["passages"]}
        near = await nearest(kit, question, texts, vectors)
        if any(t in own for t in near[:FOUND]):
            judged = await judge(question, await given(kit, question, near[:FOUND]))
            rows.append(Row(judged.features, True, str(row.get("group")), 0.1))
        rest = [t for t in near if t not in own][:FOUND]
        judged = await judge(question, await given(kit, question, rest))
        rows.append(Row(judged.features, False, str(row.get("group")), 0.1))
    return [r for r in rows if r.features]


async def nearest(kit: Kit, question: Question, texts: list[tuple[str, str]], vectors: Vector) -> list[tuple[str, str]]:
    asked = (await kit.encoder.encode([question.search_text]))[0].vector
    order = np.argsort(-(vectors @ asked))[: 2 * FOUND]
    return [texts[i] for i in order]


async def given(kit: Kit, question: Question, texts: list[tuple[str, str]]) -> list[Passage]:
    return await passages_of(kit, question, texts)


def fit(x: Numbers, y: Numbers, weight: Numbers, penalty: float = 0.5) -> Numbers:
    """Weights of a logistic regression (Newton's method, L2 penalty on all but the bias)."""
    w = np.zeros(x.shape[1])
    ridge = np.full(x.shape[1], penalty)
    ridge[0] = 1e-6
    for _ in range(40):
        p = 1 / (1 + np.exp(-x @ w))
        gradient = x.T @ (weight * (y - p)) - ridge * w
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(ridge)
        w = w + np.linalg.solve(hessian, gradient)
    return w


def crossed(x: Numbers, y: Numbers, weight: Numbers, groups: list[str]) -> Numbers:
    """Scores of five-fold cross-validation, groups kept together."""
    names = sorted(set(groups))
    random.Random(3).shuffle(names)
    fold = {name: i % 5 for i, name in enumerate(names)}
    folds = np.array([fold[g] for g in groups])
    scores = np.zeros(len(y))
    for k in range(5):
        w = fit(x[folds != k], y[folds != k], weight[folds != k])
        scores[folds == k] = x[folds == k] @ w
    return scores


async def run() -> int:
    args = arguments()
    rows: list[Row] = []
    sample_rows = 0
    with tempfile.TemporaryDirectory(prefix="steward-train-") as folder:
        base = Path(folder)
        chosen = settings.load().model_copy(update={"data_dir": base / "var", "audit_db": base / "audit.db"})
        kit = await build(chosen)
        judge = Answerable(kit.encoder)
        try:
            for path in args.data:
                sample = path.suffix in (".yaml", ".yml")
                more = await (from_samples if sample else from_pool)(kit, path, judge)
                sample_rows += len(more) if sample else 0
                rows += more
                print(f"{path.name}: {len(more)} rows")
        finally:
            await kit.close()
    x = np.array([r.features for r in rows])
    y = np.array([float(r.answerable) for r in rows])
    weight = np.array([r.weight for r in rows])
    scores = crossed(x, y, weight, [r.group for r in rows])
    own = np.array([r.weight >= 0.5 for r in rows])
    w = fit(x, y, weight)
    probability = 1 / (1 + np.exp(-scores))
    positives = np.sort(probability[own & (y == 1)]) if own.any() else np.sort(probability[y == 1])
    threshold = float(positives[int(MAX_WRONG * len(positives))])
    card = {
        "weights": dict(zip(FEATURES, (round(float(v), 4) for v in w), strict=True)),
        "threshold": round(threshold, 4),
        "card": {
            "made": date.today().isoformat(),
            "data": [p.name for p in args.data],
            "licences": args.licences,
            "rows": len(rows),
            "split": "five-fold cross-validation by group; of .yaml files only ids ending in an odd digit",
            "auc": round(auc(scores, y == 1), 3),
            "auc_yaml_rows": round(auc(scores[own], y[own] == 1), 3) if own.any() else None,
            "threshold_rule": f"at most {MAX_WRONG:.0%} of the answerable .yaml rows declined, cross-validated",
            "declined_negatives_at_threshold": round(float((probability[own & (y == 0)] < threshold).mean()), 3),
        },
    }
    args.out.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(card["card"], indent=1))
    return 0


if __name__ == "__main__":
    _start.main(run)
