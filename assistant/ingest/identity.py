"""Which document a file is: its id, version and card, from what was given, what the file says, and what is there.

What a manager gives counts most, then front matter or sidecar, then the document that the file replaces (the same
file name in the same folder, or the one the manager names), then the file itself. A file that replaces a document
without naming a version gets the next number.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from assistant.errors import DocumentRefused
from assistant.ingest import metadata
from assistant.values import Document, LoadedDocument

REVIEW_AFTER = timedelta(days=365)
"""When a document whose review date nobody gave is to be looked at again."""


@dataclass(frozen=True)
class Given:
    """What a manager says about files; an empty field leaves it to the file. ``replaces`` is a document id."""

    audience: str = ""
    title: str = ""
    owner: str = ""
    id: str = ""
    version: str = ""
    effective: date | None = None
    review: date | None = None
    expires: date | None = None
    language: str = ""
    replaces: str = ""
    defaults: bool = field(default=False)
    """Only fills in what neither the file nor its sidecar says."""

    def told(self) -> dict[str, object]:
        """The fields of a document's card that are given."""
        names = ("audience", "title", "owner", "id", "version", "effective", "review", "expires", "language")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


def described(path: Path, loaded: LoadedDocument, given: Given, before: Sequence[Document]) -> tuple[Document, bool]:
    """(the document without source and hash, whether its card was made up). Raises DocumentRefused.

    ``before``: what is there under the id that it replaces or the file name that it has, current version first.
    """
    own = loaded.metadata or metadata.sidecar(path).is_file()
    if own:
        own_card = metadata.read(path, loaded)
        told = given.told()
        card = own_card.model_copy(update={} if given.defaults else told)
        if given.replaces and not given.id and not given.defaults:
            card = card.model_copy(update={"id": given.replaces})
        document = Document(
            **card.model_dump(exclude={"supersedes"}), source_name="", content_hash="", pages=loaded.pages
        )
        return _next(document, before, given) if document.id != own_card.id else document, False
    return _made_up(path, loaded, given, before), True


def _made_up(path: Path, loaded: LoadedDocument, given: Given, before: Sequence[Document]) -> Document:
    if not given.audience and not before:
        raise DocumentRefused(
            f"{path.name} was not indexed: nobody says who may read it. Choose an audience, or add "
            f"{metadata.sidecar(path).name} beside it (or front matter, in Markdown) with the keys "
            f"{', '.join(metadata.required())}."
        )
    told = given.told()
    if before:
        known = before[0]
        base = replace(known, version="", effective=date.today(), review=None, expires=None, content_hash="")
    else:
        base = Document(
            id=_slug(path.stem) or "document",
            version="",
            title=_title(path, loaded),
            audience=given.audience,
            owner="unknown",
            source_name="",
            content_hash="",
            effective=date.today(),
        )
    document = replace(base, pages=loaded.pages, **told)  # type: ignore[arg-type]
    if document.review is None:
        document = replace(document, review=max(date.today(), document.effective or date.today()) + REVIEW_AFTER)
    fields = {name: getattr(document, name) for name in metadata.Metadata.model_fields if name != "supersedes"}
    metadata.parse(path.name, fields | {"version": document.version or "1"})
    return _next(document, before, given)


def _next(document: Document, before: Sequence[Document], given: Given) -> Document:
    """With a version that is not taken, in force no earlier than the version that it takes over from."""
    if not before:
        return replace(document, version=given.version or document.version or "1")
    version = given.version or next_version([each.version for each in before])
    in_force = [each.effective for each in before if each.effective]
    effective = document.effective
    if effective and in_force and not given.effective:
        effective = max(effective, *in_force)
    return replace(document, version=version, effective=effective)


def next_version(taken: Sequence[str]) -> str:
    """The whole number after the highest first number of ``taken``; their count plus one where none begins with one."""
    numbers = [int(found[0]) for version in taken if (found := re.search(r"\d{1,9}", version))]
    number = max(numbers, default=len(taken)) + 1
    while str(number) in taken:
        number += 1
    return str(number)


def free_id(wanted: str, source_name: str) -> str:
    """``wanted`` with a mark of the file's place, where the document of another file has that id."""
    return f"{wanted[:60].strip('-')}-{hashlib.sha256(source_name.encode()).hexdigest()[:8]}"


def placed(path: Path) -> str:
    """An id that holds the file's place, so that equal names do not meet."""
    return free_id(_slug(path.stem) or "document", str(path.resolve()))


def _slug(stem: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:60].strip("-")


def _title(path: Path, loaded: LoadedDocument) -> str:
    title = next((block.text for block in loaded.blocks if block.kind == "heading"), path.stem)
    shown = " ".join("".join(char if char.isprintable() else " " for char in title).split())
    return shown[:200] or path.stem[:200] or "document"
