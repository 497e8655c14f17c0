"""The small company of the pipeline's tests, with a knowledge manager."""

from __future__ import annotations

from assistant.pipeline.kit import Kit
from assistant.values import Person
from tests.pipeline.conftest import make_kit, prepared

__all__ = ["make_kit", "prepared"]


def manager(kit: Kit, *groups: str, name: str = "mia") -> Person:
    """A knowledge manager with these groups beside ``staff``."""
    if kit.people.by_name(name) is None:
        kit.people.add(name, name.title(), password=None, groups=["staff", *groups], roles=["knowledge_manager"])
    found = kit.people.by_name(name)
    assert found is not None
    return found
