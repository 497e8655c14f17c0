"""Pieces that every section of the Knowledge page is put together from. HTML, everything escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from assistant.ui.i18n import number, t
from assistant.ui.markup import plain
from assistant.ui.pages.frame import account
from assistant.values import Person

ICONS = {
    "documents": '<path d="M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6"/>',
    "bench": '<path d="M10.5 17a6.5 6.5 0 1 1 0-13 6.5 6.5 0 0 1 0 13zM15.5 15.5 21 21"/>',
    "tests": '<path d="M5 12l4.5 4.5L19 7"/>',
    "gaps": '<path d="M9 9a3 3 0 1 1 4.2 2.8c-.9.4-1.2 1-1.2 2M12 17.5v.1M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18z"/>',
    "upload": '<path d="M12 16V5M7.5 9 12 4.5 16.5 9M4 16v4h16v-4"/>',
    "back": '<path d="M15 5l-7 7 7 7"/>',
}


def icon(name: str) -> str:
    """A line drawing that says nothing to a screen reader."""
    return f'<svg viewBox="0 0 24 24" aria-hidden="true">{ICONS[name]}</svg>'


def side(person: Person, view: str) -> str:
    """The left pane: the sections of this page and who is signed in."""
    names = {
        "documents": t("Documents"),
        "bench": t("Try a question"),
        "tests": t("Saved tests"),
        "gaps": t("Questions without a source"),
    }
    here = ' aria-current="page"'
    rows = "".join(
        f'<li><button type="button" class="row" data-act="go" data-view="{key}"'
        f"{here if key == view else ''}>{icon(key)}{plain(name)}</button></li>"
        for key, name in names.items()
    )
    return (
        f'<nav class="side" aria-label="{t("Knowledge")}"><div class="brand"><img src="/ui/steward.svg" alt="" '
        f'width="26" height="26"><span>Steward</span></div><h2>{t("Knowledge")}</h2>'
        f'<ul class="list sections">{rows}</ul>{account(person, "knowledge")}</nav>'
    )


def title(text: str, hint: str = "", more: str = "") -> str:
    """The heading of a section; it takes the focus when the section opens."""
    below = f'<p class="lead">{plain(hint)}</p>' if hint else ""
    return f'<header class="title"><div><h1 tabindex="-1">{plain(text)}</h1>{below}</div>{more}</header>'


def said(sentence: str) -> str:
    """What was done, told to a screen reader too."""
    return f'<p class="said" role="status">{plain(sentence)}</p>'


def nothing(heading: str, sentence: str, more: str = "") -> str:
    """An empty list, with what to do about it."""
    return f'<div class="nothing"><h2>{plain(heading)}</h2><p>{plain(sentence)}</p>{more}</div>'


def button(label: str, act: str, kind: str = "quiet", **data: object) -> str:
    """A button that raises an event with these values."""
    values = "".join(f' data-{name}="{plain(value)}"' for name, value in data.items())
    return f'<button type="button" class="{kind}" data-act="{act}"{values}>{plain(label)}</button>'


def select(label: str, name: str, options: Mapping[str, str], chosen: str = "", extra: str = "") -> str:
    """A labelled list to choose from; ``options`` are value to words."""
    rows = "".join(
        f'<option value="{plain(value)}"{" selected" if value == chosen else ""}>{plain(words)}</option>'
        for value, words in options.items()
    )
    return f'<label class="field"><span>{plain(label)}</span><select name="{name}"{extra}>{rows}</select></label>'


def field(label: str, name: str, value: str = "", kind: str = "text", extra: str = "") -> str:
    """A labelled field."""
    return (
        f'<label class="field"><span>{plain(label)}</span><input type="{kind}" name="{name}" value="{plain(value)}" '
        f'autocomplete="off"{extra}></label>'
    )


def ticks(label: str, name: str, options: Iterable[str], chosen: Sequence[str]) -> str:
    """Boxes to tick, any number of them."""
    boxes = "".join(
        f'<label class="tick"><input type="checkbox" name="{name}.{number_}" value="{plain(value)}"'
        f"{' checked' if value in chosen else ''}><span>{plain(value)}</span></label>"
        for number_, value in enumerate(options)
    )
    return f'<fieldset class="ticks"><legend>{plain(label)}</legend>{boxes}</fieldset>'


def base(name: str) -> str:
    """A file's own name, without the folder that it came from."""
    return name.rpartition("/")[2] or name


def pager(page: int, size: int, total: int) -> str:
    """Which part of a list this is, and the way to the others."""
    pages = max(1, -(-total // size))
    if pages == 1:
        return ""
    first, last = (page - 1) * size + 1, min(page * size, total)
    words = t("{first} to {last} of {total}", first=number(first), last=number(last), total=number(total))
    before = button(t("Previous"), "page", page=page - 1) if page > 1 else ""
    after = button(t("Next"), "page", page=page + 1) if page < pages else ""
    return f'<nav class="pager" aria-label="{t("Pages of the list")}"><span>{words}</span>{before}{after}</nav>'
