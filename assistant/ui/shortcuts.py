"""The keyboard shortcuts, and the sheet that lists them: ``static/keys.js`` reads them from the sheet.

Each has a combination that works everywhere and, unless the reader turned them off, a single key that works outside
of text fields (WCAG 2.1.4 asks for the switch).
"""

from __future__ import annotations

from dataclasses import dataclass

from assistant.ui.i18n import later, now, t

CLOSE = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6L6 18"/></svg>'


@dataclass(frozen=True)
class Shortcut:
    """``act`` names what ``keys.js`` does; ``key`` is the single key, ``code`` that of Alt+Shift."""

    act: str
    key: str
    code: str
    words: str


SHORTCUTS = (
    Shortcut("new", "n", "N", later("New chat")),
    Shortcut("search", "/", "F", later("Search conversations")),
    Shortcut("box", "i", "I", later("Go to the box")),
    Shortcut("stop", "s", "S", later("Stop the answer")),
    Shortcut("copy", "c", "C", later("Copy the last answer")),
    Shortcut("again", "r", "R", later("Answer again")),
    Shortcut("evidence", "e", "E", later("Open the evidence of the last answer")),
    Shortcut("next", "j", "J", later("Next conversation")),
    Shortcut("previous", "k", "K", later("Previous conversation")),
    Shortcut("list", "[", "L", later("Show or hide the list")),
    Shortcut("pane", "]", "P", later("Close or reopen the evidence")),
    Shortcut("help", "?", "H", later("Show this sheet")),
)


def sheet() -> str:
    """The help sheet, closed."""
    rows = "".join(
        f'<tr data-shortcut="{s.act}" data-key="{s.key}" data-code="Key{s.code}"><th scope="row">{now(s.words)}</th>'
        f"<td><kbd>{s.key}</kbd></td><td><kbd>Alt</kbd> <kbd>⇧</kbd> <kbd>{s.code}</kbd></td></tr>"
        for s in SHORTCUTS
    )
    return (
        '<dialog id="help" aria-labelledby="help-title"><header><h2 id="help-title">'
        f'{t("Keyboard shortcuts")}</h2><form method="dialog"><button class="close" aria-label="{t("Close")}">{CLOSE}'
        f'</button></form></header><table><thead><tr><th scope="col">{t("What it does")}</th>'
        f'<th scope="col">{t("Outside of text fields")}</th><th scope="col">{t("Everywhere")}</th></tr></thead>'
        f'<tbody>{rows}</tbody></table><label class="switch"><input type="checkbox" id="single-keys" checked> '
        f"<span>{t('Single keys are on')}</span></label>"
        f'<p class="hint">{t("Enter sends, Shift and Enter begin a new line, Escape closes what is open.")}</p>'
        "</dialog>"
    )
