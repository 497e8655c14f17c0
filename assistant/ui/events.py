"""What every Gradio event shares: who asks, what a click carries, and how components are wired.

Whatever a browser sends in an event is an id to look up or a text to read, never a right. ``person_of_event`` asks
for the person anew each time, so that a suspended person is out on the next event.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.ui.session import SIGNED_OUT, SignedOut, person_of, speak

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit
    from assistant.values import Person

Changes = dict[Any, Any]
"""New values by component; the others stay."""
Handler = Callable[["Person"], Awaitable[Changes]]
ID_CHARS = 200
TEXT_CHARS = 4000

# Clicks on a button with data-act and forms with data-act become one event with the values of their data attributes.
DELEGATE = """
const send = (el, extra) => trigger('click', {...el.dataset, ...extra});
let typing = 0;
element.addEventListener('input', event => {
  const field = event.target.closest('input[data-act]');
  if (!field) return;
  clearTimeout(typing);
  typing = setTimeout(() => send(field, { query: field.value }), 150);
});
element.addEventListener('click', event => {
  const button = event.target.closest('button[data-act]');
  if (button && element.contains(button)) { event.preventDefault(); send(button, {}); }
});
element.addEventListener('submit', event => {
  const form = event.target.closest('form[data-act]');
  if (!form) return;
  event.preventDefault();
  send(form, Object.fromEntries(new FormData(form, event.submitter)));
});
"""
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}
"""How an event is wired: no public name, no grey overlay, no waiting for others."""


def html(elem_id: str, value: str = "", *, acts: bool = False) -> gr.HTML:
    """An HTML component of ours; with ``acts`` its buttons and forms raise its click event."""
    return gr.HTML(
        value,
        elem_id=elem_id,
        apply_default_css=False,
        padding=False,
        js_on_load=DELEGATE if acts else None,
    )


def person_of_event(kit: Kit, request: gr.Request) -> Person:
    """The person signed in at this moment, whose language is spoken from here on. Raises SignedOut."""
    person = person_of(kit, request.request) if request.request is not None else None
    if request.request is not None:
        speak(kit, request.request, person)
    if person is None:
        raise SignedOut(SIGNED_OUT)
    return person


def given(event: gr.EventData, name: str, limit: int = ID_CHARS) -> str:
    """One value of a click as text, or "" where it is missing, too long or something else."""
    data = event._data if isinstance(event._data, dict) else {}
    value = data.get(name, "")
    return value if isinstance(value, str) and len(value) <= limit else ""
