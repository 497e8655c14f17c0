"""The list of conversations on the left: by day, pinned ones on top, or what a search found. HTML, everything escaped.

At most ``limit`` rows are sent; a button asks for the rest. One menu serves all rows (``chat.js`` opens it).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from assistant.ui.i18n import MONTHS, current, later, plural, t
from assistant.ui.icons import icon
from assistant.ui.markup import plain
from assistant.values import Conversation

if TYPE_CHECKING:
    from assistant.pipeline.find import Found

ROWS = 60
SEARCH = (
    '<div class="side top"><div class="brand"><img src="/ui/steward.svg" alt="" width="26" height="26">'
    f'<span>Steward</span></div><button type="button" class="new" data-act="new">{icon("plus")}{later("New chat")}'
    f'</button><label class="find">{icon("search")}<input type="search" data-act="find" name="query" maxlength="200" '
    f'autocomplete="off" placeholder="{later("Search conversations")}" aria-label="{later("Search conversations")}">'
    "</label></div>"
)
MENU = (
    '<div id="row-menu" popover class="row-menu" role="menu">'
    f'<button type="button" role="menuitem" data-act="pin">{icon("pin")}<span data-pinned="">{later("Pin")}</span>'
    f'<span data-pinned="1">{later("Unpin")}</span></button>'
    f'<button type="button" role="menuitem" data-dialog="rename">{icon("edit")}{later("Rename")}</button>'
    f'<a role="menuitem" data-export="md" download>{icon("copy")}{later("Export as Markdown")}</a>'
    f'<a role="menuitem" data-export="json" download>{icon("copy")}{later("Export as JSON")}</a>'
    f'<button type="button" role="menuitem" class="danger" data-dialog="delete">{icon("close")}{later("Delete")}'
    "</button></div>"
    f'<dialog id="rename-dialog" class="dialog" aria-label="{later("Rename")}"><form data-act="rename"><label>'
    f'{later("Title")}<input name="title" maxlength="120" autocomplete="off" required></label><div class="buttons">'
    f'<button type="button" class="plain" data-shut>{later("Cancel")}</button>'
    f'<button class="small">{later("Rename")}</button></div></form></dialog>'
    f'<dialog id="delete-dialog" class="dialog" aria-label="{later("Delete this conversation?")}">'
    f'<form data-act="delete"><h2>{later("Delete this conversation?")}</h2><p class="what"></p><p>'
    + later(
        "Its questions, answers and attached files are erased at once, for good. The record of what was asked and "
        "answered stays, sealed, as your company keeps it."
    )
    + f'</p><div class="buttons"><button type="button" class="plain" data-shut>{later("Cancel")}</button>'
    f'<button class="small danger">{later("Delete")}</button></div></form></dialog>'
)


def zone_of(name: str) -> tzinfo | None:
    """The reader's time zone by the name that their browser gives, or this machine's."""
    try:
        return ZoneInfo(name) if name and len(name) < 64 else None
    except (KeyError, ValueError, OSError):
        return None


def listing(conversations: Sequence[Conversation], now_open: str, limit: int, zone: tzinfo | None = None) -> str:
    """Conversations by day. They come as the store gives them: pinned first, then the one changed last."""
    if not conversations:
        return f'<p class="hint">{t("Your conversations will be listed here.")}</p>'
    today = datetime.now(zone)
    groups = groupby(conversations[:limit], key=lambda c: _day(c, today, zone))
    parts = [
        f'<h2>{plain(day)}</h2><ul class="list">{"".join(_row(c, now_open) for c in rows)}</ul>' for day, rows in groups
    ]
    left = len(conversations) - limit
    if left > 0:
        words = plural("Show {n} older one", "Show {n} older ones", left)
        parts.append(f'<button type="button" class="older" data-act="older">{words}</button>')
    return f'<nav class="lists" aria-label="{t("Conversations")}">{"".join(parts)}</nav>'


def results(found: Sequence[Found], query: str, now_open: str) -> str:
    """What a search found, with the place."""
    if not found:
        nothing = t("Nothing found for “{query}”.", query=plain(query))
        return f'<p class="hint" role="status">{nothing}</p>'
    rows = "".join(_row(f.conversation, now_open, _place(f)) for f in found)
    count = plural("{n} conversation", "{n} conversations", len(found))
    return (
        f'<nav class="lists" aria-label="{t("Conversations")}"><h2 role="status">{count}</h2>'
        f'<ul class="list">{rows}</ul></nav>'
    )


def _row(conversation: Conversation, now_open: str, place: str = "") -> str:
    here = ' aria-current="true"' if conversation.id == now_open else ""
    title, id_ = plain(conversation.title or t("New conversation")), plain(conversation.id)
    more = plain(t("More: {title}", title=conversation.title or t("New conversation")))
    return (
        f'<li><button type="button" class="row" data-act="open" data-id="{id_}"{here} title="{title}">'
        f'<span class="title">{title}</span>{place}</button>'
        f'<button type="button" class="row-more" data-menu data-id="{id_}" data-title="{title}" '
        f'data-pinned="{"1" if conversation.pinned else ""}" aria-haspopup="menu" aria-label="{more}">{icon("more")}'
        "</button></li>"
    )


def _place(found: Found) -> str:
    if not (found.hit or found.after):
        return ""
    hit = f"<mark>{plain(found.hit)}</mark>" if found.hit else ""
    return f'<span class="place">{plain(found.before)}{hit}{plain(found.after)}</span>'


def _day(conversation: Conversation, today: datetime, zone: tzinfo | None) -> str:
    if conversation.pinned:
        return t("Pinned")
    day = conversation.updated.astimezone(zone).date()
    if day >= today.date():
        return t("Today")
    if day == today.date() - timedelta(days=1):
        return t("Yesterday")
    if day > today.date() - timedelta(days=8):
        return t("Previous 7 days")
    return f"{MONTHS[current()][day.month - 1]} {day.year}"
