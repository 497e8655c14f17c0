"""What a document says about itself: front matter of a Markdown file, or the sidecar file beside any other.

The sidecar has the document's whole name with ``.yaml`` after it (``travel.pdf.yaml``). Keys are strict: an unknown or
missing one refuses the document with a sentence that names it. Whether the audience exists is asked in ``index.py``.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from assistant.errors import DocumentRefused
from assistant.loaders import plain_yaml
from assistant.values import LoadedDocument

MAX_SIDECAR = 64 * 1024


class Metadata(BaseModel):
    """The keys of front matter and sidecar files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80, description="Stays over all versions.")
    title: str = Field(min_length=1, max_length=200, description="As readers see it.")
    audience: str = Field(min_length=1, max_length=80, description="Who may read it; a key of access.yaml.")
    owner: str = Field(min_length=1, max_length=200, description="The team that keeps it.")
    version: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$", description='Quoted, as in version: "2".')
    effective: date = Field(description="In force from.")
    review: date = Field(description="To be looked at again by.")
    expires: date | None = Field(default=None, description="No longer valid after.")
    language: str = Field(default="en", pattern=r"^[a-z]{2}$", description="Language of the text.")
    supersedes: str | None = Field(default=None, max_length=20, description="The version that this one replaces.")

    @field_validator("version", "supersedes", mode="before")
    @classmethod
    def whole_numbers(cls, value: Any) -> Any:
        """YAML reads an unquoted 2 as a number; that is meant. 1.10 would become 1.1, so it must be quoted."""
        if isinstance(value, float):
            raise ValueError("put the version in quotes, so that 1.10 is not read as 1.1")
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @field_validator("title", "owner", mode="after")
    @classmethod
    def one_line(cls, value: str) -> str:
        line = " ".join(value.split())
        if not line or any(not char.isprintable() for char in line):
            raise ValueError("must be printable text on one line")
        return line


def sidecar(path: Path) -> Path:
    """Where the metadata of ``path`` lies when the file itself cannot hold it."""
    return path.with_name(path.name + ".yaml")


def read(path: Path, loaded: LoadedDocument) -> Metadata:
    """Metadata of ``path``. Raises DocumentRefused naming the file, the key and what is allowed."""
    beside = sidecar(path)
    if loaded.metadata:
        return parse(path.name, loaded.metadata)
    if not beside.is_file():
        raise DocumentRefused(
            f"{path.name} was not indexed: it has no metadata. Add {beside.name} beside it (or front matter, in "
            f"Markdown) with the keys {', '.join(required())}."
        )
    if beside.stat().st_size > MAX_SIDECAR:
        raise DocumentRefused(f"{path.name} was not indexed: {beside.name} is larger than 64 KB.")
    try:
        data = plain_yaml.parse(beside.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        problem = " ".join(str(error).split())
        raise DocumentRefused(f"{path.name} was not indexed: {beside.name} is not valid YAML ({problem}).") from None
    return parse(beside.name, data)


def parse(name: str, data: Any) -> Metadata:
    """Metadata from the keys of file ``name``. Raises DocumentRefused."""
    if not isinstance(data, dict):
        raise DocumentRefused(f"{name} must hold keys and values; it needs {', '.join(required())}.")
    try:
        return Metadata.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "missing":
            what = f"key {key!r} is missing. Needed are {', '.join(required())}"
        elif first["type"] == "extra_forbidden":
            what = f"key {key!r} is not known. Allowed are {', '.join(Metadata.model_fields)}"
        else:
            what = f"key {key!r}, value {first['input']!r}: {first['msg'].removeprefix('Value error, ')}"
        raise DocumentRefused(f"{name} was not indexed: {what}.") from None


def required() -> list[str]:
    """Keys without a default."""
    return [name for name, field in Metadata.model_fields.items() if field.is_required()]
