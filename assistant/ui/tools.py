"""What stands under an answer and beside a question: copy, ask again, thumbs, branches, a person, confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistant.ui.i18n import later, now, number, plural, t
from assistant.ui.icons import icon
from assistant.ui.markup import plain
from assistant.values import Message

if TYPE_CHECKING:
    from assistant.store.feedback import Feedback

REASONS = {
    "wrong": later("It is wrong"),
    "not_found": later("It did not find what is there"),
    "outdated": later("It is out of date"),
    "incomplete": later("Something is missing"),
    "wrong_source": later("The source does not say so"),
    "unclear": later("Hard to understand"),
    "offensive": later("Offensive"),
    "other": later("Something else"),
}
STRONG, FAIR = 0.7, 0.45
"""From these confidences on an answer is called well or partly supported."""


def answer_tools(message: Message, asked: bool, opinion: Feedback | None) -> str:
    """The row of buttons under an answer."""
    id_, outcome = plain(message.id), message.outcome
    redo = outcome in ("stopped", "failed")
    again = (
        f'<button type="button" class="tool{" call" if redo else ""}" data-act="again" data-id="{id_}" '
        f'title="{t("Search wider and, where there is one, let a stronger model answer")}">'
        f"{icon('again')}{t('Ask again') if redo else t('Another answer')}</button>"
    )
    how = (
        f'<button type="button" class="tool" data-act="made" data-id="{id_}">{icon("how")}'
        f"{t('How this answer was made')}</button>"
        if message.made.get("stages")
        else ""
    )
    copy = (
        f'<button type="button" class="tool" data-copy-answer data-done="{t("Copied")}">{icon("copy")}'
        f"<span>{t('Copy')}</span></button>"
    )
    thumbs = _thumbs(message, opinion) if outcome in ("answered", "abstained") else ""
    return (
        f'<footer class="tools">{branches(message)}{copy}{"" if outcome == "refused" else again}{thumbs}'
        f"{how}{_ask(message, asked)}{confidence(message)}</footer>"
    )


def question_tools(message: Message) -> str:
    """Branches and editing beside a question."""
    id_ = plain(message.id)
    edit = (
        f'<details class="edit"><summary class="tool" aria-label="{t("Edit this question")}" '
        f'title="{t("Edit this question")}">{icon("edit")}</summary><form data-act="edit" data-id="{id_}">'
        f'<textarea name="text" rows="3" aria-label="{t("Your question")}" required>{plain(message.text)}</textarea>'
        f'<p class="hint">{t("It is asked beside the first wording; you can go back with the arrows.")}</p>'
        f'<div class="buttons"><button type="button" class="plain" data-shut>{t("Cancel")}</button>'
        f'<button class="small">{t("Ask")}</button></div></form></details>'
    )
    return f'<div class="tools">{branches(message)}{edit}</div>'


def branches(message: Message) -> str:
    """Arrows between the messages that stand in one place."""
    count = len(message.siblings)
    if count < 2:
        return ""
    at = message.siblings.index(message.id)

    def arrow(name: str, to: int, label: str) -> str:
        if not 0 <= to < count:
            return f'<button type="button" class="tool" disabled aria-label="{label}">{icon(name)}</button>'
        return (
            f'<button type="button" class="tool" data-act="branch" data-id="{plain(message.siblings[to])}" '
            f'aria-label="{label}">{icon(name)}</button>'
        )

    where = t("{n} of {all}", n=at + 1, all=count)
    earlier, following = arrow("left", at - 1, t("Earlier version")), arrow("right", at + 1, t("Later version"))
    return (
        f'<span class="branches" role="group" aria-label="{t("Versions")}">{earlier}'
        f'<span class="at">{where}</span>{following}</span>'
    )


def _thumbs(message: Message, opinion: Feedback | None) -> str:
    id_ = plain(message.id)
    up, down = (str(opinion is not None and opinion.thumb == thumb).lower() for thumb in ("up", "down"))
    chosen = set(opinion.reasons) if opinion is not None and opinion.thumb == "down" else set()
    boxes = "".join(
        f'<label><input type="checkbox" name="reason_{name}"{" checked" if name in chosen else ""}>{now(words)}</label>'
        for name, words in REASONS.items()
    )
    kept = f'<p class="hint" role="status">{t("Thank you. It is kept with this answer.")}</p>' if opinion else ""
    return (
        f'<button type="button" class="tool thumb" data-act="thumb" data-thumb="up" data-id="{id_}" '
        f'aria-pressed="{up}" aria-label="{t("Good answer")}" title="{t("Good answer")}">{icon("up")}</button>'
        f'<details class="rate"><summary class="tool thumb" aria-pressed="{down}" aria-label="{t("Bad answer")}" '
        f'title="{t("Bad answer")}">{icon("down")}</summary><form data-act="thumb" data-thumb="down" data-id="{id_}">'
        f"<fieldset><legend>{t('What is not right?')}</legend>{boxes}</fieldset>"
        f'<label class="said"><span>{t("In your words")} <span class="optional">{t("(optional)")}</span></span>'
        f'<textarea name="comment" rows="2" maxlength="2000"></textarea></label><p class="hint">'
        + t("Kept with this answer and on record; personal data in it is masked.")
        + f'</p><div class="buttons"><button type="button" class="plain" data-shut>{t("Cancel")}</button>'
        f'<button class="small">{t("Send")}</button></div></form></details>{kept}'
    )


def _ask(message: Message, asked: bool) -> str:
    if asked:
        return f'<span class="tool still">{t("A person has been asked")}</span>'
    open_now = " open" if message.outcome == "abstained" else ""
    return (
        f'<details class="ask"{open_now}><summary class="tool">{icon("person")}{t("Ask a person")}</summary>'
        f'<form data-act="person" data-id="{plain(message.id)}"><label><span>{t("What should they know?")} '
        f'<span class="optional">{t("(optional)")}</span></span><input name="note" maxlength="2000" autocomplete="off" '
        f'placeholder="{t("One line is enough")}"></label><button class="small">{t("Send to a colleague")}</button>'
        "</form></details>"
    )


def confidence(message: Message) -> str:
    """How well an answer is supported, in words, and what that rests on."""
    score = message.made.get("confidence")
    if message.outcome != "answered" or score is None:
        return ""
    score = float(score)
    level = "strong" if score >= STRONG else "fair" if score >= FAIR else "weak"
    words = {"strong": t("Well supported"), "fair": t("Partly supported"), "weak": t("Weakly supported")}[level]
    rows = "".join(f"<li>{row}</li>" for row in _rests_on(message.made, message))
    return (
        f'<details class="trust {level}"><summary class="tool"><span class="bars" aria-hidden="true">'
        f'<i></i><i></i><i></i></span>{words}</summary><div class="bubble"><p><strong>{words}</strong>: '
        f"{t('confidence {score} of 1.', score=number(score, 2))}</p><ul>{rows}</ul>"
        f'<p class="hint">'
        + t("It says how far the cited passages carry the answer, not whether the documents are right.")
        + "</p></div></details>"
    )


def _rests_on(made: dict[str, Any], message: Message) -> list[str]:
    cited = len(message.citations)
    documents = len({c.document_key for c in message.citations})
    rows = [
        plural("{n} cited passage", "{n} cited passages", cited)
        + ", "
        + plural("from {n} document", "from {n} documents", documents)
    ]
    scores = [
        v["score"] for v in made.get("verdicts", ()) if v.get("check") == "grounding" and v.get("score") is not None
    ]
    if scores:
        rows.append(t("the least supported sentence has {score}", score=number(min(scores), 2)))
    withheld = made.get("withheld", 0)
    if withheld:
        rows.append(
            plural(
                "{n} sentence did not pass and is not shown", "{n} sentences did not pass and are not shown", withheld
            )
        )
    if any(c.stale for c in message.citations):
        rows.append(t("a source should be read with care: its review is overdue, or it has expired"))
    return rows
