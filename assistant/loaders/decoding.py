"""Bytes of a text file as text, in any encoding: by its mark, by its null bytes, as UTF-8, else by its letters.

What has no mark and is not UTF-8 is told by charset-normalizer from a sample; where that finds nothing, Windows-1252 is
read. Does not cover text that changes its encoding half-way.
"""

from __future__ import annotations

import codecs
import logging
import re

import charset_normalizer

SAMPLE = 64 * 1024
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
FEW_LETTERS = 24
"""Letters beyond ASCII among others that are too few to tell a code page by; Western is the likeliest then."""
FAMILIES = (
    "cp125",
    "latin",
    "iso8859",
    "koi8",
    "big5",
    "gb",
    "euc",
    "shift",
    "cp932",
    "cp949",
    "mac_cyrillic",
    "johab",
)
"""Encodings in which office files are met; others that fit a sample by chance (EBCDIC, DOS) are not taken."""


def decode(data: bytes) -> str:
    """Text of ``data`` with ``\\n`` line ends and no null or byte order mark."""
    text = data.decode(encoding_of(data), errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").lstrip("\ufeff")


def is_text(head: bytes) -> bool:
    """Whether the first bytes of a file are text: no control characters but tab, line ends, form feed and escape."""
    if any(head.startswith(mark) for mark, _ in MARKS):
        return True
    if codec := unmarked(head):
        return not CONTROL.search(head[: len(head) // 4 * 4].decode(codec, errors="replace"))
    return bool(head.strip()) and not CONTROL.search(head.decode("latin-1"))


def encoding_of(data: bytes) -> str:
    """The codec to read ``data`` with."""
    for mark, codec in MARKS:
        if data.startswith(mark):
            return codec
    if codec := unmarked(data[:4096]):
        return codec
    try:
        data.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        return _by_letters(data)


def unmarked(head: bytes) -> str:
    """The codec of UTF-16 or UTF-32 text without its mark, told by where its null bytes stand; else ""."""
    if len(head) < 8 or not head.count(0):
        return ""
    quarter = [head[n::4] for n in range(4)]
    empty = [part.count(0) > 0.9 * len(part) for part in quarter]
    if empty == [False, True, True, True]:
        return "utf-32-le"
    if empty == [True, True, True, False]:
        return "utf-32-be"
    low, high = head[0::2], head[1::2]
    if high.count(0) > 0.9 * len(high) and low.count(0) == 0:
        return "utf-16-le"
    return "utf-16-be" if low.count(0) > 0.9 * len(low) and high.count(0) == 0 else ""


def _by_letters(data: bytes) -> str:
    """The likeliest code page of a sample that lies around the first letter beyond ASCII."""
    high = sum(byte > 127 for byte in data)
    ascii_letters = sum(bytes((byte,)).isalpha() for byte in data[:SAMPLE])
    if high < FEW_LETTERS and high < ascii_letters:
        return "cp1252"
    first = next((at for at, byte in enumerate(data) if byte > 127), 0)
    sample = data[max(0, first - SAMPLE // 4) : first + SAMPLE]
    logging.getLogger("charset_normalizer").setLevel(logging.ERROR)
    for match in charset_normalizer.from_bytes(sample):
        if match.encoding == "utf_8" or match.encoding.startswith(FAMILIES):
            codec = match.encoding
            return "cp1252" if codec in ("latin_1", "iso8859_1") else codec
    return "cp1252"
