"""The transcript as HTML: questions, answers with their sources, the answer that is being made, hand-offs.

Takes values that the kit restored for their reader and gives text that is escaped (``markup``); holds no state and
decides nothing. Buttons carry ``data-act`` and ids only: what they may open is settled on the server.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from assistant.ui.i18n import later, minute, now, number, t, tell
from assistant.ui.markup import markdown, plain
from assistant.values import Citation, HandOff, Message

DOING = {
    "audit.open": later("Opening the record"),
    "guard": later("Checking and masking your question"),
    "history": later("Reading the conversation"),
    "rewrite": later("Making the question stand alone"),
    "retrieve": later("Searching the documents you may read"),
    "clarify": later("Looking whether the question is clear"),
    "route": later("Choosing who answers"),
    "generate": later("Preparing the answer"),
    "release": later("Checking each sentence before it is shown"),
    "check": later("Checking the whole answer"),
    "escalate": later("Deciding what follows"),
    "audit.close": later("Closing the record"),
}
LOW = later("Low confidence. Read the sources before you rely on this, or ask a person.")


@dataclass(frozen=True)
class Look:
    """What the transcript needs to know besides the messages."""

    hosts: Sequence[str] = ()
    """Hosts that links may point to."""
    desk: bool = False
    """Seen by an expert: no buttons of the asker."""
    asked: bool = False
    """A person has been asked already."""


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
            return question(message.text)
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


def question(text: str) -> str:
    """What a person typed: shown as typed, never as Markdown."""
    return (
        f'<article class="turn mine" aria-label="{t("Your question")}"><div class="text">{plain(text)}</div></article>'
    )


def _answer(message: Message, look: Look) -> str:
    made = message.made
    outcome = message.outcome or "answered"
    said = message.text if outcome == "answered" else tell(message.text)
    text = markdown(said, cite=lambda n: chip(n, message.citations, message.id), hosts=look.hosts)
    tools = "" if look.desk else _tools(message, bool(made), look.asked)
    low = f'<p class="care">{now(LOW)}</p>' if outcome == "answered" and made.get("offer_person") else ""
    return (
        f'<article class="turn answer {plain(outcome)}" data-message="{plain(message.id)}" aria-label="{t("Answer")}">'
        f'<div class="text" data-copy>{text}</div>{low}{sources(message.citations, message.id)}'
        f"{_notices(made.get('notices', ()))}{masked(made.get('masked', ()), look.desk)}{tools}</article>"
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
        words = t("Masked in the question before any model saw it: {names}.", names=names)
    else:
        words = t("Masked in your question before any model saw it: {names}.", names=names)
    return f'<p class="masked">{words}</p>'


def entity(name: object) -> str:
    """What kind of value was masked, in words."""
    return tell(str(name).replace("_", " ").lower())


def _notices(texts: Iterable[str]) -> str:
    return "".join(f'<p class="aside">{plain(tell(text))}</p>' for text in texts)


def _tools(message: Message, explained: bool, asked: bool) -> str:
    confidence = message.made.get("confidence")
    score = ""
    if message.outcome == "answered" and confidence is not None:
        score = (
            f'<span class="score" title="{t("Ranks answers against each other; it is not a probability.")}">'
            f"{t('Confidence {score}', score=number(float(confidence), 2))}</span>"
        )
    how = (
        f'<button type="button" class="tool" data-act="made" data-id="{plain(message.id)}">'
        f"{t('How this answer was made')}</button>"
    )
    open_now = " open" if message.outcome in ("abstained", "failed") else ""
    ask = (
        f'<details class="ask"{open_now}><summary class="tool">{t("Ask a person")}</summary>'
        f'<form data-act="person" data-id="{plain(message.id)}"><label><span>{t("What should they know?")} '
        f'<span class="optional">{t("(optional)")}</span></span><input name="note" maxlength="2000" autocomplete="off" '
        f'placeholder="{t("One line is enough")}"></label><button class="small">{t("Send to a colleague")}</button>'
        "</form></details>"
    )
    if asked:
        ask = f'<span class="tool still">{t("A person has been asked")}</span>'
    copy = f'<button type="button" class="tool" data-copy-answer data-done="{t("Copied")}">{t("Copy")}</button>'
    return f'<footer class="tools">{how if explained else ""}{copy}{ask}{score}</footer>'


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


@dataclass
class Live:
    """The answer that is being made, as far as it may be shown; fed with a turn's events."""

    asked: str
    look: Look
    conversation: str = ""
    doing: str = later("Starting")
    text: str = ""
    citations: list[Citation] = field(default_factory=list)
    masked: list[dict[str, Any]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    ended: str = ""

    def take(self, kind: str, data: dict[str, Any]) -> bool:
        """Take in an event; whether there is something new to see."""
        match kind:
            case "stage":
                self.doing = DOING.get(data["name"], plain(data["name"])) if data["state"] == "start" else self.doing
                return bool(data["state"] == "start")
            case "masked":
                self.masked += data["items"]
            case "piece":
                self.text += data["text"]
                self.citations += [citation(c) for c in data.get("citations", ())]
            case "withdraw":
                self.text, self.citations = "", []
            case "notice":
                self.notices.append(data["text"])
            case "done":
                self.ended, self.text = data["outcome"], data["text"]
                self.citations = [citation(c) for c in data["citations"]]
        return True

    def html(self) -> str:
        """The question, and what has passed its checks so far."""
        said = self.text if self.ended in ("", "answered") else tell(self.text)
        text = markdown(said, cite=lambda n: chip(n, self.citations, ""), hosts=self.look.hosts)
        doing = "" if self.ended else f'<p class="doing" role="status"><span class="dot"></span>{now(self.doing)}</p>'
        asked = question(self.asked) if self.asked else ""
        state, busy = (self.ended, "false") if self.ended else ("running", "true")
        return (
            f'<div class="transcript" data-conversation="{plain(self.conversation)}">{asked}'
            f'<article class="turn answer {plain(state)}" aria-live="polite" aria-busy="{busy}">'
            f'<div class="text">{text}</div>{sources(self.citations, "")}{_notices(self.notices)}{masked(self.masked)}'
            f"{doing}</article></div>"
        )


def citation(data: dict[str, Any] | Citation) -> Citation:
    """A citation out of an event."""
    return data if isinstance(data, Citation) else Citation(**{**data, "heading": tuple(data["heading"])})
