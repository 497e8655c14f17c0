"""Presidio as Steward sets it up: the recognizers' own tables, ordinary questions, the policy, no network."""

from __future__ import annotations

import importlib
import itertools
import pkgutil
import socket
from pathlib import Path

import pytest
import tldextract

from assistant import policy
from assistant.errors import PolicyError
from assistant.policy import Pii
from assistant.privacy import recognizers
from assistant.privacy.engine import Presidio

SHIPPED = policy.load(Path(__file__).parents[2] / "policies").pii
EXAMPLES = [
    (module.name, text, expected)
    for module in pkgutil.iter_modules(recognizers.__path__)
    for text, expected in importlib.import_module(f"{recognizers.__name__}.{module.name}").EXAMPLES
]
ORDINARY = """How many weeks of paid parental leave do I get after 12.5 months, 16 or 26 weeks?
What changed on 2026-01-01, and what on 1 January 2027 or 31/03/2026?
Is SGD 1,500 or S$2,000.50 the limit for a claim of 45,000 rupees?
What does section 4.2.1 of policy number 12345678 say? And clause 10.1.2.3?
Who approves invoice 20260117, purchase order 4500012345 and cost centre 88123456?
My claim CL2400123 of policy POL-2024-00123 is 30 days late, why?
I am 42 years old, earn 85000 a year and work 37.5 hours in 5 days. What is my bonus at 12.5%?
Meeting 0900-1800 in room 12-34, floor 8, from 2024-2026, extension 4567?
Can H1 and H2 budgets of 91234567 dollars be moved between ledger 600123 and 600124?
Does the Q3 2026 report cover ISO 27001, IFRS 17 and MAS Notice 655?
What is version 1.2.3.4 of the password policy, and where do I reset my token?
The ratio is 3:1 and 10-20 percent of 1,000,000 over 18 to 24 months, right?
Employee 00123456 asks about grade 11 and reference 4010232137.""".splitlines()


@pytest.fixture(scope="module")
def engine(encoder) -> Presidio:
    return Presidio.build(SHIPPED, encoder)


@pytest.mark.parametrize(("module", "text", "expected"), EXAMPLES)
def test_recognizers_find_what_their_examples_say(engine, module, text, expected):
    entities = {e for name, _, rows in EXAMPLES if name == module for _, e in rows}
    assert [(text[s.start : s.end], s.entity) for s in engine.find(text) if s.entity in entities] == expected


@pytest.mark.parametrize("question", ORDINARY)
def test_ordinary_questions_are_left_alone(engine, question):
    assert [question[s.start : s.end] for s in engine.find(question) if SHIPPED.entities[s.entity] != "detect"] == []


@pytest.mark.parametrize(
    ("text", "value", "entity"),
    [
        ("IBAN DE89 3704 0044 0532 0130 00 please", "DE89 3704 0044 0532 0130 00", "IBAN_CODE"),
        ("SSN 536-90-4399", "536-90-4399", "US_SSN"),
        ("from 10.20.30.40 at night", "10.20.30.40", "IP_ADDRESS"),
        ("NINO AB123456C", "AB123456C", "UK_NINO"),
        ("my bank account is 1234567890", "1234567890", "US_BANK_NUMBER"),
        ("mailto:jane@firm.com?x", "jane@firm.com", "EMAIL_ADDRESS"),
    ],
)
def test_presidios_own_recognizers_are_on(engine, text, value, entity):
    assert (value, entity) in [(text[s.start : s.end], s.entity) for s in engine.find(text)]


def test_masking_wins_over_detecting_and_nothing_overlaps(engine):
    text = "https://portal.firm.com/?mail=jane@firm.com and https://a:s3cr3tpw@db.firm.com/x"
    spans = engine.find(text)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    masked = [text[s.start : s.end] for s in spans if SHIPPED.entities[s.entity] != "detect"]
    assert any("jane@firm.com" in m for m in masked)
    assert any("s3cr3tpw" in m for m in masked)


def test_an_unknown_entity_names_what_is_allowed():
    with pytest.raises(PolicyError, match=r"'EMAILS'.*Allowed: .*EMAIL_ADDRESS"):
        Presidio.build(Pii(entities={"EMAILS": "mask"}))


def test_only_entities_of_the_policy_are_looked_for():
    engine = Presidio.build(Pii(entities={"EMAIL_ADDRESS": "mask"}))
    assert [s.entity for s in engine.find("jane@firm.com 4111 1111 1111 1111 +65 9123 4567")] == ["EMAIL_ADDRESS"]


def test_nothing_is_looked_up(monkeypatch, encoder):
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a look-up or a connection")

    for name in ("getaddrinfo", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert Presidio.build(SHIPPED, encoder).find("jane@firm.co.uk and https://firm.co.uk")
    for extractor in (tldextract.extract, tldextract.tldextract.TLD_EXTRACTOR):
        assert extractor.suffix_list_urls == ()


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "a" * 9000, "1 " * 4000, "a@" * 4000, "password is " * 700])
def test_odd_text_is_survived(engine, text):
    assert isinstance(engine.find(text), list)
