"""What parent and child of ``parse.py`` say to each other: frames of JSON and bytes, and a LoadedDocument as JSON.

A frame is the length of a JSON object, the length of the bytes that follow it, then both. Nothing but JSON is trusted
to come back from a child: no pickle. Dates of front matter travel as ISO text, which ``metadata.py`` reads the same.
"""

from __future__ import annotations

import json
import struct
from dataclasses import fields
from typing import Any

from assistant.values import Block, LoadedDocument

LENGTHS = struct.Struct(">II")
LISTS = ("pages_without_text", "recognised", "attachments", "skipped")


def frame(head: dict[str, Any], body: bytes = b"") -> bytes:
    """``head`` and ``body`` as one frame."""
    text = json.dumps(head, ensure_ascii=True, default=str).encode("ascii")
    return LENGTHS.pack(len(text), len(body)) + text + body


def to_json(loaded: LoadedDocument) -> dict[str, Any]:
    """``loaded`` as an object of plain JSON values."""
    data = {each.name: getattr(loaded, each.name) for each in fields(loaded)}
    data["blocks"] = [[block.kind, block.text, block.level, block.page] for block in loaded.blocks]
    data["metadata"] = {str(key): value for key, value in loaded.metadata.items()}
    return data


def from_json(data: dict[str, Any]) -> LoadedDocument:
    """The document that ``to_json`` was given. Raises KeyError, TypeError or ValueError on anything else."""
    blocks = tuple(Block(kind, str(text), int(level), page) for kind, text, level, page in data["blocks"])
    known = {each.name for each in fields(LoadedDocument)}
    rest: dict[str, Any] = {key: tuple(value) if key in LISTS else value for key, value in data.items() if key in known}
    rest["blocks"] = blocks
    return LoadedDocument(**rest)
