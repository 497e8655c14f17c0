"""JSON with one spelling per value: what is hashed, sealed or stored today reads the same tomorrow.

Keys are sorted, there are no spaces, and everything outside ASCII is escaped. Dates become ISO text and numpy's
numbers plain ones; NaN, infinities and anything else raise ValueError or TypeError.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np


def canonical(value: Any) -> str:
    """``value`` as canonical JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no place in a stored row")
