"""Names and places: the shipped head, what it must leave alone, and other models through the same door."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import spacy

from assistant import policy
from assistant.encoder.heads.tagger import Tag, Tagger, best, found, words_of
from assistant.errors import PolicyError
from assistant.policy import Pii
from assistant.privacy import names
from assistant.privacy.engine import Presidio

SHIPPED = policy.load(Path(__file__).parents[2] / "policies").pii
FOUND = [
    ("How many days of leave does Aisha Rahman get?", "Aisha Rahman", "PERSON"),
    ("who is budi santoso and can i call him", "budi santoso", "PERSON"),
    ("Please ask Nguyen Thi Huong whether she has signed.", "Nguyen Thi Huong", "PERSON"),
    ("The claimant, Tan Wei Ming, called yesterday.", "Tan Wei Ming", "PERSON"),
    ("Send it to 12 Orchard Road, Singapore 238841, please.", "12 Orchard Road, Singapore 238841", "STREET_ADDRESS"),
    ("She moved from Jakarta to London.", "Jakarta", "LOCATION"),
]
OFFICE = """Is the Cedar top-up paid together with parental leave?
Who approves a Sandpiper budget change, People Business Partners or Financial Control?
What does the Code of Conduct say about gifts from vendors?
Does Marina Quay have parking, and what is the Monday rule?
What is the difference between Shield Plus and Shield Basic?
Ask the Service Desk for a new laptop, then tell Workplace Services.
When is the Town Hall, and does the Chief Risk Officer speak?
How do I file an Expense Claim in Compass?
May I mark a grace period in the Claims Manual?
Which Falcon and Orchid Saver clauses cover flood?
how do i book the lighthouse room for tuesday
Can HR extend the Maple scheme for Claims and Underwriting?
Why was my Travel Request rejected by Procurement?
WHAT IS THE DEADLINE FOR THE ANNUAL REVIEW
Meeting 0900-1800 in room 12-34, floor 8""".splitlines()


@pytest.fixture(scope="module")
def engine(encoder) -> Presidio:
    return Presidio.build(SHIPPED, encoder)


@pytest.mark.parametrize(("text", "value", "entity"), FOUND)
def test_names_are_found(engine, text, value, entity):
    assert (value, entity) in [(text[s.start : s.end], s.entity) for s in engine.find(text)]


@pytest.mark.parametrize("text", OFFICE)
def test_office_words_are_nobody(engine, text):
    assert [text[s.start : s.end] for s in engine.find(text) if SHIPPED.replaces(s.entity)] == []


def test_placeholders_and_addresses_are_no_names(engine):
    assert engine.find("Ask <PERSON_1> and <PERSON_2_2> about it.") == []
    text = "write to jane.tan@firm.com or Jane Tan"
    assert [(text[s.start : s.end], s.entity) for s in engine.find(text)] == [
        ("jane.tan@firm.com", "EMAIL_ADDRESS"),
        ("Jane Tan", "PERSON"),
    ]


def test_names_far_into_a_long_text(engine):
    text = "The policy covers water damage in the basement. " * 80 + "Speak to Priya Nair in claims."
    assert "Priya Nair" in [text[s.start : s.end] for s in engine.find(text) if s.entity == "PERSON"]


def test_one_pass_serves_the_head_and_the_vector(encoder, monkeypatch):
    passes = []
    inner = encoder._pass
    monkeypatch.setattr(encoder, "_pass", lambda *given: passes.append(1) or inner(*given))
    import asyncio

    text = "Does Aisha Rahman have leave in the year of the rat?"
    encoder.layer_states(text)

    async def rest() -> None:
        [encoded] = await encoder.encode([text])
        whole, states = await encoder.token_states(text)
        assert np.array_equal(encoded.vector, whole.vector) and len(states.offsets) == len(states.states)

    asyncio.run(rest())
    assert len(passes) == 1


def test_a_saved_spacy_pipeline_takes_its_place(tmp_path):
    pipeline = spacy.blank("en")
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PER", "pattern": "Zorblax"}, {"label": "GPE", "pattern": "Atlantis"}])
    pipeline.to_disk(tmp_path / "model")
    pii = Pii(entities={"PERSON": "mask", "LOCATION": "detect"}, names_model=f"spacy:{tmp_path / 'model'}")
    text = "Zorblax went to Atlantis with Aisha Rahman."
    assert [(text[s.start : s.end], s.entity) for s in Presidio.build(pii).find(text)] == [
        ("Zorblax", "PERSON"),
        ("Atlantis", "LOCATION"),
    ]


def test_a_transformers_model_takes_its_place(tmp_path, monkeypatch):
    """The library is an operator's own install, so its pipeline stands in here as it answers."""
    said = [{"entity_group": "PER", "start": 0, "end": 4, "score": 0.99}]
    library = types.SimpleNamespace(pipeline=lambda *a, **k: lambda text: said)
    monkeypatch.setitem(sys.modules, "transformers", library)
    pii = Pii(entities={"PERSON": "mask"}, names_model=f"transformers:{tmp_path}")
    assert [(s.start, s.end, s.entity) for s in Presidio.build(pii).find("Anna left.")] == [(0, 4, "PERSON")]


@pytest.mark.parametrize("kind", ["spacy", "transformers"])
def test_a_model_that_does_not_load_is_said(tmp_path, kind):
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(PolicyError, match=rf"'{kind}:.*could not be loaded"):
            Presidio.build(Pii(entities={"PERSON": "mask"}, names_model=f"{kind}:{folder}"))


def test_damaged_weights_are_said(tmp_path, monkeypatch, encoder):
    monkeypatch.setattr(names, "WEIGHTS", tmp_path / "names.npz")
    with pytest.raises(PolicyError, match="Restore it"):
        Presidio.build(Pii(entities={"PERSON": "mask"}), encoder)


def test_a_head_that_breaks_stops_the_search(encoder):
    class Broken:
        def layer_states(self, text, *, background=False):
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        Presidio.build(SHIPPED, Broken()).find("Aisha Rahman")


def test_off_looks_for_no_names():
    assert Presidio.build(Pii(entities={"PERSON": "mask"}, names_model="off")).find("Aisha Rahman called.") == []


def test_inside_follows_its_own_kind():
    labels = ("O", "B-X", "I-X", "B-Y", "I-Y")
    scores = np.log(
        np.array([[0.1, 0.3, 0.4, 0.1, 0.1], [0.1, 0.1, 0.3, 0.1, 0.4], [0.6, 0.1, 0.1, 0.1, 0.1]], np.float32)
    )
    assert best(labels, scores) == [1, 2, 0]
    text = "Ann Lee left"
    assert [(t.start, t.end, t.kind) for t in found(text, words_of(text), labels, scores)] == [(0, 7, "X")]
    assert isinstance(found(text, words_of(text), labels, scores)[0], Tag)


def test_the_card_says_what_it_was_made_of():
    card = json.loads(names.WEIGHTS.with_suffix(".json").read_text(encoding="utf-8"))
    assert card["data"] and card["licences"] and card["made"] and card["figures"]
    assert names.WEIGHTS.stat().st_size < 500_000
    assert set(card["labels"]) == {"O", *(f"{m}-{k}" for m in "BI" for k in names.KINDS)}
    assert Tagger.load(names.WEIGHTS).arrays["w1"].dtype == np.float32
