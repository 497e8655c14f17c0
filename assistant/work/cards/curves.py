"""Reliability diagram and risk-coverage curve of the confidence, as a page that stands by itself."""

from __future__ import annotations

from html import escape
from typing import Any

from assistant.work.cards.drawing import STYLE

SIZE = 260


def document(report: dict[str, Any]) -> str:
    """One section per file and tier of a calibration report."""
    sections = "".join(_section(name, part) for name, part in report.items())
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Confidence</title>'
        f"<style>{STYLE.read_text(encoding='utf-8')}</style></head><body>"
        '<main class="report-card"><h1>Confidence</h1><p class="lead">On answers that it was not fitted on. Left: how '
        "often answers of a confidence are right (on the line when calibrated). Right: the share that is right when "
        f"only the surest are answered.</p>{sections}</main></body></html>\n"
    )


def _section(name: str, part: dict[str, Any]) -> str:
    dots = "".join(_dot(b["said"], b["right"], b["n"]) for b in part["reliability"])
    risks = part["risk_curve"]
    curve = " ".join(f"{(i + 1) / len(risks) * SIZE:.1f},{(1 - r) * SIZE:.1f}" for i, r in enumerate(risks))
    facts = (
        f"<b>{part['auc']:.3f}</b> AUC right against wrong",
        f"<b>{part['share_above_90']:.0%}</b> above 90 %, <b>{part['right_above_90']:.0%}</b> of them right",
        f"<b>{part['answers']:,}</b> answers, {part['right']:.0%} right",
    )
    listed = "".join(f"<span>{fact}</span>" for fact in facts)
    frames = _frame("Reliability", "confidence", dots) + _frame("Coverage", "coverage", f'<polyline points="{curve}"/>')
    return f'<section><h2>{escape(name)}</h2><p class="facts">{listed}</p><div class="curves">{frames}</div></section>'


def _dot(said: float, right: float, count: int) -> str:
    return f'<circle cx="{said * SIZE:.1f}" cy="{(1 - right) * SIZE:.1f}" r="{3 + min(9, count**0.5 / 2):.1f}"/>'


def _frame(title: str, below: str, inside: str) -> str:
    return (
        f'<figure><svg viewBox="-8 -8 {SIZE + 16} {SIZE + 16}" role="img" aria-label="{title}: right by {below}">'
        f'<rect class="rest" width="{SIZE}" height="{SIZE}"/><path d="M0 {SIZE}L{SIZE} 0"/>{inside}</svg>'
        f"<figcaption>{title}: share right (up) by {below} (to the right)</figcaption></figure>"
    )
