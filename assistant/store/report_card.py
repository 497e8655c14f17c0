"""The last report card of the guards, as files of the data folder: the page, and its figures as JSON.

Written whole or not at all (a new file takes the old one's place). Holds figures and file names, never a row.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PAGE, FIGURES = "report-card.html", "report-card.json"


def folder(data_dir: Path) -> Path:
    """Where the app looks for the card."""
    return data_dir / "report-card"


def write(where: Path, card: dict[str, Any], page: str) -> tuple[Path, Path]:
    """Both files into ``where``; gives their paths."""
    where.mkdir(parents=True, exist_ok=True)
    figures = json.dumps(card, ensure_ascii=False, indent=1) + "\n"
    for name, text in ((PAGE, page), (FIGURES, figures)):
        draft = where / f".{name}.new"
        draft.write_text(text, encoding="utf-8")
        draft.replace(where / name)
    return where / PAGE, where / FIGURES


def read(where: Path) -> dict[str, Any] | None:
    """The figures of the last card; None where none was drawn or the file is not readable as one."""
    try:
        card = json.loads((where / FIGURES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return card if isinstance(card, dict) and "guards" in card else None
