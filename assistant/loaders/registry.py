"""Picks the loader for a file by what the file holds, never by its name.

``load(path)`` gives a LoadedDocument or raises DocumentRefused with a sentence that names the file and the reason.
Any error inside a parsing library becomes such a refusal: a bad file never stops the others. Blocking.
"""

from __future__ import annotations

import logging
import zipfile
from pathlib import Path
from typing import Protocol

from assistant.errors import DocumentRefused
from assistant.loaders.docx import Docx
from assistant.loaders.html import Html
from assistant.loaders.limits import check_size, refusal
from assistant.loaders.markdown import Markdown
from assistant.loaders.pdf import Pdf
from assistant.loaders.xlsx import Xlsx
from assistant.values import LoadedDocument

HEAD_BYTES = 4096
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Loader(Protocol):
    """One format. ``accepts`` sees the first bytes and the name (for its message only); ``load`` reads the file."""

    def accepts(self, head: bytes, name: str) -> bool: ...
    def load(self, path: Path) -> LoadedDocument: ...


OFFICE: dict[str, Loader] = {"word/": Docx(), "xl/": Xlsx()}
LOADERS: tuple[Loader, ...] = (Pdf(), Html(), Markdown())
"""In the order they are asked: Markdown takes any text, so it comes last."""


def load(path: Path, name: str = "") -> LoadedDocument:
    """Read ``path``, called ``name`` where its own name is not what people call it. Raises DocumentRefused."""
    try:
        return _load(path)
    except DocumentRefused as error:
        if name and error.reason:
            raise refusal(Path(name), error.reason) from None
        raise


def _load(path: Path) -> LoadedDocument:
    check_size(path)
    loader = _loader(path)
    try:
        return loader.load(path)
    except (DocumentRefused, MemoryError):
        raise
    except (Exception, RecursionError) as error:
        logging.getLogger(__name__).warning("a parser failed on a document: %s", type(error).__name__)
        raise refusal(path, f"its content cannot be understood ({type(error).__name__})") from None


def _loader(path: Path) -> Loader:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise refusal(path, f"the file cannot be opened ({error.strerror})") from None
    if head.startswith(b"PK"):
        return _office(path)
    if head.startswith(OLD_OFFICE):
        raise refusal(
            path,
            "it is an Office file in the old format or locked with a password; save it as DOCX or XLSX without one",
        )
    for loader in LOADERS:
        if loader.accepts(head, path.name):
            return loader
    raise refusal(path, "its content is none of the formats known here, whatever its name says")


def _office(path: Path) -> Loader:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise refusal(path, "the file is damaged; save it again in its own program") from None
    for folder, loader in OFFICE.items():
        if any(name.startswith(folder) for name in names):
            return loader
    raise refusal(path, "it is an archive and not a Word or Excel file; unpack it and add the documents in it")
