"""What frames the pages: the list on the left, the bar on top, the welcome, sentences. HTML, everything escaped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.ui.i18n import later, plural, t, tell
from assistant.ui.icons import icon
from assistant.ui.markup import plain
from assistant.ui.pages.account import menu
from assistant.ui.pages.signin import initials, role_of
from assistant.values import Conversation, Person

if TYPE_CHECKING:
    from assistant.store.attachments import Attachment

MENU = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 7h16M4 12h16M4 17h16"/></svg>'
OUT = (
    '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M14 4H6a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h8'
    'M10 12h10M17 8.5l3.5 3.5-3.5 3.5"/></svg>'
)
PLUS = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 5v14M5 12h14"/></svg>'
TOP = (
    '<div class="bar"><button type="button" class="icon" data-fold="side" '
    f'aria-label="{later("Show or hide the list")}" aria-expanded="false">{MENU}</button>'
    '<span class="ours"><img src="/ui/steward.svg" alt="" width="22" height="22">Steward</span>'
    f'<button type="button" class="icon" data-new aria-label="{later("New chat")}">{PLUS}</button></div>'
)
TOP_DESK = TOP.partition('<button type="button" class="icon" data-new')[0] + "<span></span></div>"
MACHINE = later(
    "You are talking to a machine. It answers from documents that you may read; check the sources. "
    "Questions and answers are on record."
)
ATTACH = (
    f'<label class="attach" title="{later("Attach a file to this conversation")}">{icon("clip")}<span class="sr">'
    f'{later("Attach a file to this conversation")}</span><input type="file" multiple '
    'accept=".md,.txt,.pdf,.docx,.xlsx,.pptx,.html,.htm,.csv"></label>'
)
RESUME = (
    '<button type="button" data-act="resume" '
    f'data-offline="{later("You are offline. The answer goes on without you.")}" '
    f'data-reading="{later("Reading {name}")}" hidden></button>'
)
"""Pressed by ``chat.js`` when a turn has ended or the page comes back."""
FINE = f'<p class="fine">{MACHINE}</p>'


def signed_out() -> str:
    """In place of the conversation for somebody whose session is over."""
    return (
        f'<div class="welcome-chat" data-signed-out><h1>{t("You are signed out")}</h1>'
        f"<p>{t('What you typed is still in the box.')}</p>"
        f'<p><a class="button" href="/sign-in?out=1">{t("Sign in")}</a></p></div>'
    )


def alert(sentence: str) -> str:
    """A sentence that says what to do."""
    return f'<p class="alert" role="alert">{plain(tell(sentence))}</p>'


def side(person: Person, conversations: Sequence[Conversation], current: str, page: str = "chat") -> str:
    """The left pane: new chat, conversations, who is signed in."""
    rows = "".join(_row(conversation, current) for conversation in conversations)
    nothing = t("Your conversations will be listed here.")
    listed = f'<ul class="list">{rows}</ul>' if rows else f'<p class="hint">{nothing}</p>'
    return (
        f'<nav class="side" aria-label="{t("Conversations")}"><div class="brand"><img src="/ui/steward.svg" alt="" '
        'width="26" height="26"><span>Steward</span></div>'
        f'<button type="button" class="new" data-act="new">{PLUS}{t("New chat")}</button>'
        f"{listed}{account(person, page)}</nav>"
    )


def _row(conversation: Conversation, current: str) -> str:
    now = ' aria-current="true"' if conversation.id == current else ""
    title = conversation.title or t("New conversation")
    return (
        f'<li><button type="button" class="row" data-act="open" data-id="{plain(conversation.id)}"{now} '
        f'title="{plain(title)}">{plain(title)}</button></li>'
    )


def account(person: Person, page: str) -> str:
    """Who is signed in, the other page where they have one, and the way out."""
    others = [("chat", "/", t("Back to the chat"))]
    if person.roles & {"expert", "administrator"}:
        others.append(("desk", "/desk", t("Desk: questions for a person")))
    if person.roles & {"knowledge_manager", "administrator"}:
        others.append(("knowledge", "/knowledge", t("Knowledge: documents")))
    if person.roles & {"auditor", "administrator"}:
        others.append(("guards", "/guards", t("Guards: report card")))
    links = "".join(f'<a class="other" href="{target}">{label}</a>' for name, target, label in others if name != page)
    return (
        f'<div class="account" data-person="{plain(person.id)}">{links}<div class="me"><span class="avatar" '
        f'aria-hidden="true">{plain(initials(person.display_name))}</span><span class="names">'
        f'<span class="name">{plain(person.display_name)}</span><span class="title">'
        f"{plain(person.title or role_of(person))}</span></span>"
        f'{menu()}<form method="post" action="/auth/sign-out"><button class="icon out" title="{t("Sign out")}">{OUT}'
        f'<span class="unseen">{t("Sign out")}</span></button></form></div></div>'
    )


def following(questions: Sequence[str]) -> str:
    """What one could ask next; a click asks it."""
    if not questions:
        return ""
    rows = "".join(
        f'<li><button type="button" class="follow" data-act="next" data-text="{plain(text)}">{plain(tell(text))}'
        f"{icon('right')}</button></li>"
        for text in questions
    )
    label = t("Questions to go on with")
    return f'<ul class="follows" aria-label="{label}">{rows}</ul>'


def attached(files: Sequence[Attachment]) -> str:
    """The files of this conversation, each with a button that takes it away."""
    if not files:
        return ""
    rows = "".join(
        f'<li class="file">{icon("clip")}<span class="name">{plain(file.name)}</span><span class="place">'
        f"{plural('{n} passage', '{n} passages', file.passages)}</span>"
        f'<button type="button" data-act="detach" data-id="{plain(file.id)}" '
        f'aria-label="{plain(t("Take away {name}", name=file.name))}">{icon("close")}</button></li>'
        for file in files
    )
    label = t("Files of this conversation")
    return f'<ul class="files" aria-label="{label}">{rows}</ul>'


def welcome(person: Person, starters: Sequence[str], conversation: str = "") -> str:
    """The start of a new conversation."""
    names = person.display_name.split()
    hello = t("Good to see you, {name}", name=plain(names[0])) if names else t("Good to see you")
    how = t(
        "Ask in plain words. The answer comes from the company’s documents, sentence by sentence with its source, and "
        "if it is not enough a person is one click away."
    )
    rows = "".join(
        f'<li><button type="button" class="starter" data-act="starter" data-text="{plain(text)}">'
        f"{plain(text)}</button></li>"
        for text in starters
    )
    return (
        f'<div class="welcome-chat" data-conversation="{plain(conversation)}"><h1>{hello}</h1><p>{how}</p>'
        f'<ul class="starters" aria-label="{t("Questions to begin with")}">{rows}</ul></div>'
    )
