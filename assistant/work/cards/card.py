"""What a guard has to say of itself to stand in the report card: the one protocol, and the values it gives.

A guard registers by a module of this folder with a constant ``CARD``. It takes the rows it understands (any format of
``measure.py``), runs the shipped guard itself on them, never a copy, and gives one ``Scored`` per decision. It sees
one row at a time and sets no threshold: what 1 % of wrong stops costs is worked out in ``report.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from assistant.pipeline.kit import Kit

Row = dict[str, Any]


@dataclass(frozen=True)
class Scored:
    """One decision of a guard. ``bad``: it ought to be stopped.

    ``score`` grows with suspicion, on any scale that is one for all files; ``stopped`` is what the shipped policy
    does. ``kind`` and ``trick`` name the sort of case and its disguise; rows of one ``group`` belong together.
    """

    bad: bool
    score: float
    stopped: bool
    ms: float
    kind: str = ""
    language: str = "en"
    trick: str = "plain"
    group: str = ""
    file: str = ""


class GuardCard(Protocol):
    """One guard. ``bad`` and ``good`` say in words what is to be stopped and what is to be let through."""

    name: str
    title: str
    bad: str
    good: str

    def reads(self, row: Row) -> bool:
        """Whether this guard can be tried on ``row``."""
        ...

    async def score(self, kit: Kit, row: Row) -> Sequence[Scored]:
        """The guard's decisions on ``row``, with the milliseconds each took."""
        ...
