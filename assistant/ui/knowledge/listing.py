"""The list of documents: filters, pages of it, and what can be done to many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from assistant.errors import StewardError
from assistant.store.cards import ORDERS, Filter, Order
from assistant.ui.i18n import plural, t, tell
from assistant.ui.knowledge import cards, parts
from assistant.ui.knowledge.deleting import Deleting
from assistant.ui.knowledge.dropping import manager_of, zone
from assistant.ui.knowledge.place import FILTERS, Click, Outcome, Place
from assistant.ui.markup import plain
from assistant.values import STATES, DocumentCard, Person

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit

SIZE = 50
DUE = ("expiring", "review", "flagged")
EXPIRING_DAYS = 30
DEFAULTS = {"order": "title"}
BULK = ("audience", "owner", "effective", "review", "expires")


class Listing:
    """Documents of the audiences that the person manages."""

    def __init__(self, kit: Kit, deleting: Deleting) -> None:
        self.kit, self.deleting = kit, deleting

    async def head(self, person: Person, place: Place) -> str:
        """Title, and where files are dropped."""
        who = manager_of(self.kit, person)
        counts = await asyncio.to_thread(self.kit.library.counts, who)
        total = sum(n for state, n in counts.items() if state in ("current", "expired"))
        hint = plural("{n} document that you manage.", "{n} documents that you manage.", total)
        export = f'<a class="quiet" href="/knowledge/documents.csv?{urlencode(place.filters)}" download data-export>'
        title = parts.title(t("Documents"), hint, f"{export}{t('Save as CSV')}</a>")
        return title + zone(who.audiences)

    async def tools(self, person: Person, place: Place) -> str:
        """Filters."""
        who = manager_of(self.kit, person)
        owners = await asyncio.to_thread(self.kit.library.owners, who)
        return _filters(place.filters, who.audiences, owners)

    async def body(self, person: Person, place: Place) -> str:
        """A page of the list."""
        who = manager_of(self.kit, person)
        given, order = filter_of(place.filters)
        offset = (place.page - 1) * SIZE
        page = await asyncio.to_thread(
            lambda: self.kit.library.documents(who, given, order=order, offset=offset, limit=SIZE)
        )
        if not page.cards and place.page > 1:
            place.page = max(1, -(-page.total // SIZE))
            return await self.body(person, place)
        confirm = await self.deleting.question(person, place)
        if not page.cards:
            return confirm + _empty(bool(place.filters))
        rows = "".join(_row(number_, card) for number_, card in enumerate(page.cards))
        words = plural("{n} document", "{n} documents", page.total)
        return (
            f'{confirm}<p class="summary" role="status">{plain(words)}</p>{_table(rows)}'
            f"{parts.pager(place.page, SIZE, page.total)}{_bulk(who.audiences)}"
        )

    async def act(self, person: Person, place: Place, click: Click) -> Outcome | None:
        """Filter, turn pages, change or delete the ticked ones."""
        match click.get("act"):
            case "filter":
                place.filters = {
                    name: click.get(name) for name in FILTERS if click.get(name) not in ("", DEFAULTS.get(name))
                }
                place.page = 1
                return Outcome("body")
            case "page":
                place.page = click.page
                return Outcome("body")
            case "unfilter":
                place.filters, place.page = {}, 1
                return Outcome()
            case "change-many":
                return await self._change(person, click)
            case "delete-many":
                place.deleting = _ticked(click)
                return Outcome("body")
        return await self.deleting.act(person, place, click)

    async def _change(self, person: Person, click: Click) -> Outcome:
        keys, fields = _ticked(click), fields_of(click, BULK)
        if not fields:
            raise StewardError("Fill in what should change for the ticked documents.")
        who = manager_of(self.kit, person)
        for key in keys:
            await self.kit.library.change(who, key, **fields)
        return Outcome("all", plural("{n} document changed.", "{n} documents changed.", len(keys)))


def filter_of(filters: Mapping[str, str]) -> tuple[Filter, Order]:
    """The library's filter and order from what an address or a form says; what is no filter is left out."""
    due, state, order = filters.get("due", ""), filters.get("state", ""), filters.get("order", "title")
    given = Filter(
        text=filters.get("text", ""),
        audience=filters.get("audience", ""),
        owner=filters.get("owner", ""),
        state=cast("Any", state) if state in STATES else None,
        expiring_days=EXPIRING_DAYS if due == "expiring" else None,
        review_due=due == "review",
        flagged=due == "flagged",
    )
    return given, order if order in ORDERS else "title"


def fields_of(click: Click, names: Sequence[str], *, whole: bool = False) -> dict[str, Any]:
    """What a form gives for these fields of a document. Raises StewardError.

    Empty ones are left out; in a form that shows the ``whole`` card, an emptied date is taken away.
    """
    fields: dict[str, Any] = {}
    for name in names:
        value = click.get(name).strip()
        if name in ("effective", "review", "expires"):
            if value or whole:
                fields[name] = day_of(value) if value else None
        elif not value:
            continue
        else:
            fields[name] = value
    return fields


def day_of(value: str) -> date:
    """A day as a browser's date field gives it. Raises StewardError."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise StewardError(f"{value!r} is not a date. Give one such as 2026-12-31.") from None


def _ticked(click: Click) -> tuple[str, ...]:
    keys = click.picked("pick")
    if not keys:
        raise StewardError("Tick at least one document first.")
    return keys


def _filters(filters: Mapping[str, str], audiences: Sequence[str], owners: Sequence[str]) -> str:
    everything = {"": t("all")}
    states = {"": t("in use or expired")} | {state: cards.state_name(state) for state in STATES}
    due = everything | {
        "expiring": t("expiring in {n} days", n=EXPIRING_DAYS),
        "review": t("review due"),
        "flagged": t("gives orders to a model"),
    }
    orders = {"title": t("title"), "added": t("newest"), "review": t("review date"), "expires": t("expiry date")}
    chosen = {name: filters.get(name, "") for name in FILTERS}
    return (
        '<form class="filters" data-act="filter" data-auto role="search"><label class="field find"><span>'
        f'{t("Search")}</span><input type="search" name="text" value="{plain(chosen["text"])}" autocomplete="off" '
        f'placeholder="{t("Title, file name or owner")}"></label>'
        + parts.select(t("Audience"), "audience", everything | {a: a for a in audiences}, chosen["audience"])
        + parts.select(t("State"), "state", states, chosen["state"])
        + parts.select(t("Owner"), "owner", everything | {o: o for o in owners if o}, chosen["owner"])
        + parts.select(t("Needs attention"), "due", due, chosen["due"])
        + parts.select(t("Order"), "order", orders, chosen["order"] or "title")
        + f'<button class="quiet go">{t("Filter")}</button></form>'
    )


def _empty(filtered: bool) -> str:
    if filtered:
        sentence = t("No document fits these filters.")
        return parts.nothing(t("Nothing here"), sentence, parts.button(t("Show all"), "unfilter", "primary"))
    return parts.nothing(
        t("No documents yet"),
        t("Drop files above. Once they are read, people of their audience get answers from them."),
    )


def _table(rows: str) -> str:
    heads = "".join(
        f'<th scope="col">{plain(name)}</th>'
        for name in (t("Document"), t("Audience"), t("Owner"), t("State"), t("In force"), t("Review"), t("Expires"))
    )
    every = f'<input type="checkbox" data-every aria-label="{t("Tick all on this page")}">'
    return (
        f'<div class="wide-table" tabindex="0" role="region" aria-label="{t("Documents")}">'
        '<table class="grid documents">'
        f'<thead><tr><th class="pick">{every}</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _row(number_: int, card: DocumentCard) -> str:
    document = card.document
    if not document.id:
        return (
            f'<tr><td class="pick"></td><th scope="row">{plain(document.title)}</th><td>{_audience(card)}</td><td></td>'
            f'<td>{cards.badges(card)}</td><td colspan="3" class="why">{plain(tell(card.reason))}</td></tr>'
        )
    words = f"{parts.base(document.source_name)} · {t('version {v}', v=document.version)}"
    label = plain(t("Tick {title}", title=document.title))
    pick = (
        f'<input type="checkbox" form="bulk" name="pick.{number_}" value="{plain(document.key)}" aria-label="{label}">'
    )
    days = "".join(
        f'<td class="when">{cards.date_cell(when)}</td>'
        for when in (document.effective, document.review, document.expires)
    )
    return (
        f'<tr><td class="pick">{pick}</td><th scope="row">'
        f"{parts.button(document.title, 'document', 'link', key=document.key)}"
        f'<span class="place">{plain(words)}</span></th>'
        f"<td>{_audience(card)}</td><td>{plain(document.owner)}</td><td>{cards.badges(card)}</td>{days}</tr>"
    )


def _audience(card: DocumentCard) -> str:
    return f'<span class="badge">{plain(card.document.audience)}</span>' if card.document.audience else ""


def _bulk(audiences: Sequence[str]) -> str:
    """Shown once something is ticked."""
    keep = {"": t("unchanged")}
    return (
        f'<form id="bulk" class="panel bulk" data-act="change-many" aria-label="{t("Ticked documents")}">'
        f'<p class="n" data-ticked aria-live="polite" data-words="{t("ticked")}"></p>'
        + parts.select(t("Audience"), "audience", keep | {a: a for a in audiences})
        + parts.field(t("Owner"), "owner", extra=' maxlength="200"')
        + parts.field(t("In force from"), "effective", kind="date")
        + parts.field(t("Review by"), "review", kind="date")
        + parts.field(t("Expires"), "expires", kind="date")
        + f'<button class="primary">{t("Change")}</button>'
        + f'<button class="quiet danger" name="act" value="delete-many">{t("Delete")} …</button></form>'
    )
