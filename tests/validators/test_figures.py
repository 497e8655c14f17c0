"""Numbers, units, currencies and dates in one form."""

from __future__ import annotations

import pytest

from assistant.validators.figures import Day, Figure, dates, figures


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,000 and 1000.0", [Figure("1000"), Figure("1000")]),
        ("twenty-six weeks", [Figure("26", "week")]),
        ("one hundred and fifty days", [Figure("150", "day")]),
        ("two thousand five hundred", [Figure("2500")]),
        ("26-week leave, 26 calendar weeks", [Figure("26", "week"), Figure("26", "week")]),
        ("12.50 % or 12.5 per cent", [Figure("12.5", "%"), Figure("12.5", "%")]),
        ("S$1,500 or 1.5 million USD", [Figure("1500", "", "SGD"), Figure("1500000")]),
        ("section 4.2.1", [Figure("4.2.1")]),
        ("one of them takes one day", [Figure("1", "day")]),
        ("5 and 6 weeks", [Figure("5"), Figure("6", "week")]),
    ],
)
def test_figures(text, expected):
    found = figures(text)
    assert [(f.value, f.unit) for f in found] == [(f.value, f.unit) for f in expected]
    assert all(f.currency == e.currency for f, e in zip(found, expected, strict=True) if e.currency)


@pytest.mark.parametrize("text", ["1 April 2026", "April 1, 2026", "2026-04-01", "1st of April 2026", "Apr 1 2026"])
def test_dates(text):
    assert dates(text)[0] == [Day(2026, 4, 1)]


def test_what_states_what():
    assert Figure("280", "", "$").stated_by(Figure("280", "", "SGD"))
    assert not Figure("280", "", "USD").stated_by(Figure("280", "", "SGD"))
    assert not Figure("6", "day").stated_by(Figure("6", "hour"))
    assert Day(0, 4, 1).stated_by(Day(2026, 4, 1))
    assert not Day(2026, 4, 1).stated_by(Day(2026, 4, 2))
