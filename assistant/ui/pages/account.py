"""What a reader sets for themselves: the language and the look of the pages, and where the shortcuts are listed."""

from __future__ import annotations

from assistant.ui.i18n import LANGUAGES, current, t

GEAR = (
    '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/>'
    '<circle cx="9" cy="17" r="2"/></svg>'
)


def languages() -> str:
    """The languages to choose from, each by its own name."""
    buttons = "".join(
        f'<button name="language" value="{code}" lang="{code}"{_pressed(code == current())}>{name}</button>'
        for code, name in LANGUAGES.items()
    )
    return (
        f'<form method="post" action="/auth/language"><div class="choice" role="group" aria-label="{t("Language")}">'
        f"{buttons}</div></form>"
    )


def looks() -> str:
    """Light, dark or as the system has it; ``look.js`` remembers it in this browser and marks the one that is on."""
    named = {"system": t("System"), "light": t("Light"), "dark": t("Dark")}
    buttons = "".join(
        f'<button type="button" data-set-look="{look}"{_pressed(look == "system")}>{words}</button>'
        for look, words in named.items()
    )
    return f'<div class="choice" role="group" aria-label="{t("Look")}">{buttons}</div>'


def menu() -> str:
    """The menu beside the name of who is signed in."""
    return (
        f'<details class="menu"><summary class="icon" aria-label="{t("Settings")}" title="{t("Settings")}">{GEAR}'
        f'</summary><div class="sheet"><h2>{t("Language")}</h2>{languages()}<h2>{t("Look")}</h2>{looks()}'
        f'<button type="button" class="other" data-do="help">{t("Keyboard shortcuts")}</button></div></details>'
    )


def _pressed(on: bool) -> str:
    return f' aria-pressed="{str(on).lower()}"'
