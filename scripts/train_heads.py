#!/usr/bin/env python3
"""Train the small heads that Steward ships, from labelled files named on the command line.

  scripts/train_heads.py answerable --data questions.yaml FILE.jsonl ... --out assistant/tiers/answerable.json
  scripts/train_heads.py grounding --data FILE.jsonl ... --out assistant/validators/grounding.json
  scripts/train_heads.py injection --data FILE.jsonl ... --documents FOLDER --out assistant/guards --licences "..."
  scripts/train_heads.py names --data FILE.jsonl ... --out assistant/encoder/heads/names.npz --licences "..."

answerable: three linear heads of the built-in answerer. ``passage`` and ``unit`` order passages and their units, by
a softmax that favours the gold ones. ``weights`` says whether there is an answer at all: positive cases are
answerable questions with what retrieval finds for them; negative ones are the unanswerable questions, and every
answerable one again without its source, which leaves the near misses. Of a .yaml file only the cases whose id ends in
an odd digit are used, so that the others remain for an honest figure. A .jsonl file is in the format of ``measure.py
unanswerable``; its paragraphs are searched as one pool.

names: marks persons, places, organisations, addresses, ages and dates in the encoder's token states; files are in the
format of ``measure.py pii``. The figures of its card are of groups held out.

injection: two heads, one for questions and one for the sentences of documents; files in the format of ``measure.py
injection``, or with honest questions; --documents is a folder of ordinary texts into which orders are planted.

grounding: how much speaks for a sentence in its passages; files in the format of ``measure.py grounding``.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import _start
import numpy as np

from assistant import settings
from assistant.encoder.minilm import MiniLM
from assistant.errors import StewardError
from assistant.pipeline.kit import Kit, build
from assistant.pipeline.results import Guarded, Turn
from assistant.privacy.placeholders import PlaceholderMap
from assistant.tiers.answerable import FEATURES, Answerable, Compared
from assistant.tiers.match import PASSAGE, UNIT
from assistant.values import Chunk, Document, Masked, Passage, Question
from assistant.work.heads import grounding, injection, names
from assistant.work.measures import answers
from assistant.work.measures.figures import Numbers, auc, read_lines

FOUND = 8
PER_FILE = 250
POOL_WEIGHT = 0.06
MAX_WRONG = 0.08


@dataclass(frozen=True, eq=False)
class Case:
    """What was found for a question; ``gold`` and ``gold_units`` say where its answer stands (nowhere: negative)."""

    compared: Compared
    gold: Numbers
    gold_units: tuple[Numbers, ...]
    group: str
    weight: float
    own: bool

    @property
    def answerable(self) -> bool:
        return bool(self.gold.any())


def question_of(kit: Kit, text: str, history: Sequence[str] = ()) -> Question:
    turns = tuple(Turn(asked, "") for asked in history)
    return kit.rewrite(Guarded(text, Masked(text), PlaceholderMap({})), turns)


async def from_samples(kit: Kit, path: Path, judge: Answerable) -> list[Case]:
    cases = []
    for case in answers.read(path):
        person = kit.people.by_name(case.person)
        if person is None or case.kind in ("needs_person", "restricted") or int(case.id[-1]) % 2 == 0:
            continue
        question = question_of(kit, case.question, case.history)
        found = await kit.retrieve.search(kit.audiences(person), question, 3 * FOUND)
        wanted = {s.document for s in case.sources}
        sections = {answers.plain(s.section) for s in case.sources}
        gold = [p for p in found if p.document.id in wanted and sections & {answers.plain(h) for h in p.chunk.heading}]
        facts = [answers.plain(option) for fact in case.key_facts for option in fact.split("|")]
        if any(p in gold for p in found[:FOUND]):
            cases.append(await labelled(judge, question, found[:FOUND], gold, facts, (case.id, 1.0, True)))
        rest = [p for p in found if p not in gold][:FOUND]
        cases.append(await labelled(judge, question, rest, [], [], (case.id, 0.5 if wanted else 1.0, True)))
    return cases


async def from_pool(kit: Kit, path: Path, judge: Answerable) -> list[Case]:
    lines = [r for r in read_lines(path, ("question", "passages", "answerable")) if not r.get("history")]
    texts = list(dict.fromkeys((p.get("title") or "", p["text"]) for r in lines for p in r["passages"]))
    vectors = np.stack([e.vector for e in await kit.encoder.encode([f"{a}\n{b}" for a, b in texts], background=True)])
    yes = [r for r in lines if r["answerable"] == "yes"]
    cases = []
    for row in random.Random(5).sample(yes, k=min(PER_FILE, len(yes))):  # noqa: S311
        question = question_of(kit, row["question"])
        own = {(p.get("title") or "", p["text"]) for p in row["passages"]}
        asked = (await kit.encoder.encode([question.search_text]))[0].vector
        near = [(*texts[i], float(vectors[i] @ asked)) for i in np.argsort(-(vectors @ asked))[: 2 * FOUND]]
        facts = [answers.plain(s) for s in row.get("selected_sentences") or row.get("answers", [])[:1]]
        mark = (str(row.get("group") or row.get("id")), POOL_WEIGHT, False)
        given = [passage(at, *found) for at, found in enumerate(near)]
        gold = [p for p in given if (p.document.title, p.chunk.text) in own]
        if any(p in gold for p in given[:FOUND]):
            cases.append(await labelled(judge, question, given[:FOUND], gold, facts, mark))
        rest = [p for p in given if p not in gold][:FOUND]
        cases.append(await labelled(judge, question, rest, [], [], mark))
    return cases


def passage(at: int, title: str, text: str, near: float) -> Passage:
    document = Document(f"given-{at}", "1", title, "everyone", "", "", "")
    return Passage(Chunk(f"given-{at}", document.key, at, (), None, text, 0, len(text)), document, max(near, 0.0), near)


async def labelled(
    judge: Answerable,
    question: Question,
    found: Sequence[Passage],
    gold: Sequence[Passage],
    facts: Sequence[str],
    mark: tuple[str, float, bool],
) -> Case:
    compared = await judge.compared(question, found)
    marks = [p in gold for p in found]
    in_units = tuple(
        np.array([is_gold and any(f in answers.plain(u.text) for f in facts) for u in there.units], dtype=np.float64)
        for there, is_gold in zip(compared.reads, marks, strict=True)
    )
    return Case(compared, np.array(marks, dtype=np.float64), in_units, *mark)


def fit_order(groups: Sequence[tuple[Numbers, Numbers, float]], penalty: float = 0.01, steps: int = 400) -> Numbers:
    """Weights whose softmax over a group's rows favours its gold rows (Adam; L2 penalty on scaled features)."""
    scale = np.concatenate([x for x, _, _ in groups]).std(axis=0) + 1e-6
    w, first, second = (np.zeros(len(scale)) for _ in range(3))
    for step in range(1, steps + 1):
        gradient = penalty * w
        for x, gold, weight in groups:
            z = (x / scale) @ w
            p = np.exp(z - z.max())
            p /= p.sum()
            gradient = gradient - weight / len(groups) * (((p * gold) / max((p * gold).sum(), 1e-12) - p) @ (x / scale))
        first, second = 0.9 * first + 0.1 * gradient, 0.99 * second + 0.01 * gradient**2
        w = w - 0.05 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return np.asarray(w / scale)


def fit(x: Numbers, y: Numbers, weight: Numbers, penalty: float = 2.0) -> Numbers:
    """Weights of a logistic regression (Newton's method, L2 penalty on scaled features, none on the bias)."""
    scale = np.maximum(x.std(axis=0), 1e-6)
    scale[0] = 1.0
    x = x / scale
    w, ridge = np.zeros(x.shape[1]), np.full(x.shape[1], penalty)
    ridge[0] = 1e-6
    for _ in range(40):
        p = 1 / (1 + np.exp(-x @ w))
        gradient = x.T @ (weight * (y - p)) - ridge * w
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(ridge)
        w = w + np.linalg.solve(hessian, gradient)
    return np.asarray(w / scale)


def order(cases: Sequence[Case], judge: Answerable) -> None:
    """Fit the passage and unit weights and put them into ``judge``."""
    yes = [c for c in cases if c.answerable]
    judge.passage_weights = fit_order([(c.compared.passages, c.gold, c.weight) for c in yes if not c.gold.all()])
    groups = []
    for case in yes:
        inside = [i for i, gold in enumerate(case.gold) if gold]
        x = np.concatenate([case.compared.units[i] for i in inside])
        gold = np.concatenate([case.gold_units[i] for i in inside])
        if gold.any() and not gold.all():
            groups.append((x, gold, case.weight))
    judge.unit_weights = fit_order(groups)


def crossed(cases: Sequence[Case], judge: Answerable) -> Numbers:
    """Probabilities of five-fold cross-validation, groups kept together; the order is fitted anew in each fold."""
    names = sorted({c.group for c in cases})
    random.Random(3).shuffle(names)  # noqa: S311
    fold = {name: i % 5 for i, name in enumerate(names)}
    scores = np.zeros(len(cases))
    for k in range(5):
        order([c for c in cases if fold[c.group] != k], judge)
        x, y, weight = table(cases, judge)
        inside = np.array([fold[c.group] == k for c in cases])
        scores[inside] = x[inside] @ fit(x[~inside], y[~inside], weight[~inside])
    return np.asarray(1 / (1 + np.exp(-scores)))


def table(cases: Sequence[Case], judge: Answerable) -> tuple[Numbers, Numbers, Numbers]:
    x = np.stack([judge.features(c.compared) for c in cases])
    return x, np.array([float(c.answerable) for c in cases]), np.array([c.weight for c in cases])


async def collect(data: Sequence[Path]) -> tuple[list[Case], Answerable]:
    cases: list[Case] = []
    with tempfile.TemporaryDirectory(prefix="steward-train-") as folder:
        paths = {"data_dir": Path(folder) / "var", "audit_db": Path(folder) / "audit.db"}
        chosen = settings.load().model_copy(update=paths)
        kit = await build(chosen)
        judge = Answerable(kit.encoder)
        try:
            for path in data:
                more = await (from_samples if path.suffix in (".yaml", ".yml") else from_pool)(kit, path, judge)
                cases += more
                print(f"{path.name}: {len(more)} cases")
        finally:
            await kit.close()
    return cases, judge


async def run() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("head", choices=["answerable", "grounding", "injection", "names"])
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--licences", default="", help="licences of the data, for the card")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--documents", type=Path, help="for injection: a folder of ordinary texts")
    parser.add_argument("--held-out", type=float, default=0.2, help="for names: share of rows never trained on")
    parser.add_argument("--folds", type=int, default=0, help="for names: parts of a cross-validation besides")
    parser.add_argument(
        "--epochs", type=int, default=6, help="for names and injection: times that every sentence is seen"
    )
    parser.add_argument("--own", type=int, default=12, help="for names: sentences made of each own template")
    args = parser.parse_args()
    if args.head == "names":
        return marks(args)
    if args.head == "injection":
        return await orders(args)
    head = grounding.train(args.data, args.licences) if args.head == "grounding" else await answerable(args)
    args.out.write_text(json.dumps(head, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(head, indent=1))
    return 0


def marks(args: argparse.Namespace) -> int:
    """The head that marks names: an .npz file with its card beside it."""
    plan = names.Plan(args.epochs, args.own, args.held_out, args.folds)
    with tempfile.TemporaryDirectory(prefix="steward-train-") as folder:
        encoder = MiniLM.open(cache=Path(folder), threads=settings.load().encoder_threads)
        names.train(encoder, args.data, args.licences, args.out, plan)
    return 0


async def orders(args: argparse.Namespace) -> int:
    """The two heads that read orders to a model, each an .npz file with its card beside it."""
    if args.documents is None or not args.documents.is_dir():
        raise StewardError("--documents must name a folder of ordinary texts, into which orders are planted.")
    with tempfile.TemporaryDirectory(prefix="steward-train-") as folder:
        encoder = MiniLM.open(cache=Path(folder), threads=settings.load().encoder_threads)
        await injection.train(encoder, args.data, args.documents, args.licences, args.out, args.epochs)
        await encoder.close()
    return 0


async def answerable(args: argparse.Namespace) -> dict[str, Any]:
    """The built-in answerer's three heads and their card."""
    cases, judge = await collect(args.data)
    probability = crossed(cases, judge)
    order(cases, judge)
    x, y, weight = table(cases, judge)
    own = np.array([c.own or not any(c.own for c in cases) for c in cases])
    positives = np.sort(probability[own & (y == 1)])
    threshold = float(positives[int(MAX_WRONG * len(positives))])
    return {
        "passage": named(PASSAGE, judge.passage_weights),
        "unit": named(UNIT, judge.unit_weights),
        "weights": named(FEATURES, fit(x, y, weight)),
        "threshold": round(threshold, 4),
        "card": {
            "made": date.today().isoformat(),
            "data": [p.name for p in args.data],
            "licences": args.licences,
            "cases": len(cases),
            "split": "five-fold cross-validation by group; of .yaml files only ids ending in an odd digit",
            "auc": round(auc(probability, y == 1), 3),
            "auc_yaml": round(auc(probability[own], y[own] == 1), 3),
            "threshold_rule": f"at most {MAX_WRONG:.0%} of the answerable .yaml cases declined, cross-validated",
            "declined_negatives_at_threshold": round(float((probability[own & (y == 0)] < threshold).mean()), 3),
        },
    }


def named(names: Sequence[str], values: Numbers) -> dict[str, float]:
    return {name: round(float(v), 4) for name, v in zip(names, values, strict=True)}


if __name__ == "__main__":
    _start.main(run)
