"""The answer that is being made, as far as it may be shown, from a turn's events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from assistant.ui.i18n import later, now, tell
from assistant.ui.markup import markdown, plain
from assistant.ui.render import Look, chip, masked, notices, question, sources
from assistant.values import Citation

DOING = {
    "audit.open": later("Opening the record"),
    "guard": later("Checking and masking your question"),
    "purpose": later("Looking at what the question asks for"),
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


@dataclass
class Live:
    """Fed with events in order, from the first on; ``html`` is the question and what has passed its checks so far."""

    asked: str
    look: Look
    conversation: str = ""
    turn: str = ""
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
        """What stands in the place of the answer while it is being made, with the turn that ``chat.js`` follows."""
        turn = f' data-turn="{plain(self.turn)}"' if self.turn and not self.ended else ""
        return (
            f'<div class="transcript" data-conversation="{plain(self.conversation)}"{turn}>'
            f"{question(self.asked) if self.asked else ''}{self.answer()}</div>"
        )

    def answer(self) -> str:
        """The answer alone."""
        said = self.text if self.ended in ("", "answered") else tell(self.text)
        text = markdown(said, cite=lambda n: chip(n, self.citations, ""), hosts=self.look.hosts)
        doing = "" if self.ended else f'<p class="doing"><span class="dot"></span>{now(self.doing)}</p>'
        state, busy = (self.ended, "false") if self.ended else ("running", "true")
        return (
            f'<article class="turn answer {plain(state)}" aria-busy="{busy}">'
            f'{masked(self.masked)}<div class="text">{text}</div>{sources(self.citations, "")}'
            f"{notices(self.notices)}{doing}</article>"
        )


def citation(data: dict[str, Any] | Citation) -> Citation:
    """A citation out of an event."""
    return data if isinstance(data, Citation) else Citation(**{**data, "heading": tuple(data["heading"])})
