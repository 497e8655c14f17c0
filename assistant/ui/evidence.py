"""The right-hand pane: a passage in its document, and how an answer was made. HTML only, everything escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from assistant.ui.i18n import day, later, now, number, plural, t, tell
from assistant.ui.icons import icon
from assistant.ui.markup import markdown, plain
from assistant.ui.render import entity

if TYPE_CHECKING:
    from assistant.pipeline.reading import PassageView

STAGES = {
    "audit.open": (later("Record opened"), later("Before any work: no record, no answer.")),
    "guard": (later("Question checked and masked"), later("Size, encoding, rate, personal data and secrets.")),
    "purpose": (later("Purpose looked at"), later("Orders against the rules, and topics that are not taken.")),
    "history": (later("Conversation read"), later("Your own earlier turns, masked.")),
    "rewrite": (later("Question made to stand alone"), later("So that search sees what a follow-up refers to.")),
    "retrieve": (later("Documents searched"), later("By words and by meaning, only what you may read.")),
    "clarify": (later("Whether to ask back"), later("Where variants of a document answer differently.")),
    "route": (later("Tier chosen"), later("The smallest that should do.")),
    "generate": (later("Answer begun"), later("By the tier chosen.")),
    "release": (later("Each sentence checked"), later("A sentence is shown only after its checks passed.")),
    "check": (later("Whole answer checked"), ""),
    "escalate": (later("Decided what follows"), ""),
    "audit.close": (later("Record closed"), later("Before the answer counts as given.")),
}
CHECKS = {
    "leaks": later("No personal data or secrets"),
    "links": later("Links only to allowed hosts"),
    "citations": later("Every statement cites a passage"),
    "grounding": later("The cited passage says so"),
}


def _pane(title: str, body: str) -> str:
    return (
        f'<section class="pane" data-pane aria-label="{plain(title)}"><header><h2>{plain(title)}</h2>'
        f'<button type="button" class="close" data-fold="proof" aria-label="{t("Close this pane")}">'
        '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6L6 18"/></svg></button></header>'
        f"{body}</section>"
    )


def gone(sentence: str) -> str:
    """The pane when there is nothing to show, with the reason."""
    return _pane(t("Source"), f'<p class="aside">{plain(tell(sentence))}</p>')


@dataclass(frozen=True)
class Leaf:
    """A page as a picture. ``boxes`` mark the passage: left, top, right, bottom as shares of its width and height."""

    page: int
    pages: int
    width: int
    height: int
    boxes: tuple[tuple[float, float, float, float], ...]


def passage(
    view: PassageView,
    hosts: Sequence[str],
    cited_as: str = "",
    leaf: Leaf | None = None,
    message: str = "",
    cited: Sequence[str] = (),
) -> str:
    """A passage highlighted between what stands around it, under the picture of its page where it has one."""
    path = " › ".join(view.chunk.heading)
    stale = (
        f'<p class="care">{t("Read with care: {reason}.", reason=plain(tell(view.stale)))}</p>' if view.stale else ""
    )
    text = (
        f'<div class="page" tabindex="0" aria-label="{t("The passage in its document")}">'
        f'<div class="around">{markdown(view.before, hosts=hosts)}</div>'
        f'<div class="hit" data-hit>{markdown(view.text, hosts=hosts, highlight=cited_as)}</div>'
        f'<div class="around">{markdown(view.after, hosts=hosts)}</div></div>'
    )
    if leaf is not None:
        text = f'<details class="as-text"><summary class="tool">{t("The passage as text")}</summary>{text}</details>'
    return _pane(
        view.document.title,
        f'<p class="path">{plain(path)}</p>{stale}{_facts(view)}{_steps(view, message, cited)}'
        f"{_leaf(view, leaf, message) if leaf else ''}{text}",
    )


def _facts(view: PassageView) -> str:
    document, chunk = view.document, view.chunk
    facts = [(t("Version"), document.version), (t("Owner"), document.owner), (t("Read by"), document.audience)]
    if not document.audience:
        facts = [(t("Attached by you"), t("for this conversation only"))]
    if chunk.page:
        page = t("{n} of {all}", n=chunk.page, all=document.pages) if document.pages else str(chunk.page)
        facts.insert(1, (t("Page"), page))
    if document.effective:
        facts.append((t("In force from"), day(document.effective)))
    if document.review:
        facts.append((t("Review due"), day(document.review)))
    rows = "".join(f"<div><dt>{plain(name)}</dt><dd>{plain(value)}</dd></div>" for name, value in facts if value)
    return f'<dl class="facts">{rows}</dl>'


def _steps(view: PassageView, message: str, cited: Sequence[str]) -> str:
    """To the passage before and after it, and to the next one that the answer cites."""
    steps = [
        _step("left", view.earlier, message, t("Passage before")),
        _step("right", view.later, message, t("Passage after")),
    ]
    if len(cited) > 1 and view.chunk.id in cited:
        at = cited.index(view.chunk.id)
        to = cited[(at + 1) % len(cited)]
        words = t("Source {n} of {all}", n=at + 1, all=len(cited))
        following = t("Next source")
        steps.append(
            f'<span class="at">{words}</span><button type="button" class="tool" data-act="cite" data-id="{plain(to)}" '
            f'data-message="{plain(message)}">{following}</button>'
        )
    return f'<div class="steps">{"".join(steps)}</div>'


def _step(name: str, chunk: str, message: str, label: str) -> str:
    if not chunk:
        return f'<button type="button" class="tool" disabled aria-label="{label}">{icon(name)}</button>'
    return (
        f'<button type="button" class="tool" data-act="cite" data-id="{plain(chunk)}" data-message="{plain(message)}" '
        f'aria-label="{label}" title="{label}">{icon(name)}</button>'
    )


def _leaf(view: PassageView, leaf: Leaf, message: str) -> str:
    """The picture of a page with the passage marked, zoom and the pages beside it."""
    chunk = plain(view.chunk.id)
    source = f"/documents/pages?passage={quote(view.chunk.id, safe='')}&amp;page={leaf.page}"
    marks = "".join(
        f'<i class="box"{" data-hit" if n == 0 else ""} style="left:{left:.2%};top:{top:.2%};width:{right - left:.2%};'
        f'height:{bottom - top:.2%}"></i>'
        for n, (left, top, right, bottom) in enumerate(leaf.boxes)
    )
    where = t("Page {n} of {all}", n=leaf.page, all=leaf.pages)

    def turn(name: str, to: int, label: str) -> str:
        off = "" if 1 <= to <= leaf.pages else " disabled"
        return (
            f'<button type="button" class="tool" data-act="page" data-id="{chunk}" data-message="{plain(message)}" '
            f'data-page="{to}" aria-label="{label}"{off}>{icon(name)}</button>'
        )

    return (
        f'<div class="leaf"><div class="steps">{turn("left", leaf.page - 1, t("Page before"))}<span class="at">{where}'
        f'</span>{turn("right", leaf.page + 1, t("Page after"))}<span class="gap"></span>'
        f'<button type="button" class="tool" data-zoom="-1" aria-label="{t("Smaller")}">{icon("zoom_out")}</button>'
        f'<button type="button" class="tool" data-zoom="1" aria-label="{t("Larger")}">{icon("zoom_in")}</button></div>'
        f'<div class="sheet" tabindex="0" aria-label="{where}"><div class="paper"><img src="{source}" alt="{where}" '
        f'width="{leaf.width}" height="{leaf.height}" loading="eager">{marks}</div></div></div>'
    )


def made(story: dict[str, Any], message: str = "") -> str:
    """How an answer was made, from its record."""
    parts = (_summary, _stages, _tier, _masked, _passages, _verdicts, _counts)
    look = (
        f'<button type="button" class="tool wide" data-act="seen" data-id="{plain(message)}">{icon("eye")}'
        f"{t('What the model saw')}</button>"
        if message
        else ""
    )
    return _pane(t("How this answer was made"), look + "".join(part(story) for part in parts))


def seen(prompt: dict[str, Any], story: dict[str, Any], message: str, hosts: Sequence[str]) -> str:
    """What the model was given, masked, in the order it was given."""
    back = (
        f'<button type="button" class="tool wide" data-act="made" data-id="{plain(message)}">{icon("left")}'
        f"{t('How this answer was made')}</button>"
    )
    model = plain(story.get("model") or story.get("tier", ""))
    policies = plain(str(story.get("policy_version", ""))[:12])
    lead = t("{model} was given this and nothing else, after masking.", model=f"<strong>{model}</strong>")
    told = t("Your company’s instructions, from policies {version}.", version=f"<code>{policies}</code>")
    turns = "".join(
        f"<blockquote><p><strong>{t('Question')}:</strong> {plain(asked)}</p><p><strong>{t('Answer')}:</strong> "
        f"{plain(said)}</p></blockquote>"
        for asked, said in prompt.get("turns", ())
    )
    earlier = f"<h3>{t('Earlier in this conversation')}</h3>{turns}" if turns else ""
    passages = "".join(
        f'<details class="given"><summary><span class="n">{n}</span>'
        f"{plain(' › '.join((row['title'], *row['heading'])))}</summary>{markdown(row['text'], hosts=hosts)}</details>"
        for n, row in enumerate(prompt.get("passages", ()), 1)
    )
    return _pane(
        t("What the model saw"),
        f'{back}<p class="lead">{lead}</p><h3>{t("Instructions")}</h3><p>{told}</p>{earlier}'
        f'<h3>{t("Question")}</h3><p class="quoted">{plain(prompt.get("question", ""))}</p>'
        f"<h3>{t('Passages')}</h3>{passages}",
    )


def _summary(story: dict[str, Any]) -> str:
    total = story.get("total_ms") or sum(stage["ms"] for stage in story.get("stages", ()))
    steps = len(story.get("stages", ()))
    words = t("{n} steps in {time}, in this order.", n=steps, time=f"<strong>{_ms(total)}</strong>")
    return f'<p class="lead">{words}</p>'


def _stages(story: dict[str, Any]) -> str:
    stages = story.get("stages", ())
    longest = max((stage["ms"] for stage in stages), default=0) or 1
    rows = []
    for stage in stages:
        name, why = STAGES.get(stage["name"], (plain(stage["name"]), ""))
        share = max(1.0, 100 * stage["ms"] / longest)
        note = plain(tell(stage.get("note") or "")) or now(why)
        rows.append(
            f'<li data-stage="{plain(stage["name"])}"><span class="name">{now(name)}</span>'
            f'<span class="ms">{_ms(stage["ms"])}</span><span class="note">{note}</span>'
            f'<span class="meter"><span style="width:{share:.1f}%"></span></span></li>'
        )
    return f'<ol class="stages">{"".join(rows)}</ol>'


def _tier(story: dict[str, Any]) -> str:
    if not story.get("tier"):
        return ""
    model = f" ({plain(story['model'])})" if story.get("model") else ""
    rewritten = ""
    if story.get("rewritten"):
        rewritten = f"<p>{t('Searched for:')} <q>{plain(story['rewritten'])}</q></p>"
    notices = "".join(f"<p>{plain(tell(text))}</p>" for text in story.get("notices", ()))
    return (
        f"<h3>{t('Who answered')}</h3><p><strong>{plain(story['tier'])}</strong>{model}. "
        f"{plain(tell(story.get('tier_reason', '')))}</p>{notices}{rewritten}"
    )


def _masked(story: dict[str, Any]) -> str:
    items = story.get("masked", ())
    if not items:
        return f"<h3>{t('What was masked')}</h3><p>{t('Nothing in this question needed masking.')}</p>"
    rows = "".join(
        f"<li><code>{plain(item['placeholder'])}</code> {plain(entity(item['entity']))}</li>" for item in items
    )
    return (
        f"<h3>{t('What was masked')}</h3><p>{t('The model saw these in place of what you typed:')}</p>"
        f'<ul class="plain">{rows}</ul>'
    )


def _passages(story: dict[str, Any]) -> str:
    rows = []
    for row in story.get("passages", ()):
        found = [t("no. {n} by words", n=row["word_rank"]) if row.get("word_rank") else ""]
        found.append(t("no. {n} by meaning", n=row["vector_rank"]) if row.get("vector_rank") else "")
        close = row.get("similarity")
        similarity = t("similarity {score}", score=number(close, 2)) if close is not None else ""
        place = " › ".join(row.get("heading", ())[-1:]) + (
            f", {t('page {n}', n=row['page'])}" if row.get("page") else ""
        )
        detail = " · ".join(part for part in (place, *found, similarity) if part)
        used = f'<span class="badge">{t("cited")}</span>' if row.get("used") else ""
        rows.append(
            f'<li><button type="button" class="source" data-act="cite" data-id="{plain(row["chunk_id"])}">'
            f'<span class="title">{plain(row["title"])}</span>{used}<span class="place">{plain(detail)}</span>'
            "</button></li>"
        )
    if not rows:
        return ""
    return f'<h3>{t("Passages considered")}</h3><ul class="sources tall">{"".join(rows)}</ul>'


def _verdicts(story: dict[str, Any]) -> str:
    rows = []
    for verdict in story.get("verdicts", ()):
        kind, word = ("good", t("passed")) if verdict["passed"] else ("bad", t("failed"))
        mark = f'<span class="badge {kind}">{word}</span>'
        score = f" · {number(verdict['score'], 2)}" if verdict.get("score") is not None else ""
        detail = f'<span class="place">{plain(tell(verdict["detail"]))}</span>' if verdict.get("detail") else ""
        name = CHECKS.get(verdict["check"]) or plain(verdict["check"].replace("_", " "))
        rows.append(f'<li>{mark} <span class="name">{now(name)}</span>{score}{detail}</li>')
    withheld = story.get("withheld", 0)
    what = plural("{n} sentence", "{n} sentences", withheld)
    held = f"<p>{t('Did not pass and not shown: {what}.', what=what)}</p>"
    if not rows and not withheld:
        return ""
    return f'<h3>{t("Checks")}</h3>{held if withheld else ""}<ul class="plain verdicts">{"".join(rows)}</ul>'


def _counts(story: dict[str, Any]) -> str:
    held = story.get("mode") == "hold"
    tokens = {"sent": number(story.get("tokens_in", 0)), "made": number(story.get("tokens_out", 0))}
    estimated = f" {t('(estimated)')}" if story.get("tokens_estimated") else ""
    facts = [
        (t("Shown"), t("after the whole answer was checked") if held else t("sentence by sentence")),
        (t("Kind of question"), tell(str(story.get("question_kind", "")).replace("_", "-"))),
        (t("Confidence"), number(story["confidence"], 2) if story.get("confidence") is not None else ""),
        (t("Tokens"), t("{sent} in, {made} out", **tokens) + estimated),
        (t("Cost"), number(story["cost"], 4) if story.get("cost") else ""),
        (t("Policies"), str(story.get("policy_version", ""))[:12]),
    ]
    rows = "".join(f"<div><dt>{plain(name)}</dt><dd>{plain(value)}</dd></div>" for name, value in facts if value)
    return f'<h3>{t("For the record")}</h3><dl class="facts">{rows}</dl>'


def _ms(value: float) -> str:
    if value >= 1000:
        return f"{number(value / 1000, 1)} s"
    return f"{number(value, 0 if value >= 10 else 1)} ms"
