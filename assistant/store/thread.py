"""A conversation's messages as a tree, and the one branch of it that is read: questions edited or asked again fork.

Pure functions over messages in the order they were added, each naming its parent. Siblings are messages of one role
under one parent: two wordings of a question, two answers to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.values import Message

ASIDES = ("expert", "notice")


def thread(messages: Sequence[Message], leaf: str) -> list[Message]:
    """From the first message down to ``leaf``, each with its siblings; empty when there is no such message."""
    by_id = {m.id: m for m in messages}
    path: list[Message] = []
    at = by_id.get(leaf)
    while at is not None and len(path) <= len(messages):
        path.append(replace(at, siblings=siblings(messages, at)))
        at = by_id.get(at.parent)
    return path[::-1]


def siblings(messages: Sequence[Message], message: Message) -> tuple[str, ...]:
    """Ids of the messages in ``message``'s place, itself among them, the oldest first."""
    return tuple(m.id for m in messages if m.parent == message.parent and m.role == message.role)


def newest(messages: Sequence[Message], start: str) -> str:
    """The last message under ``start``, following the newest child at every fork."""
    child = {m.parent: m.id for m in messages if m.parent}  # later ones replace earlier ones
    at, seen = start, {start}
    while at in child and child[at] not in seen:
        at = child[at]
        seen.add(at)
    return at


def after_asides(messages: Sequence[Message], start: str) -> str:
    """Where an answer to the question ``start`` goes: behind what a person said meanwhile."""
    at = start
    while True:
        aside = next((m.id for m in reversed(messages) if m.parent == at and m.role in ASIDES), None)
        if aside is None:
            return at
        at = aside
