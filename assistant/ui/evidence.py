"""The right-hand pane: a passage in its document, and how an answer was made. HTML only, everything escaped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assistant.ui.markup import markdown, plain

if TYPE_CHECKING:
    from assistant.pipeline.reading import PassageView

STAGES = {
    "audit.open": ("Record opened", "Before any work: no record, no answer."),
    "guard": ("Question checked and masked", "Size, encoding, rate, personal data and secrets."),
    "history": ("Conversation read", "Your own earlier turns, masked."),
    "rewrite": ("Question made to stand alone", "So that search sees what a follow-up refers to."),
    "retrieve": ("Documents searched", "By words and by meaning, only what you may read."),
    "route": ("Tier chosen", "The smallest that should do."),
    "generate": ("Answer begun", "By the tier chosen."),
    "release": ("Each sentence checked", "A sentence is shown only after its checks passed."),
    "check": ("Whole answer checked", ""),
    "escalate": ("Decided what follows", ""),
    "audit.close": ("Record closed", "Before the answer counts as given."),
}
CHECKS = {
    "leaks": "No personal data or secrets",
    "links": "Links only to allowed hosts",
    "citations": "Every statement cites a passage",
    "grounding": "The cited passage says so",
}


def _pane(title: str, body: str) -> str:
    return (
        f'<section class="pane" data-pane aria-label="{plain(title)}"><header><h2>{plain(title)}</h2>'
        '<button type="button" class="close" data-fold="proof" aria-label="Close this pane">'
        '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6L6 18"/></svg></button></header>'
        f"{body}</section>"
    )


def gone(sentence: str) -> str:
    """The pane when there is nothing to show, with the reason."""
    return _pane("Source", f'<p class="aside">{plain(sentence)}</p>')


def passage(view: PassageView, hosts: Sequence[str], quote: str = "") -> str:
    """A passage highlighted between what stands before and after it in its document."""
    document, chunk = view.document, view.chunk
    facts = [("Version", document.version), ("Owner", document.owner), ("Read by", document.audience)]
    if chunk.page:
        facts.insert(1, ("Page", f"{chunk.page}" + (f" of {document.pages}" if document.pages else "")))
    if document.effective:
        facts.append(("In force from", document.effective.isoformat()))
    if document.review:
        facts.append(("Review due", document.review.isoformat()))
    rows = "".join(f"<div><dt>{plain(name)}</dt><dd>{plain(value)}</dd></div>" for name, value in facts if value)
    stale = f'<p class="care">Read with care: {plain(view.stale)}.</p>' if view.stale else ""
    path = " › ".join(chunk.heading)
    return _pane(
        document.title,
        f'<p class="path">{plain(path)}</p>{stale}'
        f'<dl class="facts">{rows}</dl><div class="page" tabindex="0" aria-label="The passage in its document">'
        f'<div class="around">{markdown(view.before, hosts=hosts)}</div>'
        f'<div class="hit" data-hit>{markdown(view.text, hosts=hosts, highlight=quote)}</div>'
        f'<div class="around">{markdown(view.after, hosts=hosts)}</div></div>',
    )


def made(story: dict[str, Any]) -> str:
    """How an answer was made, from its record."""
    parts = (_summary, _stages, _tier, _masked, _passages, _verdicts, _counts)
    return _pane("How this answer was made", "".join(part(story) for part in parts))


def _summary(story: dict[str, Any]) -> str:
    total = story.get("total_ms") or sum(stage["ms"] for stage in story.get("stages", ()))
    return f'<p class="lead">{len(story.get("stages", ()))} steps in <strong>{_ms(total)}</strong>, in this order.</p>'


def _stages(story: dict[str, Any]) -> str:
    stages = story.get("stages", ())
    longest = max((stage["ms"] for stage in stages), default=0) or 1
    rows = []
    for stage in stages:
        name, why = STAGES.get(stage["name"], (stage["name"], ""))
        share = max(1.0, 100 * stage["ms"] / longest)
        note = stage.get("note") or why
        rows.append(
            f'<li data-stage="{plain(stage["name"])}"><span class="name">{plain(name)}</span>'
            f'<span class="ms">{_ms(stage["ms"])}</span><span class="note">{plain(note)}</span>'
            f'<span class="meter"><span style="width:{share:.1f}%"></span></span></li>'
        )
    return f'<ol class="stages">{"".join(rows)}</ol>'


def _tier(story: dict[str, Any]) -> str:
    if not story.get("tier"):
        return ""
    model = f" ({plain(story['model'])})" if story.get("model") else ""
    rewritten = ""
    if story.get("rewritten"):
        rewritten = f"<p>Searched for: <q>{plain(story['rewritten'])}</q></p>"
    notices = "".join(f"<p>{plain(text)}</p>" for text in story.get("notices", ()))
    return (
        f"<h3>Who answered</h3><p><strong>{plain(story['tier'])}</strong>{model}. "
        f"{plain(story.get('tier_reason', ''))}</p>{notices}{rewritten}"
    )


def _masked(story: dict[str, Any]) -> str:
    items = story.get("masked", ())
    if not items:
        return "<h3>What was masked</h3><p>Nothing in this question needed masking.</p>"
    rows = "".join(
        f"<li><code>{plain(item['placeholder'])}</code> {plain(str(item['entity']).replace('_', ' ').lower())}</li>"
        for item in items
    )
    return (
        f'<h3>What was masked</h3><p>The model saw these in place of what you typed:</p><ul class="plain">{rows}</ul>'
    )


def _passages(story: dict[str, Any]) -> str:
    rows = []
    for row in story.get("passages", ()):
        found = [f"no. {row['word_rank']} by words" if row.get("word_rank") else ""]
        found.append(f"no. {row['vector_rank']} by meaning" if row.get("vector_rank") else "")
        similarity = f"similarity {row['similarity']:.2f}" if row.get("similarity") is not None else ""
        place = " › ".join(row.get("heading", ())[-1:]) + (f", page {row['page']}" if row.get("page") else "")
        detail = " · ".join(part for part in (place, *found, similarity) if part)
        used = '<span class="badge">cited</span>' if row.get("used") else ""
        rows.append(
            f'<li><button type="button" class="source" data-act="cite" data-id="{plain(row["chunk_id"])}">'
            f'<span class="title">{plain(row["title"])}</span>{used}<span class="place">{plain(detail)}</span>'
            "</button></li>"
        )
    if not rows:
        return ""
    return f'<h3>Passages considered</h3><ul class="sources tall">{"".join(rows)}</ul>'


def _verdicts(story: dict[str, Any]) -> str:
    rows = []
    for verdict in story.get("verdicts", ()):
        mark = (
            '<span class="badge good">passed</span>' if verdict["passed"] else '<span class="badge bad">failed</span>'
        )
        score = f" · {verdict['score']:.2f}" if verdict.get("score") is not None else ""
        detail = f'<span class="place">{plain(verdict["detail"])}</span>' if verdict.get("detail") else ""
        name = CHECKS.get(verdict["check"], verdict["check"].replace("_", " "))
        rows.append(f'<li>{mark} <span class="name">{plain(name)}</span>{score}{detail}</li>')
    withheld = story.get("withheld", 0)
    what = "1 sentence" if withheld == 1 else f"{withheld} sentences"
    held = f"<p>Did not pass and not shown: {what}.</p>"
    if not rows and not withheld:
        return ""
    return f'<h3>Checks</h3>{held if withheld else ""}<ul class="plain verdicts">{"".join(rows)}</ul>'


def _counts(story: dict[str, Any]) -> str:
    estimated = " (estimated)" if story.get("tokens_estimated") else ""
    facts = [
        ("Shown", "after the whole answer was checked" if story.get("mode") == "hold" else "sentence by sentence"),
        ("Kind of question", str(story.get("question_kind", "")).replace("_", "-")),
        ("Confidence", f"{story['confidence']:.2f}" if story.get("confidence") is not None else ""),
        ("Tokens", f"{story.get('tokens_in', 0):,} in, {story.get('tokens_out', 0):,} out{estimated}"),
        ("Cost", f"{story['cost']:.4f}" if story.get("cost") else ""),
        ("Policies", str(story.get("policy_version", ""))[:12]),
    ]
    rows = "".join(f"<div><dt>{plain(name)}</dt><dd>{plain(value)}</dd></div>" for name, value in facts if value)
    return f'<h3>For the record</h3><dl class="facts">{rows}</dl>'


def _ms(value: float) -> str:
    return f"{value / 1000:.1f} s" if value >= 1000 else f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"
