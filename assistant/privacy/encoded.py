"""Finds stretches of a text that are another text in base64, hexadecimal or URL encoding, and decodes them.

Only what decodes to readable text counts: UTF-8, nearly all of it letters, digits, spaces and common signs. Keys,
hashes and numbers do not decode to that. What is encoded twice is decoded twice.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

BASE64 = re.compile(r"(?<![\w+/=-])(?:[A-Za-z0-9+/_-]{4}){3,4096}(?:[A-Za-z0-9+/_-]{2,3}={0,2})?(?![\w+/-])")
HEXADECIMAL = re.compile(r"(?<![0-9A-Za-z])(?:0x)?(?:[0-9A-Fa-f]{2}[ :]?){8,8192}(?![0-9A-Za-z])")
PERCENT = re.compile(r"[\w.~+-]*(?:%[0-9A-Fa-f]{2}[\w.~+-]*){1,4096}")
READABLE = 0.95
SHORTEST = 6
"""Characters of decoded text below which nothing personal fits."""
DEPTH = 2


@dataclass(frozen=True)
class Hidden:
    """``text`` is what stands encoded at ``start:end``."""

    start: int
    end: int
    text: str


def hidden(text: str, depth: int = DEPTH) -> Iterator[Hidden]:
    """Encoded texts in ``text``, longest forms first; those found inside another keep the outer one's place."""
    for pattern, decode in ((PERCENT, _percent), (HEXADECIMAL, _hexadecimal), (BASE64, _base64)):
        for match in pattern.finditer(text):
            plain = readable(decode(match.group()))
            if plain is None:
                continue
            yield Hidden(*match.span(), plain)
            if depth > 1:
                for inner in hidden(plain, depth - 1):
                    yield Hidden(*match.span(), inner.text)


def readable(data: bytes | None) -> str | None:
    """``data`` as text if it reads like one."""
    if not data:
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    good = sum(c.isalnum() or c in " \n\r\t.,:;@_-+()/'\"#<>=&?!%" for c in text)
    return text if len(text) >= SHORTEST and good >= READABLE * len(text) else None


def _base64(value: str) -> bytes | None:
    if not (any(c.isdigit() or c in "+/=_-" for c in value) or len(value) >= 16) or value.isdigit():
        return None
    plain = value.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _hexadecimal(value: str) -> bytes | None:
    digits = value.removeprefix("0x").replace(" ", "").replace(":", "")
    return bytes.fromhex(digits) if len(digits) % 2 == 0 else None


def _percent(value: str) -> bytes | None:
    return unquote_to_bytes(value.replace("+", " "))
