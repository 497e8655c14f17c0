"""The transcript as HTML: questions, answers with their sources, the answer that is being made, hand-offs.

Takes values that the kit restored for their reader and gives text that is escaped (``markup``); holds no state and
decides nothing. Buttons carry ``data-act`` and ids only: what they may open is settled on the server.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from assistant.pipeline.confidence import WORDS
from assistant.ui.i18n import current, later, minute, now, t, tell
from assistant.ui.icons import icon
from assistant.ui.markup import markdown, plain
from assistant.ui.tools import answer_tools, question_tools
from assistant.values import Citation, HandOff, Message

if TYPE_CHECKING:
    from assistant.store.feedback import Feedback

LOW = later("Low confidence. Read the sources before you rely on this, or ask a person.")


@dataclass(frozen=True)
class Look:
    """What the transcript needs to know besides the messages."""

    hosts: Sequence[str] = ()
    """Hosts that links may point to."""
    language: str = "en"
    """Language of the documents, and so of answers."""
    desk: bool = False
    """Seen by an expert: no buttons of the asker."""
    asked: bool = False
    """A person has been asked already."""
    opinions: Mapping[str, Feedback] = field(default_factory=dict)
    """What the reader said about answers, by message."""
    tools: bool = True
    """Questions may be edited: not while an answer is being made."""


def moment(when: datetime) -> str:
    """A time; ``steward.js`` writes it in the reader's own zone."""
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when
    return f'<time datetime="{when.isoformat()}">{minute(when.astimezone())}</time>'


def where(title: str, heading: Sequence[str], page: int | None) -> str:
    """A place in a document, in words."""
    return " › ".join((title, *heading)) + (f", {t('page {n}', n=page)}" if page else "")


def transcript(messages: Iterable[Message], look: Look, conversation_id: str = "") -> str:
    """All messages of a conversation."""
    parts = [_message(message, look) for message in messages]
    return f'<div class="transcript" data-conversation="{plain(conversation_id)}">{"".join(parts)}</div>'


def _message(message: Message, look: Look) -> str:
    match message.role:
        case "user":
            tools = "" if look.desk or not look.tools else question_tools(message)
            return question(message.text, tools)
        case "assistant":
            return _answer(message, look)
        case "expert":
            return (
                f'<article class="turn expert" aria-label="{t("Answer by {name}", name=plain(message.author))}">'
                f'<header><span class="who">{plain(message.author)}</span>'
                f'<span class="badge person">{t("a person")}</span>'
                f"{moment(message.created)}</header>"
                f'<div class="text">{markdown(message.text, hosts=look.hosts)}</div></article>'
            )
        case "notice":
            return f'<p class="aside">{plain(tell(message.text))}</p>'


def question(text: str, tools: str = "") -> str:
    """What a person typed: shown as typed, never as Markdown."""
    return (
        f'<article class="turn mine" aria-label="{t("Your question")}"><div class="text">{plain(text)}</div>{tools}'
        "</article>"
    )


def _care(made: Mapping[str, Any]) -> str:
    """What the reader is told of how sure Steward is; nothing where it is sure."""
    band = made.get("band")
    if band in ("warn", "hand_over"):
        return tell(WORDS[band])
    return now(LOW) if made.get("offer_person") else ""


def _answer(message: Message, look: Look) -> str:
    made = message.made
    outcome = message.outcome or "answered"
    spoken = look.language if outcome == "answered" else current()
    said = message.text if outcome == "answered" else tell(message.text)
    text = markdown(said, cite=lambda n: chip(n, message.citations, message.id), hosts=look.hosts)
    tools = "" if look.desk else answer_tools(message, look.asked, look.opinions.get(message.id))
    low = f'<p class="care">{_care(made)}</p>' if outcome == "answered" and _care(made) else ""
    return (
        f'<article class="turn answer {plain(outcome)}" data-message="{plain(message.id)}" aria-label="{t("Answer")}">'
        f"{masked(made.get('masked', ()), look.desk)}"
        f'<div class="text" data-copy lang="{spoken}">{text}</div>{low}{sources(message.citations, message.id)}'
        f"{notices(made.get('notices', ()))}{tools}</article>"
    )


def chip(number: int, citations: Iterable[Citation], message_id: str) -> str:
    """The button behind ``[number]``, or "" when the answer has no such source."""
    for citation in citations:
        if citation.number == number:
            label = f"{t('Source {n}', n=number)}: {where(citation.title, citation.heading, citation.page)}"
            return (
                f'<button type="button" class="cite" data-act="cite" data-id="{plain(citation.chunk_id)}" '
                f'data-message="{plain(message_id)}" aria-label="{plain(label)}" title="{plain(label)}">'
                f"{number}</button>"
            )
    return ""


def sources(citations: Sequence[Citation], message_id: str) -> str:
    """The list of sources under an answer."""
    if not citations:
        return ""
    rows = []
    for citation in citations:
        place = " › ".join(citation.heading[-1:]) + (f" · {t('page {n}', n=citation.page)}" if citation.page else "")
        stale = f'<span class="stale">{plain(tell(citation.stale))}</span>' if citation.stale else ""
        rows.append(
            f'<li><button type="button" class="source" data-act="cite" data-id="{plain(citation.chunk_id)}" '
            f'data-message="{plain(message_id)}"><span class="n">{citation.number}</span>'
            f'<span class="title">{plain(citation.title)}</span><span class="place">{plain(place)}</span>'
            f"{stale}</button></li>"
        )
    return f'<ul class="sources" aria-label="{t("Sources")}">{"".join(rows)}</ul>'


def masked(items: Sequence[dict[str, Any]], desk: bool = False) -> str:
    """What was masked in the question, so that nobody has to guess what a model saw."""
    if not items:
        return ""
    names = plain(", ".join(sorted({entity(item["entity"]) for item in items})))
    if desk:
        return f'<p class="masked">{t("Masked in the question before any model saw it: {names}.", names=names)}</p>'
    rows = "".join(
        f"<li><code>{plain(item.get('placeholder', ''))}</code> {plain(entity(item['entity']))}</li>" for item in items
    )
    words = t("Masked in your question before any model saw it: {names}.", names=names)
    why = t(
        "The model reads these in place of what you typed; you read your own words. Your company’s policy says which "
        "kinds of data no model needs to see."
    )
    return (
        f'<details class="masked"><summary>{icon("shield")}{words}</summary><ul class="plain">{rows}</ul><p>{why}</p>'
        "</details>"
    )


def entity(name: object) -> str:
    """What kind of value was masked, in words."""
    return tell(str(name).replace("_", " ").lower())


def notices(texts: Iterable[str]) -> str:
    return "".join(f'<p class="aside">{plain(tell(text))}</p>' for text in texts)


def handoff(given: HandOff | None, expert: str) -> str:
    """Where the hand-off of this conversation stands."""
    if given is None:
        return ""
    match given.state:
        case "waiting":
            words = t(
                "Waiting for a person since {since}. An answer is due by {due}.",
                since=moment(given.created),
                due=moment(given.due),
            )
        case "taken":
            words = t("{name} is on it. An answer is due by {due}.", name=plain(expert), due=moment(given.due))
        case "resolved":
            words = t("Answered by {name}.", name=plain(expert))
    return f'<p class="handoff {given.state}" role="status">{words}</p>'
