"""Who may manage knowledge, and which part of it.

A knowledge manager manages the documents of the audiences that their own groups read, and no others: a document's
title, text, hits and questions are as readable on the Knowledge page as in a chat, so the same rule holds. An
administrator sees the page under the same rule. Documents of an audience that no manager belongs to are managed with
``scripts/ingest.py`` by whoever runs Steward. Rights are asked anew at every call.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from assistant.errors import NotFound, StewardError

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit
    from assistant.values import Person

MANAGERS = frozenset({"knowledge_manager", "administrator"})
NOT_HERE = "There is nothing here."


def managed(kit: Kit, person: Person) -> tuple[str, ...]:
    """The audiences whose documents ``person`` manages now. NotFound for somebody who manages none."""
    now = kit.people.get(person.id)
    audiences = kit.audiences(person)
    if now is None or not now.roles & MANAGERS or not audiences:
        raise NotFound(NOT_HERE)
    return audiences


def chosen(kit: Kit, person: Person, audiences: Iterable[str]) -> tuple[str, ...]:
    """``audiences`` as given by a browser, checked. NotFound for one that ``person`` does not manage."""
    mine, wanted = managed(kit, person), tuple(sorted(set(audiences)))
    if not wanted:
        raise StewardError("Choose at least one audience.")
    if not set(wanted) <= set(mine):
        raise NotFound("This audience does not exist, or you do not belong to it.")
    return wanted
