"""Picks the loader for a file by what the file holds, never by its name.

``load(path)`` gives a LoadedDocument or raises DocumentRefused with a sentence that names the file and the reason.
Any error inside a parsing library becomes such a refusal: a bad file never stops the others. Blocking; the app calls
it in a process of its own (``ingest/parse.py``), which bounds time and memory.
"""

from __future__ import annotations

import logging
import math
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from assistant.errors import DocumentRefused
from assistant.loaders.csv_table import Csv
from assistant.loaders.docx import Docx
from assistant.loaders.eml import Eml
from assistant.loaders.foreign import why_not, why_not_zip
from assistant.loaders.html import Html
from assistant.loaders.limits import File, check_size, refusal
from assistant.loaders.markdown import Markdown
from assistant.loaders.pdf import Pdf
from assistant.loaders.pptx import Pptx
from assistant.loaders.xlsx import Xlsx
from assistant.loaders.xml_text import Xml
from assistant.values import LoadedDocument

HEAD_BYTES = 64 * 1024


class Loader(Protocol):
    """One format. ``accepts`` sees the first bytes and the name (for its message only); ``load`` reads the file."""

    def accepts(self, head: bytes, name: str) -> bool: ...
    def load(self, file: File) -> LoadedDocument: ...


def load(path: Path, name: str = "", seconds: float = math.inf) -> LoadedDocument:
    """Read ``path``, called ``name`` where its own name is not what people call it. Raises DocumentRefused.

    Slow extras (text recognition) end after ``seconds``, and what they did not reach stays flagged.
    """
    until = time.monotonic() + seconds
    called = Path(name or path.name)
    try:
        check_size(path)
        data = path.read_bytes()
    except DocumentRefused as error:
        raise refusal(called, error.reason) from None
    except OSError as error:
        raise refusal(called, f"the file cannot be opened ({error.strerror})") from None
    return load_file(File(called.name, data, until=until))


def load_file(file: File) -> LoadedDocument:
    """Read a file in memory: one of its own, or an attachment of another. Raises DocumentRefused."""
    if not file.data:
        raise refusal(file, "the file is empty")
    loader = _loader(file)
    try:
        loaded = loader.load(file)
    except (DocumentRefused, MemoryError):
        raise
    except (Exception, RecursionError) as error:
        logging.getLogger(__name__).warning("a parser failed on a document: %s", type(error).__name__)
        raise refusal(file, f"its content cannot be understood ({type(error).__name__})") from None
    return loaded if loaded.format else replace(loaded, format=type(loader).__name__.upper())


OFFICE: dict[str, Loader] = {"word/": Docx(), "xl/": Xlsx(), "ppt/": Pptx()}
LOADERS: tuple[Loader, ...] = (Pdf(), Eml(load_file), Html(), Xml(), Csv(), Markdown())
"""In the order they are asked: Markdown takes any text, so it comes last."""


def _loader(file: File) -> Loader:
    head = file.data[:HEAD_BYTES]
    if head.startswith(b"PK"):
        return _office(file)
    for loader in LOADERS[:1]:
        if loader.accepts(head, file.name):
            return loader
    if reason := why_not(file):
        raise refusal(file, reason)
    for loader in LOADERS[1:]:
        if loader.accepts(head, file.name):
            return loader
    if not head.strip(b"\0 \t\r\n"):
        raise refusal(file, "it holds no text")
    raise refusal(file, "its content is none of the formats known here, whatever its name says")


def _office(file: File) -> Loader:
    try:
        with zipfile.ZipFile(file.open()) as archive:
            names = archive.namelist()
            for folder, loader in OFFICE.items():
                if any(name.startswith(folder) for name in names):
                    return loader
            reason = why_not_zip(archive)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, zipfile.zlib.error):  # type: ignore[attr-defined]
        raise refusal(file, "the file is damaged; save it again in its own program") from None
    raise refusal(file, reason)
