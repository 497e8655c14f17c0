"""A spreadsheet's cell values as the sheet shows them: 0.05 with format ``0%`` is "5%".

Covers numbers with decimals, thousands, percent, literal text and currency; dates as ISO. Does not cover fractions,
scientific formats (shown plainly), conditions in formats or other calendars.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

DIGITS = re.compile(r"[#0?][#0?,]*(?:\.[#0?]+)?")
QUOTED = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)(?:-[^\]]*)?\]|\[[^\]]*\]|[_*].')


def as_shown(value: Any, number_format: str | None) -> str:
    """``value`` of a cell as text; "" for an empty cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, number_format or "General")
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date().isoformat() if midnight else value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60}:{minutes % 60:02d}"
    return " ".join(str(value).split())


def _number(value: float, number_format: str) -> str:
    sections = number_format.split(";")
    negative = value < 0 and len(sections) > 1 and bool(sections[1].strip())
    if value == 0 and len(sections) > 2 and not DIGITS.search(_literal(sections[2])):
        return _literal(sections[2]).replace("\0", "").strip()
    section = _literal(sections[1] if negative else sections[0])
    match = DIGITS.search(re.sub(r"\0[^\0]*\0", lambda found: "\0" * len(found[0]), section))
    if not match or section.strip().lower() == "general" or "E+" in section:
        return _general(value)
    before, after = section[: match.start()].replace("\0", ""), section[match.end() :].replace("\0", "")
    amount = abs(value) if negative else value
    if "%" in after or "%" in before:
        amount *= 100
    pattern = match[0].rstrip(",")
    whole, _, decimals = pattern.partition(".")
    least = decimals.count("0")
    text = f"{amount:{',' if ',' in whole else ''}.{len(decimals)}f}"
    while len(decimals) > least and text.endswith("0"):
        text, decimals = text[:-1], decimals[:-1]
    sign = "-" if text.startswith("-") else ""
    text = text.removeprefix("-").removesuffix(".").zfill(whole.count("0"))
    return f"{sign}{before}{text}{after}".strip()


def _literal(section: str) -> str:
    """``section`` with literal text between null characters, and colours, conditions and padding taken out."""

    def replaced(match: re.Match[str]) -> str:
        text = match[1] or match[2] or match[3] or ""
        return f"\0{text}\0" if text else (" " if match[0].startswith("_") else "")

    return QUOTED.sub(replaced, section)


def _general(value: float) -> str:
    if isinstance(value, int) or (abs(value) < 1e15 and value == int(value)):
        return str(int(value))
    return f"{value:.10g}"
