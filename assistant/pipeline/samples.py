"""The sample company's people, and questions to begin with. The documents are ``knowledge/samples/``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml

from assistant.store.people import People
from assistant.values import Person, Role

PEOPLE: tuple[tuple[str, str, str, Role, tuple[str, ...]], ...] = (
    ("aisha", "Aisha Rahman", "Claims handler", "employee", ("staff", "claims")),
    ("daniel", "Daniel Ong", "Sales team manager", "employee", ("staff", "sales", "managers")),
    ("mei", "Mei Tan", "HR policy lead", "knowledge_manager", ("staff", "hr", "managers")),
    ("priya", "Priya Nair", "HR and benefits specialist", "expert", ("staff", "hr")),
    ("victor", "Victor Lau", "Internal auditor", "auditor", ("staff", "compliance", "finance")),
    ("budi", "Budi Santoso", "IT operations lead", "administrator", ("staff", "it")),
)


def add_people(people: People) -> None:
    """Add the sample people that are missing. They have no password: one click, on loopback, or not at all."""
    known = {p.name for p in people.everyone()}
    for name, display, title, role, groups in PEOPLE:
        if name not in known:
            roles = {"employee", role}
            people.add(name, display, password=None, groups=groups, roles=sorted(roles), title=title, sample=True)


def starters(folder: Path, person: Person, audiences: tuple[str, ...]) -> list[str]:
    """Questions from ``starters.yaml`` of the samples for the audiences given, the narrowest audience first."""
    path = folder / "starters.yaml"
    by_audience = _read(path) if path.exists() else {}
    own = [q for a in audiences if a != "everyone" for q in by_audience.get(a, [])[:2]]
    return [*by_audience.get("everyone", [])[: 4 - min(len(own), 2)], *own[:2]]


@lru_cache(maxsize=8)
def _read(path: Path) -> dict[str, list[str]]:
    data: dict[str, list[str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return data
