"""One document: its passages, on the page's picture where it has pages; its versions and what changed; its card."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from assistant.errors import DocumentRefused, NotFound
from assistant.ingest.difference import Difference
from assistant.ingest.library import Manager
from assistant.ui.i18n import day, minute, number, plural, t
from assistant.ui.knowledge import cards, parts
from assistant.ui.knowledge.deleting import Deleting
from assistant.ui.knowledge.dropping import manager_of, zone
from assistant.ui.knowledge.listing import fields_of
from assistant.ui.knowledge.place import TABS, Click, Outcome, Place
from assistant.ui.markup import markdown, plain
from assistant.values import Chunk, Document, DocumentCard, Person

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit

SIZE = 20
FIELDS = ("title", "audience", "owner", "effective", "review", "expires")
MOST_LINES = 600
PICTURED = "application/pdf"


class Sheet:
    """A document version of an audience that the person manages."""

    def __init__(self, kit: Kit, deleting: Deleting) -> None:
        self.kit, self.deleting = kit, deleting

    async def head(self, person: Person, place: Place) -> str:
        """Title, what was understood, tabs."""
        who = manager_of(self.kit, person)
        card = await asyncio.to_thread(self.kit.library.card, who, place.document)
        versions = await asyncio.to_thread(self.kit.library.versions, who, card.document.id)
        read, look = cards.understood(card)
        document = card.document
        back = (
            f'<button type="button" class="back" data-act="back">{parts.icon("back")}{plain(t("Documents"))}</button>'
        )
        words = " · ".join([parts.base(document.source_name), t("version {v}", v=document.version), *read])
        return (
            f"{back}{parts.title(document.title, words, _actions(card))}"
            f'<p class="states"><span class="badge">{plain(document.audience)}</span>{cards.badges(card)}</p>'
            + cards.notes(look)
            + _tabs(place.tab, card.chunks, len(versions))
        )

    async def body(self, person: Person, place: Place) -> str:
        """What the chosen tab shows."""
        who = manager_of(self.kit, person)
        confirm = await self.deleting.question(person, place)
        match place.tab:
            case "versions":
                return confirm + await asyncio.to_thread(self._versions, who, place)
            case "details":
                card = await asyncio.to_thread(self.kit.library.card, who, place.document)
                return confirm + _form(card.document, who.audiences)
        return confirm + await self._passages(who, place)

    async def act(self, person: Person, place: Place, click: Click) -> Outcome | None:
        """Tabs, pages, a passage on its page, another version to compare with, another card."""
        match click.get("act"):
            case "back":
                place.document, place.deleting = "", ()
                return Outcome()
            case "tab":
                tab = click.get("tab")
                place.tab = tab if tab in TABS else "passages"
                return Outcome()
            case "page":
                place.page = click.page
                return Outcome("body")
            case "passage":
                place.passage = click.get("id")
                return Outcome("body")
            case "compare":
                place.compare = click.get("with")
                return Outcome("body")
            case "save":
                who = manager_of(self.kit, person)
                changed = await self.kit.library.change(who, place.document, **fields_of(click, FIELDS, whole=True))
                return Outcome("all", t("{title} is saved.", title=changed.title))
        return await self.deleting.act(person, place, click)

    async def _passages(self, who: Manager, place: Place) -> str:
        chunks = await asyncio.to_thread(self.kit.library.chunks, who, place.document)
        card = await asyncio.to_thread(self.kit.library.card, who, place.document)
        wanted = next((i for i, c in enumerate(chunks) if c.id == place.passage), None)
        if wanted is not None and not (place.page - 1) * SIZE <= wanted < place.page * SIZE:
            place.page = wanted // SIZE + 1
        place.page = min(place.page, max(1, -(-len(chunks) // SIZE)))
        first = (place.page - 1) * SIZE
        shown = chunks[first : first + SIZE]
        pictured = card.added.media_type == PICTURED and bool(card.added.original)
        picture = ""
        if pictured and shown:
            chosen = chunks[wanted] if wanted is not None else shown[0]
            picture = await self._picture(who, place.document, chosen)
        rows = "".join(_passage(each, pictured, each.id == place.passage) for each in shown)
        side = f'<div class="picture">{picture}</div>' if picture else ""
        kind = " pictured" if picture else ""
        return (
            f'<div class="reading{kind}">{side}<ol class="passages" start="{first + 1}">{rows}</ol></div>'
            f"{parts.pager(place.page, SIZE, len(chunks))}"
        )

    async def _picture(self, who: Manager, key: str, chunk: Chunk) -> str:
        """The page with the passage marked; why not, where it cannot be made."""
        try:
            original = await asyncio.to_thread(self.kit.library.original, who.audiences, key)
            made = await self.kit.pictures.page(key, original.path, chunk.page or 1, chunk.text, name=original.name)
        except (DocumentRefused, NotFound) as error:
            return f'<p class="place">{plain(error)}</p>'
        marks = "".join(
            f'<i style="left:{100 * b.left:.2f}%;top:{100 * b.top:.2f}%;width:{100 * (b.right - b.left):.2f}%;'
            f'height:{100 * (b.bottom - b.top):.2f}%"></i>'
            for b in made.boxes
        )
        alt = t("Page {page} of {pages} with the passage marked", page=made.page, pages=made.pages)
        source = f"/knowledge/picture?{urlencode({'document': key, 'passage': chunk.id})}"
        return (
            f'<figure class="sheet"><div class="paper"><img src="{plain(source)}" width="{made.width}" '
            f'height="{made.height}" alt="{plain(alt)}">{marks}</div>'
            f'<figcaption class="place">{plain(alt)}</figcaption></figure>'
        )

    def _versions(self, who: Manager, place: Place) -> str:
        """Blocking."""
        card = self.kit.library.card(who, place.document)
        versions = self.kit.library.versions(who, card.document.id)
        others = [version for version in versions if version.document.key != place.document]
        rows = "".join(_version(version, place.document) for version in versions)
        listed = f'<div class="wide-table"><table class="grid"><tbody>{rows}</tbody></table></div>'
        if not others:
            hint = t("There is one version. Drop the next one here: it takes over, and the difference is shown.")
            return f'{listed}<p class="summary">{plain(hint)}</p>{zone(who.audiences, card.document.id)}'
        keys = [version.document.key for version in versions]
        older = place.compare if place.compare in keys else _before(keys, place.document)
        names = {v.document.key: t("version {v}", v=v.document.version) for v in others}
        newer = place.document
        if keys.index(older) < keys.index(newer):
            older, newer = newer, older
        found = self.kit.library.difference(who, older, newer)
        choose = parts.select(t("Compare with"), "with", names, place.compare or older)
        by_key = {v.document.key: v.document.version for v in versions}
        words = t("From version {old} to version {new}", old=by_key[older], new=by_key[newer])
        return (
            f'{listed}<form class="compare" data-act="compare" data-auto>{choose}'
            f'<button class="quiet go">{t("Compare")}</button></form>'
            f"<h2>{plain(words)}</h2>{_difference(found)}{zone(who.audiences, card.document.id)}"
        )


def _before(keys: Sequence[str], key: str) -> str:
    """The next older version, or the next newer one of the oldest."""
    at = keys.index(key)
    return keys[at + 1] if at + 1 < len(keys) else keys[at - 1]


def _actions(card: DocumentCard) -> str:
    key = card.document.key
    original = ""
    if card.added.original:
        target = f"/knowledge/original?{urlencode({'document': key})}"
        words = f"{t('Original')} ({cards.size(card.added.size)})"
        original = f'<a class="quiet" href="{plain(target)}" download>{plain(words)}</a>'
    delete = f'<button type="button" class="quiet danger" data-act="ask-delete" data-key="{plain(key)}">'
    return f'<div class="do">{original}{delete}{t("Delete")} …</button></div>'


def _tabs(chosen: str, passages: int, versions: int) -> str:
    names = {
        "passages": (t("Passages"), number(passages)),
        "versions": (t("Versions"), number(versions)),
        "details": (t("Audience, owner, dates"), ""),
    }
    rows = "".join(
        f'<button type="button" data-act="tab" data-tab="{tab}" aria-pressed="{str(tab == chosen).lower()}">'
        f'{plain(name)} <span class="n">{n}</span></button>'
        for tab, (name, n) in names.items()
    )
    return f'<div class="switch">{rows}</div>'


def _passage(chunk: Chunk, pictured: bool, chosen: bool) -> str:
    path = " › ".join(chunk.heading) or t("no heading")
    page = f" · {t('page {n}', n=chunk.page)}" if chunk.page else ""
    show = ""
    if pictured and chunk.page:
        show = parts.button(t("Show on the page"), "passage", id=chunk.id)
    marks = ""
    if chunk.spans:
        kinds = ", ".join(sorted({span.entity.replace("_", " ").lower() for span in chunk.spans}))
        marks += f'<span class="badge warn">{plain(t("personal data: {kinds}", kinds=kinds))}</span>'
    orders = "".join(
        f'<p class="alert">{plain(t("Seems to give orders to a model: {reason}", reason=flag.reason))} '
        f"<q>{plain(chunk.text[flag.start : flag.end][:300])}</q></p>"
        for flag in chunk.flags
    )
    now = ' aria-current="true"' if chosen else ""
    return (
        f'<li class="passage"{now}><header><span class="place">{plain(path)}{page}</span>{marks}{show}</header>'
        f'{orders}<div class="text">{markdown(chunk.text, hosts=())}</div></li>'
    )


def _version(card: DocumentCard, opened: str) -> str:
    document, added = card.document, card.added
    name = t("Version {v}", v=document.version)
    title = plain(name)
    if document.key != opened:
        title = parts.button(name, "document", "link", key=document.key, tab="versions")
    came = t("added {when}", when=minute(added.at)) if added.at else ""
    force = t("in force from {day}", day=day(document.effective)) if document.effective else ""
    words = " · ".join(filter(None, (parts.base(document.source_name), came, force)))
    return (
        f'<tr><th scope="row">{title}<span class="place">{plain(words)}</span></th><td>{cards.badges(card)}</td></tr>'
    )


def _difference(found: Difference) -> str:
    if found.same:
        return f'<p class="summary">{plain(t("The text is the same."))}</p>'
    added = plural("{n} line added", "{n} lines added", found.added)
    removed = plural("{n} line removed", "{n} lines removed", found.removed)
    names = {"added": t("new section"), "removed": t("section removed"), "changed": t("changed")}
    said = {"added": t("added:"), "removed": t("removed:"), "same": ""}
    rows, left = "", MOST_LINES
    for section in found.sections:
        if left <= 0:
            rows += f'<p class="place">{plain(t("The rest is not shown here."))}</p>'
            break
        lines = "".join(
            f'<li class="{line.kind}"><span class="unseen">{said[line.kind]} </span>{plain(line.text)}</li>'
            for line in section.lines[:left]
        )
        left -= len(section.lines)
        path = " › ".join(section.heading) or t("no heading")
        rows += (
            f'<section><h3>{plain(path)} <span class="badge">{plain(names[section.kind])}</span></h3>'
            f"<ul>{lines}</ul></section>"
        )
    return f'<p class="summary">{plain(added)}, {plain(removed)}.</p><div class="difference">{rows}</div>'


def _form(document: Document, audiences: Sequence[str]) -> str:
    def date_field(label: str, name: str) -> str:
        when = getattr(document, name)
        return parts.field(label, name, when.isoformat() if when else "", "date")

    hint = t("A change acts on the next question.")
    return (
        '<form class="panel card-form" data-act="save"><div class="fields">'
        + parts.field(t("Title"), "title", document.title, extra=' maxlength="200" required')
        + parts.select(t("Audience"), "audience", {a: a for a in audiences}, document.audience)
        + parts.field(t("Owner"), "owner", document.owner, extra=' maxlength="200" required')
        + date_field(t("In force from"), "effective")
        + date_field(t("Review by"), "review")
        + date_field(t("Expires"), "expires")
        + f'</div><p class="place">{plain(hint)}</p><button class="primary">{t("Save")}</button></form>'
    )
