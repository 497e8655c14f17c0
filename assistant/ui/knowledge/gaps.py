"""Questions without a source: topics with what was asked, how often, and what to write next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.ui.i18n import day, plural, t
from assistant.ui.knowledge import parts
from assistant.ui.knowledge.place import Click, Outcome, Place
from assistant.ui.markup import plain
from assistant.values import Person
from assistant.work.knowledge_gaps import Gap, KnowledgeGaps, Report

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit

MOST = 200


class Gaps:
    """Masked text only, and the wording only of what enough people asked: see ``work/knowledge_gaps.py``."""

    def __init__(self, kit: Kit, gaps: KnowledgeGaps) -> None:
        self.kit, self.gaps = kit, gaps

    async def head(self, person: Person, place: Place) -> str:
        """Title, and what is left out."""
        hint = t("What colleagues asked and no document answered, by topic. Write about the first ones next.")
        export = f'<a class="quiet" href="/knowledge/gaps.csv" download>{t("Save as CSV")}</a>'
        return parts.title(t("Questions without a source"), hint, export)

    async def tools(self, person: Person, place: Place) -> str:
        """None."""
        return ""

    async def body(self, person: Person, place: Place) -> str:
        """The topics."""
        report = await self.gaps.report(person)
        open_ = [gap for gap in report.gaps if not gap.done]
        done = [gap for gap in report.gaps if gap.done]
        shown = done if place.show_done else open_
        if not report.gaps:
            return parts.nothing(
                t("No question is without a source"),
                plural("In the last {n} day every question that you may see here found one.",
                       "In the last {n} days every question that you may see here found one.", report.days),
            )  # fmt: skip
        full = "".join(_topic(gap) for gap in shown[:MOST] if gap.questions)
        small = "".join(_small(gap) for gap in shown[:MOST] if not gap.questions)
        return _tabs(len(open_), len(done), place.show_done) + _full(full) + _few(small, report) + _rules(report)

    async def act(self, person: Person, place: Place, click: Click) -> Outcome | None:
        """Mark a topic, or show the marked ones."""
        match click.get("act"):
            case "done" | "reopen" as act:
                await self.gaps.mark(person, click.get("id"), act == "done")
                words = (
                    t("Marked as done. It comes back if it is asked again.") if act == "done" else t("Opened again.")
                )
                return Outcome("body", words)
            case "show":
                place.show_done = click.get("which") == "done"
                return Outcome("body")
        return None


def _tabs(open_: int, done: int, show_done: bool) -> str:
    rows = "".join(
        f'<button type="button" data-act="show" data-which="{which}" aria-pressed="{str(on).lower()}">'
        f'{plain(name)} <span class="n">{n}</span></button>'
        for which, name, n, on in (
            ("open", t("To write"), open_, not show_done),
            ("done", t("Done"), done, show_done),
        )
    )
    return f'<div class="switch">{rows}</div>'


def _full(rows: str) -> str:
    return f'<ol class="topics">{rows}</ol>' if rows else ""


def _few(rows: str, report: Report) -> str:
    if not rows:
        return ""
    words = t("Asked by fewer than {n} people: only single words are shown, so that nobody is recognised.",
              n=report.min_people)  # fmt: skip
    heading = f'<h2>{t("Smaller topics")}</h2><p class="hint">{plain(words)}</p>'
    return f'<section class="few">{heading}<ul>{rows}</ul></section>'


def _rules(report: Report) -> str:
    words = t(
        "From the last {days} days of the record. Personal data is masked, nobody is named, and questions near "
        "documents that you may not read are left out.",
        days=report.days,
    )
    return f'<p class="fine">{plain(words)}</p>'


def _topic(gap: Gap) -> str:
    questions = "".join(f"<li><q>{plain(text)}</q></li>" for text in gap.questions)
    again = ""
    if gap.again:
        words = plural("asked again {n} time since it was marked as done",
                       "asked again {n} times since it was marked as done", gap.again)  # fmt: skip
        again = f'<span class="badge warn">{plain(words)}</span>'
    return (
        f'<li class="topic"><header><h2>{plain(" · ".join(gap.words))}</h2>{_counts(gap)}{again}</header>'
        f'<ul class="asked">{questions}</ul><p class="next">{_next(gap)}</p><footer>'
        f"{_try(gap)}{_mark(gap)}</footer></li>"
    )


def _small(gap: Gap) -> str:
    words = " · ".join(gap.words) or t("no ordinary words")
    return f'<li class="topic"><span class="words">{plain(words)}</span>{_counts(gap)}{_mark(gap)}</li>'


def _counts(gap: Gap) -> str:
    times = plural("asked once", "asked {n} times", gap.count)
    people = f" · {plural('{n} person', '{n} people', gap.people)}" if gap.people else ""
    return f'<p class="place">{plain(times)}{plain(people)} · {plain(t("last on {day}", day=day(gap.last)))}</p>'


def _next(gap: Gap) -> str:
    """What to write."""
    if gap.near is None:
        return plain(t("Nothing comes near: this needs a document of its own."))
    link = parts.button(gap.near.title, "document", "link", key=gap.near.key)
    if not gap.section or gap.section == gap.near.title:
        return t("Closest is {document}: say it there, or write a new one.", document=link)
    return t("Closest is {document}, section “{section}”: say it there, or write a new one.",
             document=link, section=plain(gap.section))  # fmt: skip


def _try(gap: Gap) -> str:
    return parts.button(t("Try it on the bench"), "bench", question=gap.questions[0])


def _mark(gap: Gap) -> str:
    if gap.done:
        return parts.button(t("Open again"), "reopen", id=gap.id)
    return parts.button(t("Mark as done"), "done", id=gap.id)
