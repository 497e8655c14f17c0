"""The transcript and the panes: everything escaped, sources as buttons, the live answer as its events say."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from assistant.pipeline.reading import PassageView
from assistant.ui import evidence
from assistant.ui.i18n import now
from assistant.ui.live import Live
from assistant.ui.pages import frame, signin
from assistant.ui.render import LOW, Look, handoff, transcript
from assistant.values import Chunk, Citation, Conversation, Document, HandOff, Message, Person

EVIL = "\"'><img src=x onerror=alert(1)><script>alert(1)</script>"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SOURCE = Citation(
    1, "c1", "leave@2", "Leave", ("Leave", "How long"), 3, "You get 26 weeks.", "review was due on 2026-01-01"
)
STORY = {
    "stages": [{"name": "guard", "ms": 4.2, "note": "1 value masked"}, {"name": EVIL, "ms": 1500.0, "note": EVIL}],
    "total_ms": 1504.2, "masked": [{"entity": "EMAIL_ADDRESS", "placeholder": "<EMAIL_1>"}], "tier": "light",
    "tier_reason": EVIL, "question_kind": "look_up", "model": EVIL, "rewritten": EVIL, "notices": [EVIL],
    "passages": [{"chunk_id": EVIL, "title": EVIL, "heading": [EVIL], "page": 1, "similarity": 0.5, "word_rank": 1,
                  "vector_rank": None, "used": True}],
    "verdicts": [{"check": EVIL, "passed": False, "score": 0.1, "detail": EVIL}], "withheld": 1, "confidence": 0.72,
    "tokens_in": 1200, "tokens_out": 30, "tokens_estimated": True, "policy_version": EVIL, "mode": "hold",
    "offer_person": True,
}  # fmt: skip


def answer(**changes: object) -> Message:
    message = Message(
        "m1", "assistant", "You get 26 weeks [1].", NOW, outcome="answered", citations=(SOURCE,), made=STORY
    )
    return replace(message, **changes)


def inert(html: str) -> bool:
    return (
        not re.search(r"<(script(?! src=\"/ui/)|img(?! src=\"/ui/steward.svg\" alt=\"\"))", html)
        and "onerror=alert(1)>" not in html
    )


def test_every_field_from_outside_is_escaped() -> None:
    source = Citation(1, EVIL, EVIL, EVIL, (EVIL,), 1, EVIL, EVIL)
    person = Person("p", "evil", EVIL, EVIL, frozenset({EVIL}), frozenset({"expert"}), sample=True)
    waiting = HandOff("h", "c", "p", "t", "hr", EVIL, EVIL, NOW, NOW, "taken", "e")
    document = Document(EVIL, EVIL, EVIL, EVIL, EVIL, EVIL, "hash", review=date(2026, 1, 1))
    view = PassageView(Chunk("c", "d", 0, (EVIL,), 1, EVIL, 0, 1), document, EVIL, EVIL, EVIL, EVIL)
    live = Live(EVIL, Look())
    for kind, data in (("stage", {"name": EVIL, "state": "start"}), ("masked", {"items": [{"entity": EVIL}]}),
                       ("piece", {"text": EVIL}), ("notice", {"text": EVIL})):  # fmt: skip
        live.take(kind, data)
    pages = [
        transcript([Message("m", "user", EVIL, NOW), answer(text=EVIL, citations=(source,)), answer(outcome="failed"),
                    Message("m", "expert", EVIL, NOW, author=EVIL), Message("m", "notice", EVIL, NOW)], Look(), EVIL),
        handoff(waiting, EVIL), evidence.made(STORY), evidence.passage(view, (), EVIL), evidence.gone(EVIL),
        live.html(),
        frame.side(person, [Conversation(EVIL, "p", EVIL, NOW, NOW)], EVIL), frame.alert(EVIL),
        frame.welcome(person, [EVIL]), signin.page([person], {EVIL: EVIL}, EVIL, EVIL),
    ]  # fmt: skip
    for page in pages:
        assert inert(page), page


def test_an_answer_shows_sources_confidence_and_its_ways_on() -> None:
    html = transcript([answer()], Look())
    assert html.count('data-act="cite" data-id="c1" data-message="m1"') == 2
    assert "Source 1: Leave › Leave › How long, page 3" in html and "review was due on 2026-01-01" in html
    assert "Well supported" in html and "0.72" in html and now(LOW) in html and 'data-act="made" data-id="m1"' in html
    assert '<form data-act="person"' in html and "email address" in html


def test_an_expert_sees_no_buttons_of_the_asker_and_nobody_asks_twice() -> None:
    assert 'data-act="person"' not in transcript([answer()], Look(desk=True))
    asked = transcript([answer()], Look(asked=True))
    assert 'data-act="person"' not in asked and "A person has been asked" in asked


def test_hand_off_states() -> None:
    given = HandOff("h", "c", "p", "t", "hr", "asked", "", NOW, NOW + timedelta(hours=8))
    assert handoff(None, "") == ""
    assert "Waiting for a person since" in handoff(given, "") and NOW.isoformat() in handoff(given, "")
    assert "Priya Nair is on it" in handoff(replace(given, state="taken"), "Priya Nair")
    assert "Answered by Priya Nair." in handoff(replace(given, state="resolved"), "Priya Nair")


def test_the_live_answer_follows_its_events() -> None:
    live = Live("How long?", Look(), "c9")
    assert live.take("stage", {"name": "retrieve", "state": "start", "ms": 0, "note": ""})
    assert "Searching the documents" in live.html() and 'aria-busy="true"' in live.html()
    assert not live.take("stage", {"name": "retrieve", "state": "done", "ms": 3, "note": ""})
    live.take("piece", {"text": "You get 26 weeks [1]. "})
    assert "26 weeks [1]" in live.html() and 'data-conversation="c9"' in live.html()
    live.take("piece", {"text": "From birth [1].", "citations": [{**SOURCE.__dict__, "heading": ["Leave"]}]})
    assert live.html().count('data-act="cite"') == 3
    live.take("withdraw", {"reason": "checks"})
    assert "26 weeks" not in live.html() and "data-act" not in live.html()
    live.take("done", {"outcome": "stopped", "text": "*Stopped.*", "citations": [], "made": {}})
    assert "<em>Stopped.</em>" in live.html() and 'aria-busy="false"' in live.html() and "dot" not in live.html()


def test_how_it_was_made_tells_stages_tier_masked_and_checks() -> None:
    html = evidence.made(STORY)
    for part in ("2 steps in <strong>1.5 s</strong>", "Question checked and masked", "4.2 ms", "1 value masked",
                 "light", "&lt;EMAIL_1&gt;", "failed", "1,200 in, 30 out (estimated)",
                 "after the whole answer was checked"):  # fmt: skip
        assert part in html


def test_the_passage_pane_names_version_owner_page_and_warns() -> None:
    document = Document("leave", "2", "Leave", "everyone", "People", "l.md", "h", review=date(2026, 1, 1), pages=4)
    chunk = Chunk("c", document.key, 0, ("Leave", "How long"), 3, "x", 0, 1)
    html = evidence.passage(PassageView(chunk, document, "before", "You get 26 weeks.", "after", "review overdue"), (),
                            "You get 26 weeks.")  # fmt: skip
    for part in ("<mark>You get 26 weeks.</mark>", "3 of 4", "People", "1 Jan 2026", "Read with care: review overdue",
                 "Leave › How long"):  # fmt: skip
        assert part in html
    page = html[html.index('class="page"') :]
    assert page.index("before") < page.index("data-hit") < page.index("after")
