"""The sign-in page: a plain form that works before any script is loaded, and one-click cards in demo mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.ui.front import head
from assistant.ui.i18n import current, later, now, t, tell
from assistant.ui.markup import plain
from assistant.ui.pages.account import languages, looks
from assistant.values import Person

ROLE_NAMES = {
    "employee": later("Employee"),
    "knowledge_manager": later("Knowledge manager"),
    "expert": later("Expert"),
    "auditor": later("Auditor"),
    "administrator": later("Administrator"),
}


def role_of(person: Person) -> str:
    """The role that says most about a person."""
    for role in ("administrator", "auditor", "expert", "knowledge_manager"):
        if role in person.roles:
            return now(ROLE_NAMES[role])
    return now(ROLE_NAMES["employee"])


def initials(name: str) -> str:
    """Up to two letters for a round picture."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


def page(samples: Sequence[Person], groups: Mapping[str, str], sentence: str = "", name: str = "") -> str:
    """The whole page. ``sentence`` says what went wrong; ``samples`` are the cards, none where demo is off."""
    alert = f'<p class="alert" role="alert">{plain(tell(sentence))}</p>' if sentence else ""
    what = t(
        "Ask about your company’s own documents. Every answer shows where it comes from, and a person is one click "
        "away."
    )
    fine = t(
        "Answers come from a machine. What you type stays on your company’s servers, and what is asked and answered "
        "is on record."
    )
    focus = "" if samples else " autofocus"
    form = (
        '<form class="card sign" method="post" action="/auth/sign-in">'
        f'<h2 class="sub">{t("Or with your name") if samples else t("Sign in")}</h2>'
        f'<label>{t("Name")}<input name="name" autocomplete="username" autocapitalize="none" spellcheck="false" '
        f'required value="{plain(name)}"{focus}></label>'
        f'<label>{t("Password")}<input name="password" type="password" autocomplete="current-password" '
        "required></label>"
        f'<button class="primary">{t("Sign in")}</button></form>'
    )
    return (
        f'<!doctype html><html lang="{current()}"><head><meta charset="utf-8"><title>{t("Sign in")} · Steward</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" '
        f'content="light dark">{head()}</head><body id="signin"><main>'
        '<header class="welcome"><img src="/ui/steward.svg" alt="" width="44" height="44"><div><h1>Steward</h1>'
        f"<p>{what}</p></div></header>{alert}{_cards(samples, groups)}{form}"
        f'<footer class="fine"><p>{fine}</p><div class="choices">{languages()}{looks()}</div></footer>'
        "</main></body></html>"
    )


def _cards(samples: Sequence[Person], groups: Mapping[str, str]) -> str:
    if not samples:
        return ""
    cards = "".join(_card(person, groups) for person in samples)
    return (
        '<section aria-labelledby="samples">'
        f'<h2 id="samples" class="sub">{t("Try it as one of the sample people")}</h2>'
        f'<p class="hint">{t("Each may read different documents: ask two of them the same question.")}</p>'
        f'<div class="people">{cards}</div></section>'
    )


def _card(person: Person, groups: Mapping[str, str]) -> str:
    mine = sorted(group for group in person.groups if group != "staff")
    named = "".join(
        f'<span class="badge" title="{plain(tell(groups.get(group, "")))}">{plain(group)}</span>' for group in mine
    )
    return (
        '<form method="post" action="/auth/demo"><button class="card person" name="person" '
        f'value="{plain(person.name)}">'
        f'<span class="avatar" aria-hidden="true">{plain(initials(person.display_name))}</span>'
        f'<span class="name">{plain(person.display_name)}</span><span class="title">{plain(tell(person.title))}</span>'
        f'<span class="groups"><span class="badge role">{plain(role_of(person))}</span>{named}</span></button></form>'
    )
