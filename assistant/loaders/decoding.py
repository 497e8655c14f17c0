"""Bytes of a text file as text: UTF-8, UTF-16 with or without its mark, else Windows-1252."""

from __future__ import annotations


def decode(data: bytes) -> str:
    """Text of ``data`` with ``\\n`` line ends and no null or byte order mark."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", errors="replace")
    elif unmarked := unmarked_utf16(data[:4096]):
        text = data.decode(unmarked, errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").lstrip("\ufeff")


def unmarked_utf16(head: bytes) -> str:
    """The codec of UTF-16 text without its mark, told by every other byte of Western text being null; else ""."""
    low, high = head[0::2], head[1::2]
    if len(high) > 3 and high.count(0) > 0.9 * len(high) and low.count(0) == 0:
        return "utf-16-le"
    return "utf-16-be" if len(low) > 3 and low.count(0) > 0.9 * len(low) and high.count(0) == 0 else ""
