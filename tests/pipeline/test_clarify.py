"""Asking back: only where near-identical documents answer differently and the question does not say which."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import AskedBack
from assistant.pipeline.clarify import Clarify
from assistant.values import Chunk, Document, Passage, Question
from tests.pipeline.conftest import FRONT, MakeKit, ask, person

PLAN = "The yearly deductible of the plan is {0} dollars for each covered person. Preventive care is free."


def passage(title: str, text: str, score: float, *, file: str = "") -> Passage:
    document = Document(title.lower(), "1", title, "everyone", "", file or f"{title}.pdf", "")
    return Passage(Chunk(title, document.key, 0, (), None, text, 0, len(text)), document, score)


def question(text: str, *, alone: bool = True) -> Question:
    return Question(text, text, text, stands_alone=alone)


PLUS = passage("Health plan Plus", PLAN.format(500), 2.0)
STANDARD = passage("Health plan Standard", PLAN.format(2000), 1.9)


def test_it_asks_which_of_two_variants_that_differ() -> None:
    with pytest.raises(AskedBack, match=r"Which one .*Health plan Plus.*Health plan Standard") as raised:
        Clarify()(question("How much is the deductible?"), (PLUS, STANDARD))
    assert raised.value.choices == ("Health plan Plus", "Health plan Standard")


@pytest.mark.parametrize(
    ("text", "passages"),
    [
        ("How much is the deductible of Plus?", (PLUS, STANDARD)),
        ("Compare the deductibles", (PLUS, STANDARD)),
        ("What is the deductible of each plan?", (PLUS, STANDARD)),
        ("How much is the deductible?", (PLUS,)),
        ("How much is the deductible?", (PLUS, passage("Health plan Standard", PLAN.format(500), 1.9))),
        ("How much is the deductible?", (PLUS, passage("Health plan Standard", PLAN.format(2000), 0.5))),
        ("How much is the deductible?", (PLUS, passage("Travel policy", PLAN.format(2000), 1.9))),
        ("How much is the deductible?", (PLUS, passage("Health plan Standard", "Call 2000 for anything else.", 1.9))),
    ],
    ids=["named", "compares", "each", "one alone", "same figures", "far behind", "other document", "other matter"],
)
def test_it_does_not_ask(text: str, passages: tuple[Passage, ...]) -> None:
    Clarify()(question(text), passages)


def test_variants_of_one_title_are_called_by_their_files() -> None:
    pair = [passage("Report", PLAN.format(n), 2.0, file=f"{y}_Q1_report.pdf") for y, n in ((2024, 1), (2025, 2))]
    other = Document("other", "1", "Report", "everyone", "", "2025_Q1_report.pdf", "")
    pair[1] = Passage(pair[1].chunk, other, 1.9)
    assert Clarify.choices(question("How much is the deductible?"), pair) == ["2024 Q1 report", "2025 Q1 report"]
    assert Clarify.choices(question("How much was the deductible in 2025?"), pair) == []


def test_a_question_about_nothing_is_asked_back() -> None:
    with pytest.raises(AskedBack, match="What is your question about"):
        Clarify()(question("And how is it?", alone=False), (PLUS,))


async def test_what_was_asked_back_is_made_clear_by_the_next_turn(make_kit: MakeKit, tmp_path: Path) -> None:
    kit = await make_kit()
    folder = tmp_path / "plans"
    folder.mkdir()
    for name, sum_ in (("plus", 500), ("standard", 2000)):
        front = FRONT.format(id=f"plan-{name}", title=f"Health plan {name.title()}", audience="everyone")
        (folder / f"plan-{name}.md").write_text(f"{front}# Health plan {name.title()}\n\n{PLAN.format(sum_)}\n")
    await kit.indexer.ingest_folder(folder)
    first = (await ask(kit, "ann", "How much is the yearly deductible?"))[-1].data
    assert first["outcome"] == "asked_back" and "Health plan Plus" in first["text"] and not first["citations"]
    assert set(first["made"]["choices"]) == {"Health plan Plus", "Health plan Standard"}
    conversation = kit.conversations.list_for(person(kit, "ann").id)[0].id
    for said, figure in (("the Plus plan", "500"), ("And standard?", "2000")):
        last = (await ask(kit, "ann", said, conversation))[-1].data
        assert last["outcome"] == "answered" and figure in last["text"], said
