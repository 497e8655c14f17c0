"""Identity numbers of Southeast Asia in four languages, plain and hidden in ten ways; see made_identifiers.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import policy
from assistant.privacy.encoded import hidden
from assistant.privacy.engine import Presidio
from tests.privacy import made_identifiers as made

PATTERNS = policy.load(Path(__file__).parents[2] / "policies").pii.model_copy(update={"names_model": "off"})


@pytest.fixture(scope="module")
def engine() -> Presidio:
    return Presidio.build(PATTERNS)


def scores(engine: Presidio, rows: list[dict]) -> tuple[float, float]:
    """Recall and precision by overlap and type."""
    labelled = found = right = caught = 0
    for row in rows:
        gold = [(s["start"], s["end"], s["type"]) for s in row["spans"]]
        seen = [(s.start, s.end, s.entity) for s in engine.find(row["text"]) if s.entity in made.WORDS]
        labelled, found = labelled + len(gold), found + len(seen)
        caught += sum(any(meet(g, f) for f in seen) for g in gold)
        right += sum(any(meet(g, f) for g in gold) for f in seen)
    return caught / labelled, right / found


def meet(one: tuple, other: tuple) -> bool:
    return one[2] == other[2] and one[0] < other[1] and other[0] < one[1]


def test_plain(engine):
    recall, precision = scores(engine, made.rows(seed=5, each=3))
    assert recall >= 0.99 and precision >= 0.98, (recall, precision)


def test_hidden_in_ten_ways(engine):
    assert len(made.HIDING) == 10
    rows = list(made.hidden(made.rows(seed=5, each=1)))[::2]
    assert scores(engine, rows)[0] >= 0.95


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("see bXkgbnJpYyBpcyBTMTIzNDU2N0Qgb2s= there", ["my nric is S1234567D ok"]),
        ("6a616e65406669726d2e636f6d", ["jane@firm.com"]),
        ("jane%40firm.com", ["jane@firm.com"]),
        ("YW1GdVpVQm1hWEp0TG1OdmJRPT0=", ["amFuZUBmaXJtLmNvbQ==", "jane@firm.com"]),
        ("sha 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", []),
        ("Underwriting responsibilities and Communications, 50% or 100%", []),
        ("4111111111111111", []),
    ],
)
def test_encoded_text_is_read(text, inside):
    assert [h.text for h in hidden(text)] == inside


def test_the_encoded_stretch_is_what_is_masked(engine):
    text = "see bXkgbnJpYyBpcyBTMTIzNDU2N0Qgb2s= there"
    assert [(text[s.start : s.end], s.entity) for s in engine.find(text)] == [(text.split()[1], "SG_NRIC_FIN")]
