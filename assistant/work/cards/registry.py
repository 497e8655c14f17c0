"""Finds the guards that register for the report card: modules of this folder with a constant ``CARD``."""

from __future__ import annotations

import importlib
import pkgutil

from assistant.work import cards
from assistant.work.cards.card import GuardCard


def guards() -> tuple[GuardCard, ...]:
    """All registered guards, by name."""
    modules = (importlib.import_module(f"{cards.__name__}.{m.name}") for m in pkgutil.iter_modules(cards.__path__))
    return tuple(sorted((m.CARD for m in modules if hasattr(m, "CARD")), key=lambda card: card.name))
