"""What is told about a document version in words: its state, its dates, what was understood of its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from assistant.ui.i18n import day, number, plural, t, tell
from assistant.ui.markup import plain
from assistant.values import DocumentCard

SOON_DAYS = 30


def state_name(state: str) -> str:
    """A state as people read it."""
    return {
        "indexing": t("being read"),
        "current": t("in use"),
        "superseded": t("replaced"),
        "expired": t("expired"),
        "refused": t("refused"),
        "failed": t("failed"),
    }.get(state, state)


def badges(card: DocumentCard) -> str:
    """State, and what a manager should look at."""
    kind = {"current": "good", "expired": "bad", "refused": "bad", "failed": "bad"}.get(card.state, "")
    found = [f'<span class="badge {kind}">{plain(state_name(card.state))}</span>']
    document, today = card.document, date.today()
    if card.state == "current" and document.expires and (document.expires - today).days <= SOON_DAYS:
        found.append(_badge(t("expires {day}", day=day(document.expires)), "warn"))
    if card.state == "current" and document.review and document.review < today:
        found.append(_badge(t("review due"), "warn"))
    if card.flagged:
        found.append(_badge(t("gives orders"), "bad"))
    if card.understood.pages_without_text:
        found.append(_badge(t("pages without text"), "warn"))
    if card.duplicates:
        found.append(_badge(t("duplicate"), "warn"))
    return "".join(found)


@dataclass(frozen=True)
class Note:
    """Something a manager should know; ``care`` where it calls for a look."""

    text: str
    care: bool = True


def notes(found: Sequence[Note]) -> str:
    """Notes as a list."""
    rows = "".join(f'<li class="{"warn" if note.care else ""}">{plain(note.text)}</li>' for note in found)
    return f'<ul class="notes">{rows}</ul>' if rows else ""


def understood(card: DocumentCard) -> tuple[list[str], list[Note]]:
    """(what was read, in short phrases that are not escaped; what to look at)."""
    seen = card.understood
    read = [
        plural("{n} page", "{n} pages", seen.pages) if seen.pages else "",
        plural("{n} heading", "{n} headings", seen.headings) if seen.headings else "",
        plural("{n} table", "{n} tables", seen.tables) if seen.tables else "",
        plural("{n} word", "{n} words", seen.words) if seen.words else "",
        plural("{n} passage", "{n} passages", card.chunks),
    ]
    look = [Note(tell(note)) for note in seen.notes]
    if seen.pages_without_text:
        look.append(Note(t("Pages without text, not searched: {pages}", pages=ranges(seen.pages_without_text))))
    if card.personal:
        named = ", ".join(f"{entity.replace('_', ' ').lower()} {number(n)}" for entity, n in card.personal)
        look.append(Note(t("Personal data, masked before a model sees it: {what}", what=named), care=False))
    if card.flagged:
        words = plural("{n} passage seems to give orders to a model", "{n} passages seem to give orders to a model",
                       card.flagged)  # fmt: skip
        look.append(Note(words))
    for same in card.duplicates:
        if same.likeness >= 1:
            look.append(Note(t("The same text as “{title}”", title=same.title)))
        else:
            share = number(100 * same.likeness)
            look.append(Note(t("{share} % the same text as “{title}”", share=share, title=same.title)))
    return [phrase for phrase in read if phrase], look


def ranges(pages: Sequence[int]) -> str:
    """1-3, 7 for 1, 2, 3, 7."""
    found: list[list[int]] = []
    for page in sorted(pages):
        if found and page == found[-1][1] + 1:
            found[-1][1] = page
        else:
            found.append([page, page])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


def date_cell(when: date | None) -> str:
    """A day, or a dash."""
    return f"<time>{plain(day(when))}</time>" if when else '<span class="place">–</span>'


def size(bytes_: int) -> str:
    """12 KB."""
    return f"{number(bytes_ / 1024)} KB" if bytes_ < 1_000_000 else f"{number(bytes_ / 1_000_000, 1)} MB"


def _badge(words: str, kind: str) -> str:
    return f'<span class="badge {kind}">{plain(words)}</span>'
