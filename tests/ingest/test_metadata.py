"""Metadata: every key that is wrong or missing refuses the document by name."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import DocumentRefused
from assistant.ingest import metadata
from assistant.values import LoadedDocument

GOOD: dict[str, Any] = {
    "id": "travel-policy",
    "title": "Travel",
    "audience": "everyone",
    "owner": "Finance",
    "version": "2",
    "effective": date(2026, 1, 1),
    "review": date(2027, 1, 1),
}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"owner": None}, "key 'owner'"),
        ({"colour": "red"}, "key 'colour' is not known. Allowed are id, title"),
        ({"id": "../Travel"}, "key 'id', value '../Travel'"),
        ({"version": 1.1}, "put the version in quotes"),
        ({"version": "a@b"}, "key 'version'"),
        ({"effective": "soon"}, "key 'effective', value 'soon'"),
        ({"title": " \u202e "}, "must be printable"),
    ],
)
def test_a_wrong_key_is_named(change: dict[str, Any], says: str) -> None:
    with pytest.raises(DocumentRefused) as caught:
        metadata.parse("travel.pdf.yaml", GOOD | change)
    assert says in str(caught.value)
    assert str(caught.value).startswith("travel.pdf.yaml was not indexed")


def test_every_needed_key_is_missed() -> None:
    assert set(metadata.required()) == set(GOOD)
    for key in GOOD:
        with pytest.raises(DocumentRefused, match=f"key '{key}' is missing"):
            metadata.parse("x", {k: v for k, v in GOOD.items() if k != key})


def test_an_unquoted_whole_version_is_taken() -> None:
    assert metadata.parse("x", GOOD | {"version": 2}).version == "2"


def test_front_matter_comes_first_then_the_sidecar(tmp_path: Path) -> None:
    path = tmp_path / "travel.pdf"
    with pytest.raises(DocumentRefused, match=r"no metadata\. Add travel\.pdf\.yaml beside it"):
        metadata.read(path, LoadedDocument(()))
    metadata.sidecar(path).write_text("id: [", encoding="utf-8")
    with pytest.raises(DocumentRefused, match=r"travel\.pdf\.yaml is not valid YAML"):
        metadata.read(path, LoadedDocument(()))
    lines = [f'{key}: "{value}"' for key, value in GOOD.items()]
    metadata.sidecar(path).write_text("\n".join(lines), encoding="utf-8")
    assert metadata.read(path, LoadedDocument(())).effective == date(2026, 1, 1)
    assert metadata.read(path, LoadedDocument((), metadata=GOOD | {"version": "9"})).version == "9"
