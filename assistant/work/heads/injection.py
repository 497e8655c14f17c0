"""Trains the two heads of ``guards/injection.py``: one reads questions, one reads the sentences of documents.

Examples come from sentences of our own (``injection.yaml``), from labelled files (the format of ``measure.py
injection``; files with ``question`` or without ``label`` give honest questions), and from a folder of ordinary
documents, into which orders are planted at random places. Rows that are attacks only against the system prompt they
came with (they have ``system``) count less: the text alone often does not show it.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from assistant.encoder.minilm import MiniLM, TokenStates
from assistant.guards.injection import in_tokens, windows
from assistant.work.heads.phrases import Stretch, fit
from assistant.work.measures.figures import auc, read_lines

OWN = Path(__file__).with_name("injection.yaml")
PER_TEMPLATE = 20
PER_FILE = 900
WINDOWS = 2
PAGE_LINES = 10
PAGE_CHARS = 1800
PAGES = 1600
PLANTED = 0.6
CALM_SENTENCES = 12_000
WITH_SYSTEM = 0.4
CHECKED = 5
"""One group in so many is kept back for the figures on the card."""
SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Example:
    """A text for the head of questions."""

    text: str
    attack: bool
    group: str
    weight: float = 1.0


def own(kind: str, per_template: int, seed: int) -> list[Example]:
    """Sentences made of the templates of one kind: every ``group`` is one template."""
    data = yaml.safe_load(OWN.read_text(encoding="utf-8"))
    chance = random.Random(seed)  # noqa: S311
    made: dict[str, Example] = {}
    for number, template in enumerate(data[kind]):
        for _ in range(per_template):
            text = template
            while SLOT.search(text):
                text = SLOT.sub(lambda match: chance.choice(data["slots"][match[1]]), text)
            text = _varied(re.sub(r"  +", " ", text).strip(), chance)
            made[text] = Example(text, kind != "benign", f"{kind} {number}")
    return list(made.values())


def _varied(text: str, chance: random.Random) -> str:
    """As people type: mostly with a capital, sometimes without, seldom in capitals, at times without the last stop."""
    drawn = chance.random()
    text = text.lower() if drawn < 0.15 else text.upper() if drawn < 0.18 else text[:1].upper() + text[1:]
    return text[:-1] if chance.random() < 0.15 and text[-1:] in ".?!" else text


def from_file(path: Path) -> list[Example]:
    """Questions of a labelled file; documents and unsafe requests are left out, they are other heads' matter."""
    found = []
    for number, row in enumerate(read_lines(path, ())):
        text = row.get("text") or row.get("question")
        if not text or "task" in row or row.get("kind") == "unsafe_request":
            continue
        attack = row.get("label") == "attack"
        weight = WITH_SYSTEM if attack and row.get("system") else 1.0
        found.append(Example(text, attack, f"{path.stem} {row.get('group', number)}", weight))
    random.Random(7).shuffle(found)  # noqa: S311
    return found[:PER_FILE]


async def train(encoder: MiniLM, data: Sequence[Path], documents: Path, licences: str, out: Path, epochs: int) -> None:
    """Writes question.npz and document.npz, each with its card, into ``out``; says what it does."""
    examples = [*own("attack", PER_TEMPLATE, 1), *own("benign", PER_TEMPLATE, 2)]
    for path in data:
        examples += from_file(path)
    stretches = [s async for s in _windows(encoder, examples)]
    _ship("question", stretches, [p.name for p in data], licences, out, epochs)
    orders = [*own("document_order", 2 * PER_TEMPLATE, 3), *own("attack", PER_TEMPLATE // 2, 4)]
    planted = [s async for s in _planted(encoder, documents, orders)]
    _ship("document", planted, [documents.name], licences, out, epochs)


def _ship(
    name: str, found: Sequence[tuple[Stretch, str]], data: list[str], licences: str, out: Path, epochs: int
) -> None:
    groups = sorted({group for _, group in found})
    random.Random(3).shuffle(groups)  # noqa: S311
    aside = set(groups[::CHECKED])
    checked = fit([s for s, group in found if group not in aside], epochs)
    held = [s for s, group in found if group in aside]
    scores = np.array([checked.probability(s.states, checked.detected(s.states)) for s in held])
    wanted = np.array([s.wanted for s in held])
    head = fit([s for s, _ in found], epochs)
    head.save(out / f"{name}.npz")
    calm = np.sort(scores[~wanted])
    card: dict[str, Any] = {
        "made": date.today().isoformat(),
        "data": [OWN.name, *data],
        "licences": licences,
        "stretches": len(found),
        "wanted": int(sum(s.wanted for s, _ in found)),
        "split": f"figures from a head fitted without every {CHECKED}th group; the shipped one is fitted on all",
        "auc": round(auc(scores, wanted), 4),
        "caught_at_1_percent_wrong": round(float((scores[wanted] > calm[int(0.99 * len(calm))]).mean()), 4),
        "epochs": epochs,
    }
    (out / f"{name}.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    print(name, json.dumps(card, indent=1), flush=True)


async def _windows(encoder: MiniLM, examples: Sequence[Example]) -> Any:
    for done, each in enumerate(examples):
        _, tokens = await encoder.token_states(each.text[:6000], background=True)
        for start, end in list(windows(len(tokens.states)))[:WINDOWS]:
            yield Stretch(_kept(tokens, start, end), each.attack, each.weight), each.group
        if done % 1000 == 0:
            print(f"{done} of {len(examples)} questions read", flush=True)


async def _planted(encoder: MiniLM, folder: Path, orders: list[Example]) -> Any:
    chance = random.Random(5)  # noqa: S311
    chance.shuffle(orders)
    calm = 0
    for number, (page, name) in enumerate(_pages(folder, chance)):
        order = orders.pop() if orders and chance.random() < PLANTED else None
        lines = list(page)
        if order:
            _plant(lines, order.text, chance)
        text = "\n".join(lines)[:PAGE_CHARS]
        at = text.find(order.text) if order else -1
        _, tokens = await encoder.token_states(text, background=True)
        for (start, end), (first, last) in in_tokens(text, tokens):
            shared = max(0, min(end, at + len(order.text)) - max(start, at)) if order and at >= 0 else 0
            wanted = order is not None and shared > 0.5 * min(end - start, len(order.text))
            calm += not wanted
            if wanted or calm <= CALM_SENTENCES:
                yield (
                    Stretch(_kept(tokens, first, last), wanted, 1.5 if wanted else 1.0),
                    order.group if order else name,
                )
        if number % 500 == 0:
            print(f"{number} pages read", flush=True)


def _pages(folder: Path, chance: random.Random) -> Iterator[tuple[list[str], str]]:
    """Up to PAGES stretches of lines from the text files of ``folder``, with the file they are from."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".md", ".txt"))
    chance.shuffle(files)
    made = 0
    for path in files:
        lines = [line[:400] for line in path.read_text(encoding="utf-8", errors="replace").split("\n") if line.strip()]
        for start in range(0, min(len(lines), 4 * PAGE_LINES), PAGE_LINES):
            page = lines[start : start + PAGE_LINES]
            if len(" ".join(page).split()) >= 40 and made < PAGES:
                made += 1
                yield page, path.name


def _plant(lines: list[str], order: str, chance: random.Random) -> None:
    """As a line of its own, or at the beginning or end of another."""
    at, way = chance.randrange(len(lines)), chance.random()
    if way < 0.3:
        lines.insert(at, order)
    elif way < 0.65:
        lines[at] = f"{order} {lines[at]}"
    else:
        lines[at] = f"{lines[at].rstrip()}{'' if lines[at].rstrip()[-1:] in '.!?:' else '.'} {order}"


def _kept(tokens: TokenStates, start: int, end: int) -> Any:
    return np.array(tokens.states[start:end], dtype=np.float32)
