"""Questions without a source: who sees which, how few people are too few, and what is said of them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from assistant.errors import NotFound
from assistant.pipeline.kit import Kit
from assistant.tiers.scripted import Line
from assistant.values import Person
from assistant.work.knowledge_gaps import KnowledgeGaps
from tests.pipeline.conftest import MakeKit, ask, person
from tests.work.conftest import manager

DOGS = ("May I bring my dog to the office?", "Can I bring a dog to the office?", "Are dogs allowed in the office?")
SABBATICAL = "Can I take an unpaid sabbatical?"


def asked(kit: Kit, who: str, text: str, near: str = "", **row: Any) -> str:
    """A turn on record that ended without a source."""
    turn, person_id = uuid.uuid4().hex, person(kit, who).id
    kit.ledger.open_turn(turn, person_id, {})
    passages = [{"document_key": near, "similarity": 0.6, "word_rank": 1, "heading": ["Cost"]}] if near else []
    closing = {"outcome": "abstained", "citations": [], "passages": passages, "sealed": {"question": text}}
    kit.ledger.close_turn(turn, person_id, closing | row)
    return turn


def three_people(kit: Kit, texts: tuple[str, ...] = DOGS, near: str = "") -> None:
    for who, text in zip(("ann", "bob", "eve"), texts, strict=True):
        asked(kit, who, text, near)


async def test_a_topic_that_enough_people_asked_about_is_shown(make_kit: MakeKit) -> None:
    kit = await make_kit()
    three_people(kit)
    asked(kit, "ann", DOGS[0])
    (gap,) = (await KnowledgeGaps(kit).report(manager(kit))).gaps
    assert (gap.count, gap.people, gap.near, gap.done) == (4, 3, None, False)
    assert set(gap.questions) == set(DOGS) and {"dog", "office"} & set(gap.words)
    assert gap.last == datetime.now(UTC).date()


async def test_too_few_people_show_single_words_and_no_question(make_kit: MakeKit) -> None:
    kit = await make_kit()
    for who in ("ann", "ann", "ann", "bob"):
        asked(kit, who, f"{SABBATICAL} My badge is Qzx-Vrl and I am <PERSON_1>, 4711.")
    (gap,) = (await KnowledgeGaps(kit).report(manager(kit))).gaps
    assert gap.questions == () and gap.people == 0 and gap.count == 4
    assert {"unpaid"} <= set(gap.words) and not any("qzx" in w or "4711" in w or "<" in w for w in gap.words)


async def test_what_came_near_another_audience_is_not_seen(make_kit: MakeKit) -> None:
    kit = await make_kit()
    three_people(kit, near="topup@1")
    gaps = KnowledgeGaps(kit)
    assert (await gaps.report(manager(kit))).gaps == ()
    (gap,) = (await gaps.report(manager(kit, "hr", name="hana"))).gaps
    assert gap.near is not None and gap.near.id == "topup" and gap.section == "Cost"
    three_people(kit, ("Who repairs the lift?", "Who repairs a lift?", "Who repairs the lifts?"), near="gone@1")
    assert (await gaps.report(manager(kit))).gaps == () and len(
        (await gaps.report(manager(kit, name="hana"))).gaps
    ) == 1


ENDINGS: tuple[tuple[dict[str, Any], int], ...] = (
    ({"outcome": "answered", "citations": [{"document": "leave@1", "chunk": "1"}]}, 0),
    ({"outcome": "handed_off"}, 0),
    ({"outcome": "refused"}, 0),
    ({"outcome": "failed"}, 0),
    ({"outcome": "stopped"}, 0),
    ({"outcome": "abstained"}, 1),
    ({"outcome": "answered", "citations": []}, 2),
)


async def test_which_endings_count(make_kit: MakeKit) -> None:
    kit = await make_kit()
    for row, seen in ENDINGS:
        asked(kit, "ann", SABBATICAL, **row)
        gaps = (await KnowledgeGaps(kit).report(manager(kit))).gaps
        assert sum(gap.count for gap in gaps) == seen, row


async def test_an_erased_person_is_out_of_it(make_kit: MakeKit) -> None:
    kit = await make_kit()
    three_people(kit)
    gaps = KnowledgeGaps(kit)
    assert (await gaps.report(manager(kit))).gaps[0].people == 3
    kit.conversations._keys.destroy(person(kit, "ann").id)
    (gap,) = (await gaps.report(manager(kit))).gaps
    assert gap.count == 2 and gap.questions == ()


async def test_marked_as_done_comes_back_when_it_is_asked_again(make_kit: MakeKit) -> None:
    kit = await make_kit()
    mia, gaps = manager(kit), KnowledgeGaps(kit)
    three_people(kit)
    (gap,) = (await gaps.report(mia)).gaps
    await gaps.mark(mia, gap.id, True)
    (gap,) = (await gaps.report(mia)).gaps
    assert gap.done and gap.again == 0
    asked(kit, "eve", DOGS[0])
    (gap,) = (await gaps.report(mia)).gaps
    assert not gap.done and gap.again == 1
    await gaps.mark(mia, gap.id, False)
    assert kit.gap_marks.done() == {}
    kinds = [row["kind"] for row in kit.ledger.rows() if row["kind"].startswith("gap.")]
    assert kinds == ["gap.done", "gap.open"]


async def test_only_managers_and_only_their_topics(make_kit: MakeKit) -> None:
    kit = await make_kit()
    three_people(kit, near="topup@1")
    gaps = KnowledgeGaps(kit)
    (gap,) = (await gaps.report(manager(kit, "hr", name="hana"))).gaps

    async def nothing(who: Person) -> None:
        with pytest.raises(NotFound):
            await gaps.mark(who, gap.id, True)

    await nothing(manager(kit))
    for name in ("ann", "bob"):
        await nothing(person(kit, name))
        with pytest.raises(NotFound):
            await gaps.report(person(kit, name))
    assert kit.gap_marks.done() == {}


async def test_a_real_turn_that_was_declined_is_in_it(make_kit: MakeKit) -> None:
    kit = await make_kit({"light": [Line("", ("The documents do not say.",))]})
    events = await ask(kit, "ann", "Which planet is the largest? Write to ann.lee@harbourline.example")
    assert events[-1].data["outcome"] == "abstained"
    rows = kit.ledger.unanswered(datetime(2020, 1, 1, tzinfo=UTC), 10, 10)
    assert "planet" in rows[0]["question"] and "ann.lee" not in rows[0]["question"]
    assert len((await KnowledgeGaps(kit).report(manager(kit))).gaps) == 1
