"""What the scripts can ask of Steward: one async function a command, from plain values to plain values.

The same function runs inside the app when it is up (through ``control.py``) and in the script's own process when it
is down. Who may call is settled by who may open the socket or the data folder: the user that runs Steward.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import NotFound, StewardError
from assistant.ingest.identity import Given
from assistant.ingest.library import Manager
from assistant.values import ROLES, Person

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit

Command = Callable[["Kit", dict[str, Any]], Awaitable[dict[str, Any]]]


async def ask(kit: Kit, given: dict[str, Any]) -> dict[str, Any]:
    """One governed turn: ``person``, ``question``, optional ``conversation``."""
    person = _person(kit, given["person"])
    if person.suspended:
        raise StewardError(f"{person.name} is suspended and cannot ask.")
    running = kit.turns.start(person, given.get("conversation") or None, given["question"])
    async for event in kit.turns.events(person, running.turn_id):
        if event.kind == "done":
            data = event.data
    made = data["made"]
    return {
        "turn": running.turn_id,
        "conversation": running.conversation_id,
        "outcome": data["outcome"],
        "answer": data["text"],
        "citations": data["citations"],
        "confidence": made.get("confidence"),
        "tier": made.get("tier", ""),
        "tier_reason": made.get("tier_reason", ""),
        "verdicts": made.get("verdicts", []),
        "times": {stage["name"]: stage["ms"] for stage in made.get("stages", [])},
        "total_ms": made.get("total_ms"),
        "masked": made.get("masked", []),
        "passages": made.get("passages", []),
        "offer_person": made.get("offer_person", False),
        "tokens": {"in": made.get("tokens_in", 0), "out": made.get("tokens_out", 0)},
    }


async def people_list(kit: Kit, given: dict[str, Any]) -> dict[str, Any]:
    """Everybody who may sign in."""
    return {"people": [_shown(p) for p in kit.people.everyone()]}


async def people_add(kit: Kit, given: dict[str, Any]) -> dict[str, Any]:
    """Add a person: ``name``, ``display_name``, ``password``, ``groups``, ``roles``."""
    _known(given["groups"], kit.policies.access.groups, "group")
    _known(given["roles"], ROLES, "role")
    person = await asyncio.to_thread(
        lambda: kit.people.add(
            given["name"],
            given["display_name"],
            password=given["password"],
            groups=given["groups"],
            roles=given["roles"],
            title=given.get("title", ""),
        )
    )
    kit.ledger.act("person.add", "operator", {"person": person.id, "groups": given["groups"], "roles": given["roles"]})
    return {"person": _shown(person)}


async def people_access(kit: Kit, given: dict[str, Any]) -> dict[str, Any]:
    """Replace a person's ``groups`` and ``roles``; acts on the next question, in open sessions too."""
    person = _person(kit, given["name"])
    groups = given.get("groups") or sorted(person.groups)
    roles = given.get("roles") or sorted(person.roles)
    _known(groups, kit.policies.access.groups, "group")
    _known(roles, ROLES, "role")
    kit.people.set_access(given["name"], groups, roles)
    kit.ledger.act("person.access", "operator", {"person": person.id, "groups": groups, "roles": roles})
    return {"person": _shown(_person(kit, given["name"]))}


async def people_suspend(kit: Kit, given: dict[str, Any]) -> dict[str, Any]:
    """Suspend ``name``, or let them in again with ``suspended`` false."""
    person = _person(kit, given["name"])
    kit.people.set_suspended(given["name"], bool(given["suspended"]))
    kit.ledger.act("person.suspend", "operator", {"person": person.id, "suspended": bool(given["suspended"])})
    return {"person": _shown(_person(kit, given["name"]))}


async def people_reset(kit: Kit, given: dict[str, Any]) -> dict[str, Any]:
    """Set a new password and end every open session of ``name``."""
    person = _person(kit, given["name"])
    await asyncio.to_thread(kit.people.set_password, given["name"], given["password"])
    kit.ledger.act("person.reset", "operator", {"person": person.id})
    return {"person": _shown(person)}


async def ingest_start(kit: Kit, given: dict[str, Any]) -> dict[str, Any]:
    """Begin to take in ``path`` (folder, archive or file): optional ``given``, ``remove_missing``, ``dry_run``."""
    told = {name: value for name, value in given.get("given", {}).items() if value}
    for name in ("effective", "review", "expires"):
        if name in told:
            told[name] = _day(name, told[name])
    audience = told.get("audience")
    if audience:
        _known([audience], kit.policies.access.audiences, "audience")
    job = await kit.library.add_folder(
        _operator(kit),
        Path(given["path"]),
        Given(**told, defaults=True),
        remove_missing=bool(given.get("remove_missing")),
        dry_run=bool(given.get("dry_run")),
    )
    return {"job": job.id, "total": job.total}


async def ingest_status(kit: Kit, given: dict[str, Any]) -> dict[str, Any]:
    """How far ``job`` is, and from item ``since`` on what became of its files."""
    told = kit.library.progress(_operator(kit), given["job"])
    since = int(given.get("since", 0))
    items = kit.library.items(_operator(kit), given["job"], offset=since, limit=200)
    ended = list(takewhile(lambda item: item.state not in ("waiting", "working"), items))
    return {
        "state": told.job.state,
        "reason": told.job.reason,
        "counts": told.job.counts,
        "done": told.job.done,
        "total": told.job.total,
        "name": told.name,
        "share": told.share,
        "seconds_left": told.seconds_left,
        "items": [
            {
                "name": item.name,
                "state": item.state,
                "reason": item.reason,
                "document": item.document_key,
                "chunks": item.chunks,
                "like": [[d.document_key, d.title, d.likeness] for d in item.duplicates],
            }
            for item in ended
        ],
    }


async def ingest_cancel(kit: Kit, given: dict[str, Any]) -> dict[str, Any]:
    """Stop ``job`` after the file it is at."""
    job = await kit.library.cancel(_operator(kit), given["job"])
    return {"state": job.state, "counts": job.counts}


async def ingest_reindex(kit: Kit, given: dict[str, Any]) -> dict[str, Any]:
    """Make the whole index anew beside the one in use."""
    return {"job": kit.library.reindex(_operator(kit)).id}


COMMANDS: dict[str, Command] = {
    "ingest.start": ingest_start,
    "ingest.status": ingest_status,
    "ingest.cancel": ingest_cancel,
    "ingest.reindex": ingest_reindex,
    "ask": ask,
    "people.list": people_list,
    "people.add": people_add,
    "people.access": people_access,
    "people.suspend": people_suspend,
    "people.reset": people_reset,
}


async def run(kit: Kit, name: str, given: dict[str, Any]) -> dict[str, Any]:
    """Run a command by name. Raises NotFound for one that does not exist, StewardError for bad values."""
    if name not in COMMANDS:
        raise NotFound(f"There is no command {name!r}; there are {', '.join(COMMANDS)}.")
    try:
        return await COMMANDS[name](kit, given)
    except KeyError as error:
        raise StewardError(f"The command {name!r} needs a value for {error}.") from None


def _operator(kit: Kit) -> Manager:
    """Whoever may open the data folder acts for every audience."""
    return Manager("operator", tuple(kit.policies.access.audiences))


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise StewardError(f"{name} is {text!r}; a date is written like 2026-12-31.") from None


def _person(kit: Kit, name: str) -> Person:
    person = kit.people.by_name(name)
    if person is None:
        names = ", ".join(p.name for p in kit.people.everyone())
        raise StewardError(f"Nobody signs in as {name!r}. There are: {names}.")
    return person


def _known(given: list[str], allowed: Any, what: str) -> None:
    for value in given:
        if value not in allowed:
            raise StewardError(f"{value!r} is not a {what}; there are {', '.join(allowed)}.")


def _shown(person: Person) -> dict[str, Any]:
    return {**asdict(person), "groups": sorted(person.groups), "roles": sorted(person.roles)}
