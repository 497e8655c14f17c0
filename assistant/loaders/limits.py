"""A file as loaders get it, what it may be before any parser sees it, and the sentence for one that may not.

Promises: a file over ``MAX_BYTES``, an archive that unpacks to far more than it weighs, and an Office file that
carries a document type or entity declaration (external entities, entity bombs) are refused before parsing.
Does not cover time or memory of a parser on a file that passes: whoever calls bounds those.
"""

from __future__ import annotations

import io
import math
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from assistant.errors import DocumentRefused

MAX_BYTES = 50 * 1024 * 1024
MAX_PAGES = 2000
MAX_UNPACKED = 300 * 1024 * 1024
MAX_RATIO = 150
"""Office XML packs to about a fifth, long tables to a fiftieth; a bomb to a thousandth."""
RATIO_COUNTS_FROM = 5 * 1024 * 1024
MAX_MEMBERS = 5000
READ_FORMATS = "PDF, DOCX, PPTX, XLSX, CSV, HTML, Markdown, plain text and e-mail (EML)"


@dataclass(frozen=True)
class File:
    """A file in memory. ``depth`` is 0 for one of its own, 1 for an attachment, 2 for an attachment's attachment.

    ``until`` is when slow extras (text recognition) should end, by ``time.monotonic()``.
    """

    name: str
    data: bytes
    depth: int = 0
    until: float = math.inf

    @property
    def seconds_left(self) -> float:
        """What is left for slow extras; at most 0 when they should end."""
        return self.until - time.monotonic()

    def open(self) -> io.BytesIO:
        """The content as a stream."""
        return io.BytesIO(self.data)


class Named(Protocol):
    """A File or a Path."""

    @property
    def name(self) -> str: ...


def refusal(path: Named, reason: str) -> DocumentRefused:
    """The error for a file; ``reason`` is a sentence without its full stop."""
    return DocumentRefused(f"{shown(path.name)} was not read: {reason}. Steward reads {READ_FORMATS}.", reason)


def shown(name: str) -> str:
    """A file's name on one line, without characters that change how the rest of the line is shown."""
    kept = "".join(char if char.isprintable() else " " for char in name.encode("utf-8", "replace").decode())
    return " ".join(kept.split())[:200] or "A file"


def check_size(path: Path) -> None:
    """Refuse what is not a plain file, is empty, or is over ``MAX_BYTES``."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise refusal(path, f"the file cannot be opened ({error.strerror})") from None
    if not path.is_file():
        raise refusal(path, "it is not a file")
    if size == 0:
        raise refusal(path, "the file is empty")
    if size > MAX_BYTES:
        megabytes = MAX_BYTES // (1024 * 1024)
        raise refusal(path, f"it has {size / 1024 / 1024:.0f} MB, and {megabytes} MB is the most; split it")


def check_archive(file: File) -> None:
    """Refuse an Office file that is damaged, encrypted, a bomb, or declares entities. Reads all of its XML once."""
    try:
        with zipfile.ZipFile(file.open()) as archive:
            _check_members(file, archive.infolist())
            for member in archive.infolist():
                if member.filename.lower().endswith((".xml", ".rels")):
                    _check_xml(file, archive, member)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, ValueError, NotImplementedError):
        raise refusal(file, "the file is damaged; save it again in its own program") from None
    except RuntimeError:
        raise refusal(file, "parts of it are locked with a password; save it without one") from None
    except zipfile.zlib.error:  # type: ignore[attr-defined]
        raise refusal(file, "the file is damaged; save it again in its own program") from None


def _check_members(file: File, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_MEMBERS:
        raise refusal(file, f"it holds {len(members):,} parts inside, and {MAX_MEMBERS:,} is the most")
    if any(member.flag_bits & 1 for member in members):
        raise refusal(file, "parts of it are locked with a password; save it without one")
    unpacked = sum(member.file_size for member in members)
    packed = max(1, sum(member.compress_size for member in members))
    if unpacked > MAX_UNPACKED or (unpacked > RATIO_COUNTS_FROM and unpacked / packed > MAX_RATIO):
        raise refusal(
            file,
            f"it unpacks from {packed / 1e6:.1f} to {unpacked / 1e6:.0f} MB, as only files made to do harm do",
        )


def _check_xml(file: File, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Office XML never has a DOCTYPE (ECMA-376 part 2 forbids it), so one is refused wherever it stands."""
    tail = b""
    with archive.open(member) as part:
        while piece := part.read(1 << 20):
            window = (tail + piece).replace(b"\0", b"").upper()
            if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                raise refusal(file, f"its part {member.filename} declares entities, which no Office program writes")
            tail = piece[-32:]
