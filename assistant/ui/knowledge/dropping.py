"""Files on their way in: where to drop them, what is set for them, and what became of each.

The browser sends every file by a request of its own (``ui/uploads.py``); from then on it is a job of the library, which
goes on without this page. Every row can be cancelled while it waits or is being read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from assistant.errors import NotFound
from assistant.ingest.library import Manager
from assistant.store.jobs import Item, Job
from assistant.ui.i18n import number, plural, t, tell
from assistant.ui.knowledge import cards, parts
from assistant.ui.knowledge.place import Click, Place
from assistant.ui.markup import plain
from assistant.values import Person
from assistant.work.managing import managed

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit

RECENT = timedelta(hours=12)
ROWS = 60
BUSY = ("waiting", "working")
IN = ("added", "replaced", "unchanged", "duplicate")


def manager_of(kit: Kit, person: Person) -> Manager:
    """Who acts, with the audiences of this moment. NotFound for somebody who manages nothing."""
    return Manager(person.id, managed(kit, person))


def zone(audiences: Sequence[str], replaces: str = "") -> str:
    """Where files are dropped, with what holds for all of them. With ``replaces``: for one file, a new version."""
    many = "" if replaces else " multiple"
    words = t("Drop the new version here, or choose it") if replaces else t("Drop files here, or choose them")
    set_ = t("Set dates for it") if replaces else t("Set audience, owner and dates for them")
    first = {"": t("as the file says")} if replaces or len(audiences) > 1 else {}
    fields = "" if replaces else parts.select(
        t("Audience"), "audience", first | {a: a for a in audiences}, audiences[0] if len(audiences) == 1 else ""
    ) + parts.field(t("Owner"), "owner", extra=' maxlength="200"')  # fmt: skip
    dates = "".join(
        parts.field(label, name, kind="date")
        for label, name in (
            (t("In force from"), "effective"),
            (t("Review by"), "review"),
            (t("Expires"), "expires"),
        )
    )
    return (
        f'<form class="panel drop" data-drop data-replaces="{plain(replaces)}">'
        f'<div class="target">{parts.icon("upload")}'
        f'<label class="choose"><strong>{plain(words)}</strong><input type="file"{many} data-files></label>'
        f'<span class="place">{plain(kinds())}</span></div>'
        f'<details class="given"{"" if replaces else " open"}><summary>{plain(set_)}</summary>'
        f'<div class="fields">{fields}{dates}</div></details>'
        f'<div class="sending" data-sending aria-live="polite" data-cancel="{t("Cancel")}" '
        f'data-lost="{t("The connection was lost. Try again.")}"></div></form>'
    )


def kinds() -> str:
    """Which files are read, in words."""
    return t("PDF, Word, PowerPoint, Excel, CSV, HTML, Markdown, text, e-mail; up to 50 MB each")


class Dropping:
    """The list of files on their way, for the timer and the clicks in it."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit

    def rows(self, person: Person, place: Place) -> list[tuple[Job, Item]]:
        """Files that are waiting or being read, then those that were refused, then what came in lately. Blocking.

        Above an open document: only those that replace it. NotFound when it is gone.
        """
        who, library = manager_of(self.kit, person), self.kit.library
        opened = library.card(who, place.document).document.id if place.document else ""
        since = max(datetime.now(UTC) - RECENT, place.cleared)
        found = library.under_way(who, ROWS) + library.not_taken(who, 0, ROWS)
        for job in library.jobs(who, 200):
            if len(found) >= 2 * ROWS:
                break
            if job.kind == "add" and job.actor == person.id and job.started >= since:
                found += [(job, item) for item in library.items(who, job.id, IN, limit=ROWS)]
        return [row for row in found if not opened or row[0].given.get("replaces") == opened]

    def html(self, person: Person, place: Place, rows: Sequence[tuple[Job, Item]]) -> str:
        """The list. Blocking."""
        if not rows:
            return _look()
        who = manager_of(self.kit, person)
        busy = sum(item.state in BUSY for _, item in rows)
        words = plural("{n} file is being read", "{n} files are being read", busy) if busy else t("All files are read")
        clear = "" if busy else parts.button(t("Clear the list"), "clear")
        listed = "".join(self._row(who, job, item) for job, item in rows[:ROWS])
        more = len(rows) - ROWS
        rest = f'<p class="place">{plain(plural("and {n} more", "and {n} more", more))}</p>' if more > 0 else ""
        return (
            '<section class="panel coming" aria-labelledby="coming"><header>'
            f'<h2 id="coming" aria-live="polite">{plain(words)}</h2>{clear}</header>'
            f'<ul class="files">{listed}</ul>{rest}</section>{_look()}'
        )

    async def act(self, person: Person, place: Place, click: Click) -> bool:
        """Cancel, dismiss or clear; False for anything else."""
        who = manager_of(self.kit, person)
        match click.get("act"):
            case "look":
                pass
            case "cancel":
                await self.kit.library.cancel(who, click.get("job"))
            case "dismiss":
                number_ = click.get("number")
                if number_.isascii() and number_.isdigit() and len(number_) < 9:
                    await asyncio.to_thread(self.kit.library.dismiss, who, click.get("job"), int(number_))
            case "clear":
                place.cleared = datetime.now(UTC)
                for job, item in await asyncio.to_thread(self.kit.library.not_taken, who, 0, 500):
                    if job.actor == person.id:
                        await asyncio.to_thread(self.kit.library.dismiss, who, job.id, item.number)
            case _:
                return False
        return True

    def _row(self, who: Manager, job: Job, item: Item) -> str:
        name = f'<span class="name">{plain(parts.base(item.name))}</span>'
        if item.state in BUSY:
            return f'<li class="file busy">{name}{self._progress(who, job, item)}</li>'
        if item.state in ("refused", "failed"):
            drop = parts.button(t("Dismiss"), "dismiss", job=job.id, number=item.number)
            state = plain(cards.state_name(item.state))
            return (
                f'<li class="file"><span class="badge bad">{state}</span>{name}{drop}'
                f'<p class="why">{plain(tell(item.reason))}</p></li>'
            )
        return self._taken(who, item, name)

    def _progress(self, who: Manager, job: Job, item: Item) -> str:
        cancel = parts.button(t("Cancel"), "cancel", job=job.id)
        if item.state == "waiting":
            return f'<span class="place">{t("waiting")}</span>{cancel}'
        told = self.kit.library.progress(who, job.id)
        if not told.chunks_total:
            reading = f'<span class="place">{t("reading")}</span>'
            return f'<progress aria-label="{plain(parts.base(item.name))}"></progress>{reading}{cancel}'
        left = t("about {n} s left", n=number(told.seconds_left)) if told.seconds_left else ""
        done = t("{done} of {all} passages", done=number(told.chunks_done), all=number(told.chunks_total))
        return (
            f'<progress max="{told.chunks_total}" value="{told.chunks_done}" '
            f'aria-label="{plain(parts.base(item.name))}"></progress>'
            f'<span class="place">{plain(" · ".join(filter(None, (done, left))))}</span>{cancel}'
        )

    def _taken(self, who: Manager, item: Item, name: str) -> str:
        states = {
            "added": t("added"),
            "replaced": t("new version"),
            "unchanged": t("unchanged"),
            "duplicate": t("there already"),
        }
        try:
            card = self.kit.library.card(who, item.document_key)
        except NotFound:
            return ""
        read, look = cards.understood(card)
        title = parts.button(card.document.title, "document", "link", key=item.document_key)
        changed = ""
        if item.state == "replaced":
            changed = parts.button(t("See what changed"), "document", key=item.document_key, tab="versions")
        return (
            f'<li class="file"><span class="badge good">{plain(states[item.state])}</span>{name}{changed}'
            f'<p class="place">{title} · {plain(" · ".join(read))}</p>{cards.notes(look)}</li>'
        )


def _look() -> str:
    """What the browser presses once a file has been sent."""
    return '<button type="button" class="unseen" data-act="look" tabindex="-1" aria-hidden="true"></button>'
