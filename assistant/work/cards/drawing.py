"""The report card as a page: one section per guard, bars for shares, light and dark by the reader's own setting.

``document`` is a file that stands by itself (no script, no outside address); ``fragment`` is its body for the app.
Every word that comes from a file or a policy is escaped.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

STYLE = Path(__file__).with_name("report-card.css")
BY = {"file": "File", "language": "Language", "kind": "Kind", "trick": "Disguise"}


def document(card: dict[str, Any], above: str = "") -> str:
    """A whole page; ``above`` is markup of the caller's own."""
    return page(fragment(card, above))


def page(body: str) -> str:
    """``body`` with the page around it."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Guard report card</title>'
        f"<style>{STYLE.read_text(encoding='utf-8')}</style></head><body>{body}</body></html>\n"
    )


def fragment(card: dict[str, Any], above: str = "") -> str:
    """The card without the page around it."""
    files = ", ".join(f"{escape(f['name'])} ({f['rows']:,})" for f in card["files"])
    facts = (("Drawn", card["made"]), ("Policy", card["policy"]), ("Tiers", "; ".join(card["tiers"])))
    listed = "".join(f"<dt>{name}</dt><dd>{escape(str(value))}</dd>" for name, value in facts)
    sections = "".join(_guard(guard) for guard in card["guards"])
    return (
        f'<main class="report-card">{above}<h1>Guard report card</h1>'
        '<p class="lead">What each guard catches, and what it stops by mistake, on the files named below. '
        "The lines at the ends of the bars are 95 % intervals.</p>"
        f"<dl>{listed}<dt>Files</dt><dd>{files}</dd></dl>{sections}</main>"
    )


def _guard(guard: dict[str, Any]) -> str:
    shares = [
        ("Caught as shipped", guard["recall_shipped"], "good"),
        ("Wrongly stopped", guard["wrong_shipped"], "bad"),
    ]
    shares += [(f"Caught at {name} wrong stops", share, "good") for name, share in guard["recall"].items()]
    bars = "".join(_bar(name, share, tone) for name, share, tone in shares)
    area = "" if guard["auc"] is None else f"<span><b>{guard['auc']:.3f}</b> area under the curve</span>"
    return (
        f'<section aria-label="{escape(guard["title"])}"><h2>{escape(guard["title"])}</h2>'
        f"<p>To stop: {escape(guard['bad_is'])} ({guard['bad']:,}). "
        f"To let through: {escape(guard['good_is'])} ({guard['good']:,}).</p>"
        f'<p class="facts">{area}<span><b>{guard["median_ms"]:.1f} ms</b> median</span>'
        f"<span><b>{guard['p95_ms']:.1f} ms</b> 95th percentile</span></p>"
        f'<div class="bars">{bars}</div>{_table(guard)}</section>'
    )


def _bar(name: str, share: dict[str, float] | None, tone: str) -> str:
    if share is None:
        return ""
    low, high = share["low"] * 100, share["high"] * 100
    return (
        f'<div class="bar {tone}"><span>{escape(name)}</span><svg viewBox="0 0 100 10" preserveAspectRatio="none" '
        f'role="img" aria-label="{escape(name)}: {share["share"]:.1%}"><rect class="rest" width="100" height="10"/>'
        f'<rect class="share" width="{share["share"] * 100:.2f}" height="10"/>'
        f'<line x1="{low:.2f}" x2="{high:.2f}" y1="5" y2="5"/></svg><b>{share["share"]:.1%}</b></div>'
    )


def _table(guard: dict[str, Any]) -> str:
    names = list(guard["recall"])
    head = "".join(f"<th scope='col'>at {escape(n)}</th>" for n in names)
    rows = "".join(
        f"<tr><td>{BY[s['by']]}</td><th scope='row'>{escape(s['value'])}</th>"
        f"<td>{s['bad']:,}</td><td>{s['good']:,}</td>"
        f"<td>{'–' if s['auc'] is None else format(s['auc'], '.3f')}</td>"
        + "".join(f"<td>{_cell(s['recall'].get(n))}</td>" for n in names)
        + f"<td>{_cell(s['recall_shipped'])}</td><td>{_cell(s['wrong_shipped'])}</td></tr>"
        for s in guard["slices"]
    )
    return (
        '<div class="scroll"><table><thead><tr><th scope="col">By</th><th scope="col"></th>'
        '<th scope="col">To stop</th><th scope="col">To let through</th><th scope="col">AUC</th>'
        f"{head}<th scope='col'>Caught</th><th scope='col'>Wrongly stopped</th></tr></thead><tbody>{rows}</tbody>"
        "</table></div>"
    )


def _cell(share: dict[str, float] | None) -> str:
    if share is None:
        return "–"
    return f"<b>{share['share']:.1%}</b> <small>{share['low']:.0%} to {share['high']:.0%}</small>"
