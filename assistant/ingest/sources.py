"""Files as the index sees them: which files of a folder are documents, what they are called, when they changed."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from pathlib import Path

from assistant.errors import StewardError
from assistant.ingest import metadata
from assistant.ingest.identity import Given
from assistant.loaders.limits import MAX_BYTES, refusal

FORM = b"2"
"""Raised when loaders or chunks change what they make of a file: every document is then made anew."""
OFFICE = "application/vnd.openxmlformats-officedocument."
MEDIA = {
    ".docx": f"{OFFICE}wordprocessingml.document",
    ".xlsx": f"{OFFICE}spreadsheetml.sheet",
    ".pptx": f"{OFFICE}presentationml.presentation",
    ".md": "text/markdown",
    ".eml": "message/rfc822",
}


def documents_in(folder: Path) -> list[Path]:
    """Documents under ``folder``, "-v2" before "-v10"; not hidden files, sidecars, notes for people, or links out."""
    if not folder.is_dir():
        raise StewardError(f"There is no folder {folder}. Create it, or point STEWARD_KNOWLEDGE_DIR elsewhere.")
    root = folder.resolve()
    found = [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and path.suffix.lower() not in (".yaml", ".yml")
        and path.name.lower() != "readme.md"
        and not any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)
        and path.resolve().is_relative_to(root)
    ]
    return sorted(found, key=lambda path: [int(s) if s.isdigit() else s for s in re.split(r"(\d+)", str(path))])


def source_name(folder: Path, path: Path) -> str:
    """Name of a document by its folder, which stays when the installation moves."""
    return f"{folder.name}/{path.relative_to(folder).as_posix()}"


def content_hash_of(path: Path, source: str, given: Given) -> str:
    """SHA-256 over all that a document is made of: file, sidecar or what is said about it, and its name."""
    digest = hashlib.sha256()
    try:
        if path.stat().st_size > MAX_BYTES:
            raise refusal(path, f"it is over {MAX_BYTES // (1024 * 1024)} MB; split it")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
        beside = metadata.sidecar(path)
        if beside.is_file() and beside.stat().st_size <= metadata.MAX_SIDECAR:
            digest.update(beside.read_bytes())
    except OSError as error:
        raise refusal(path, f"it cannot be opened ({error.strerror})") from None
    digest.update(repr((source, sorted(given.told().items()), given.replaces)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def media_type(path: Path) -> str:
    """By what the file begins with, else by its name; ``application/octet-stream`` where neither tells."""
    with path.open("rb") as file:
        head = file.read(1024)
    if head.startswith(b"%PDF"):
        return "application/pdf"
    by_name = MEDIA.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0]
    if head.startswith(b"PK") and by_name and not by_name.startswith(OFFICE):
        return "application/zip"
    return by_name or "application/octet-stream"
