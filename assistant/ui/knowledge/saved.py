"""Saved tests: recall and reciprocal rank over time, and every test with where its source stands now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.ui.i18n import minute, number, plural, t
from assistant.ui.knowledge import parts
from assistant.ui.knowledge.place import Click, Outcome, Place
from assistant.ui.markup import plain
from assistant.values import Person
from assistant.work.saved_tests import CHANGED, TOP, RunView, SavedTests, TestView

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit

WIDTH, HEIGHT, EDGE = 640, 120, 10
RUNS = 30


class Saved:
    """The tests that the person may see; a run covers those."""

    def __init__(self, kit: Kit, tests: SavedTests) -> None:
        self.kit, self.tests = kit, tests

    async def head(self, person: Person, place: Place) -> str:
        """Title and the button that runs them."""
        hint = t("Questions with the source that should be found. They run by themselves whenever documents change.")
        some = bool(await self.tests.tests(person))
        run = parts.button(t("Run now"), "run", "primary") if some else ""
        return parts.title(t("Saved tests"), hint, run)

    async def tools(self, person: Person, place: Place) -> str:
        """None."""
        return ""

    async def body(self, person: Person, place: Place) -> str:
        """Figures, history, tests."""
        tests = await self.tests.tests(person)
        if not tests:
            more = parts.button(t("Try a question"), "go", "primary", view="bench")
            sentence = t("Try a question, then choose the source that it should find.")
            return parts.nothing(t("No saved tests yet"), sentence, more)
        history = await self.tests.history(person, RUNS)
        rows = "".join(_row(view) for view in tests)
        return (
            f'{_figures(history)}<div class="wide-table"><table class="grid tests"><caption class="unseen">'
            f"{t('Saved tests')}</caption><thead><tr>"
            f'<th scope="col">{t("Question")}</th><th scope="col">{t("Expected source")}</th>'
            f'<th scope="col">{t("Place")}</th><th scope="col">{t("Before")}</th>'
            f'<th scope="col"><span class="unseen">{t("Actions")}</span></th></tr></thead>'
            f"<tbody>{rows}</tbody></table></div>"
        )

    async def act(self, person: Person, place: Place, click: Click) -> Outcome | None:
        """Run all, try one again on the bench, delete one."""
        match click.get("act"):
            case "run":
                run = await self.tests.run(person)
                if run is None:
                    return Outcome("body")
                words = plural("{n} test run: recall at 5 is {recall}, reciprocal rank {mrr}.",
                               "{n} tests run: recall at 5 is {recall}, reciprocal rank {mrr}.", run.tests,
                               recall=number(run.recall, 2), mrr=number(run.mrr, 2))  # fmt: skip
                return Outcome("body", words)
            case "retry":
                found = [v.test for v in await self.tests.tests(person) if v.test.id == click.get("id")]
                if found:
                    place.view, place.question, place.audiences = "bench", found[0].question, found[0].audiences
                return Outcome("all")
            case "forget":
                await self.tests.remove(person, click.get("id"))
                return Outcome("all", t("The test is deleted."))
        return None


def _figures(history: Sequence[RunView]) -> str:
    if not history:
        return f'<p class="summary">{plain(t("They have not run yet."))}</p>'
    last = history[0]
    tiles = "".join(
        f'<div class="tile"><dt>{plain(name)}</dt><dd>{plain(value)}</dd></div>'
        for name, value in (
            (t("Recall at 5"), number(last.recall, 2)),
            (t("Mean reciprocal rank"), number(last.mrr, 2)),
            (t("Tests"), number(last.tests)),
            (t("Last run"), f"{minute(last.at)} · {_reason(last)}"),
        )
    )
    return f'<dl class="tiles">{tiles}</dl>{_chart(history[::-1])}'


def _chart(runs: Sequence[RunView]) -> str:
    """Two lines over the runs, oldest first; the same figures stand in a table for who cannot see it."""
    if len(runs) < 2:
        return ""
    step = (WIDTH - 2 * EDGE) / (len(runs) - 1)

    def line(values: Sequence[float], name: str) -> str:
        points = [(EDGE + i * step, HEIGHT - EDGE - v * (HEIGHT - 2 * EDGE)) for i, v in enumerate(values)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points)
        return f'<g class="{name}"><polyline points="{path}"/>{dots}</g>'

    rows = "".join(
        f"<tr><td>{plain(minute(r.at))}</td><td>{plain(_reason(r))}</td><td>{number(r.tests)}</td>"
        f"<td>{number(r.recall, 2)}</td><td>{number(r.mrr, 2)}</td></tr>"
        for r in reversed(runs)
    )
    head = "".join(
        f'<th scope="col">{plain(name)}</th>'
        for name in (t("When"), t("Why"), t("Tests"), t("Recall at 5"), t("Mean reciprocal rank"))
    )
    return (
        f'<figure class="chart"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" preserveAspectRatio="none" '
        f'aria-label="{plain(t("Recall at 5 and mean reciprocal rank, run by run"))}">'
        f'<path class="base" d="M0 {HEIGHT - EDGE}H{WIDTH}M0 {EDGE}H{WIDTH}"/>'
        f"{line([r.recall for r in runs], 'recall')}{line([r.mrr for r in runs], 'mrr')}</svg>"
        f'<figcaption><span class="key recall">{plain(t("Recall at 5"))}</span>'
        f'<span class="key mrr">{plain(t("Mean reciprocal rank"))}</span>'
        f"<details><summary>{t('As a table')}</summary><table class='grid'><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table></details></figcaption></figure>"
    )


def _row(view: TestView) -> str:
    test = view.test
    if view.title:
        source = plain(view.title)
        part = view.section if test.section else t("any section")
        gone = t("the section is no longer in the document")
        source += f'<span class="place">{plain(part) if part else f"<em>{plain(gone)}</em>"}</span>'
    else:
        source = f"<em>{plain(t('The document is no longer there'))}</em>"
    again = parts.button(t("Look into it"), "retry", id=test.id)
    drop = parts.button(t("Delete"), "forget", id=test.id)
    audiences = "".join(f'<span class="badge">{plain(a)}</span>' for a in test.audiences)
    return (
        f'<tr><th scope="row">{plain(test.question)}<span class="place">{audiences}</span></th><td>{source}</td>'
        f"<td>{_rank(view.ran, view.rank)}</td><td>{_rank(view.moved, view.before) if view.moved else ''}</td>"
        f'<td class="do">{again}{drop}</td></tr>'
    )


def _reason(run: RunView) -> str:
    return t("documents changed") if run.reason == CHANGED else t("on demand")


def _rank(ran: bool, rank: int | None) -> str:
    if not ran:
        return f'<span class="badge">{t("not run")}</span>'
    if rank is None:
        return f'<span class="badge bad">{t("not found")}</span>'
    return f'<span class="badge {"good" if rank <= TOP else "warn"}">{rank}.</span>'
