"""The icons of the pages, drawn here: nothing is fetched and no font is needed. 24 by 24, in the text's colour."""

from __future__ import annotations

PATHS = {
    "menu": "M4 7h16M4 12h16M4 17h16",
    "plus": "M12 5v14M5 12h14",
    "close": "M6 6l12 12M18 6L6 18",
    "copy": "M9 9h10v11H9zM5 15V4h10",
    "again": "M20 12a8 8 0 1 1-2.5-5.8M20 4v5h-5",
    "up": "M7 11v9H4v-9zM7 11l4-8c1.7 0 2.6 1.2 2.3 2.8L12.7 9H19c1.2 0 2 1 1.8 2.2l-1.2 7A2 2 0 0 1 17.6 20H7",
    "down": "M17 13V4h3v9zM17 13l-4 8c-1.7 0-2.6-1.2-2.3-2.8L11.3 15H5c-1.2 0-2-1-1.8-2.2l1.2-7A2 2 0 0 1 6.4 4H17",
    "edit": "M4 20h4L19 9l-4-4L4 16zM13.5 6.5l4 4",
    "left": "M14 6l-6 6 6 6",
    "right": "M10 6l6 6-6 6",
    "person": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM5 20c.8-3.6 3.6-5.5 7-5.5s6.2 1.9 7 5.5",
    "how": "M5 6h14M5 12h9M5 18h11",
    "search": "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L20 20",
    "pin": "M9 4h6l-1 6 3 3H7l3-3zM12 13v7",
    "more": "M6 12h.01M12 12h.01M18 12h.01",
    "clip": "M19 11l-7.5 7.5a4.5 4.5 0 0 1-6.4-6.4L12.5 4.7a3 3 0 0 1 4.3 4.3L9.5 16.3a1.5 1.5 0 0 1-2.2-2.2L14 7.5",
    "shield": "M12 3l7 3v5c0 4.5-3 8-7 10-4-2-7-5.5-7-10V6z",
    "eye": "M3 12s3.5-6 9-6 9 6 9 6-3.5 6-9 6-9-6-9-6zM12 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
    "zoom_in": "M12 6v12M6 12h12",
    "zoom_out": "M6 12h12",
}  # fmt: skip


def icon(name: str) -> str:
    """An icon for a button that has a name of its own; screen readers pass over it."""
    return f'<svg viewBox="0 0 24 24" aria-hidden="true"><path d="{PATHS[name]}"/></svg>'
