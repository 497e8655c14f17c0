"""Documents out of a zip or tar archive into a folder, within limits and never outside of it.

Promises: nothing is written but plain files below the folder, with names that every system can hold; links, devices,
absolute and climbing paths, encrypted members and archives inside the archive are left out, each with a sentence; what
is unpacked is counted as it is written, so that sizes that lie do not help. Does not open the documents: that is
``parse.py``'s business. Blocking; callers use ``asyncio.to_thread``.
"""

from __future__ import annotations

import re
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from assistant.errors import DocumentRefused
from assistant.loaders.limits import shown

MAX_FILES = 20_000
MAX_BYTES = 2 * 1024**3
MAX_FILE_BYTES = 200 * 1024 * 1024
MAX_DEPTH = 20
MAX_NAME = 120
PIECE = 1 << 20
DEVICES = re.compile(r"^(con|prn|aux|nul|conin\$|conout\$|com\d|lpt\d)$", re.IGNORECASE)
FORBIDDEN = re.compile(r'[<>:"|?*\\/]')
INSIDE = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07")
OFFICE = (b"word/", b"xl/", b"ppt/", b"mimetype", b"[Content_Types].xml", b"_rels/", b"docProps/")
DAMAGED = (zipfile.BadZipFile, zipfile.LargeZipFile, tarfile.TarError, zlib.error, EOFError, ValueError,
           NotImplementedError, OSError, RuntimeError)  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """What may come out of one archive."""

    files: int = MAX_FILES
    bytes: int = MAX_BYTES
    file_bytes: int = MAX_FILE_BYTES


@dataclass(frozen=True)
class Unpacked:
    """``files`` in the order of the archive; ``left_out`` has a sentence for each member that was not unpacked."""

    files: tuple[Path, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class _Member:
    """One entry; ``reason`` says why it is left out."""

    name: str
    reason: str = ""
    handle: zipfile.ZipInfo | tarfile.TarInfo | None = None


def is_archive(path: Path) -> bool:
    """Whether ``path`` is a tar, or a zip that is no Office document or e-book."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
        if head.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(path) as archive:
                return not _is_document(archive.namelist())
        return head.startswith(INSIDE[1:4]) or head[257:262] == b"ustar"
    except DAMAGED:
        return False


def unpack(path: Path, folder: Path, limits: Limits | None = None) -> Unpacked:
    """Unpack ``path`` into ``folder``, which must exist and should be empty.

    Raises DocumentRefused when ``path`` is no archive, is damaged, or holds more than ``limits`` allow; what was
    unpacked until then is taken away again.
    """
    limits = limits or Limits()
    written: list[Path] = []
    left_out: list[str] = []
    try:
        _unpack(path, folder.resolve(), limits, written, left_out)
    except DocumentRefused:
        _take_back(written)
        raise
    except DAMAGED as error:
        _take_back(written)
        raise DocumentRefused(f"{shown(path.name)} was not unpacked: it is damaged ({type(error).__name__}).") from None
    return Unpacked(tuple(written), tuple(left_out))


def _unpack(path: Path, folder: Path, limits: Limits, written: list[Path], left_out: list[str]) -> None:
    total = count = stored = 0
    with _Archive(path) as archive:
        for member in archive.members():
            count += 1
            if count > limits.files:
                raise _too_much(path, f"it holds over {limits.files:,} files")
            stored += member.handle.size if isinstance(member.handle, tarfile.TarInfo) else 0
            if stored > limits.bytes:  # in a tar, to pass a member over is to unpack it
                raise _too_much(path, f"it unpacks to over {limits.bytes // 1024**2:,} MB")
            place = _place(folder, member.name)
            if member.reason or isinstance(place, str):
                left_out.append(_left(member.name, member.reason or str(place)))
                continue
            if place.exists():
                left_out.append(_left(member.name, "another file in it has the same name"))
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            written.append(place)
            size, reason = _write(archive.open(member), place, min(limits.file_bytes, limits.bytes - total))
            total += size
            if total >= limits.bytes:
                raise _too_much(path, f"it unpacks to over {limits.bytes // 1024**2:,} MB")
            if reason:
                written.pop().unlink()
                left_out.append(_left(member.name, reason))


def _write(source: IO[bytes], place: Path, most: int) -> tuple[int, str]:
    """Write ``source`` to ``place``: the bytes read, and why the file should go again, or ""."""
    size, tail, inside = 0, b"", False
    with source, place.open("xb") as file:
        while piece := source.read(PIECE):
            if not size:
                tail = piece[:4096]
            size += len(piece)
            if size > most:
                return size, f"it has over {most // 1024**2:,} MB unpacked"
            file.write(piece)
    if tail.startswith(INSIDE):
        inside = not (tail.startswith(INSIDE[0]) and any(mark in tail[:400] for mark in OFFICE))
    return size, "archives inside an archive are not unpacked" if inside or tail[257:262] == b"ustar" else ""


class _Archive:
    """A zip or a tar behind one face."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.zip: zipfile.ZipFile | None = None
        self.tar: tarfile.TarFile | None = None
        if zipfile.is_zipfile(path):
            self.zip = zipfile.ZipFile(path)
            if _is_document(self.zip.namelist()):
                self.zip.close()
                raise DocumentRefused(f"{shown(path.name)} was not unpacked: it is a document, not an archive.")
        elif tarfile.is_tarfile(path):
            self.tar = tarfile.open(path)  # noqa: SIM115  # closed in __exit__
        else:
            raise DocumentRefused(f"{shown(path.name)} was not unpacked: it is no zip or tar archive.")

    def __enter__(self) -> _Archive:
        return self

    def __exit__(self, *_: object) -> None:
        for archive in (self.zip, self.tar):
            if archive is not None:
                archive.close()

    def members(self) -> Iterator[_Member]:
        if self.zip is not None:
            for info in self.zip.infolist():
                if not info.is_dir():
                    yield _Member(info.filename, _zip_reason(info), info)
        for each in self.tar or ():
            if not each.isdir():
                yield _Member(each.name, "" if each.isreg() else "it is a link or a device", each)

    def open(self, member: _Member) -> IO[bytes]:
        if self.zip is not None and isinstance(member.handle, zipfile.ZipInfo):
            return self.zip.open(member.handle)
        source = (
            self.tar.extractfile(member.handle) if self.tar and isinstance(member.handle, tarfile.TarInfo) else None
        )
        if source is None:
            raise tarfile.TarError("no content")
        return source


def _zip_reason(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & 1:
        return "it is locked with a password"
    kind = info.external_attr >> 28
    return "it is a link or a device" if kind not in (0, 8) and info.create_system == 3 else ""


def _is_document(names: list[str]) -> bool:
    return "[Content_Types].xml" in names or "mimetype" in names[:1]


def _place(folder: Path, name: str) -> Path | str:
    """Where a member goes, or why it may go nowhere."""
    if "\0" in name:
        return "its name holds a null byte"
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or re.match(r"^[A-Za-z]:", name) or ".." in parts:
        return "its path leads out of the archive"
    parts = [part for part in parts if part not in ("", ".")]
    if not parts or len(parts) > MAX_DEPTH:
        return f"its path is empty or over {MAX_DEPTH} folders deep"
    if any(part.startswith(".") or part == "__MACOSX" for part in parts):
        return "it is hidden"
    place = folder.joinpath(*map(_safe, parts))
    if not place.parent.resolve().is_relative_to(folder):
        return "its path leads out of the archive"
    return place


def _safe(part: str) -> str:
    """``part`` as a name that every system can hold and that shows what it is: no control or direction marks."""
    kept = "".join(c for c in unicodedata.normalize("NFC", part) if c.isprintable())
    kept = FORBIDDEN.sub("_", kept.encode("utf-8", "replace").decode()).strip().rstrip(".")
    stem, dot, suffix = kept.rpartition(".")
    stem, suffix = (stem, suffix) if dot else (kept, "")
    if DEVICES.match(kept.split(".")[0].strip()):
        stem = f"_{stem}"
    while len(stem.encode()) > MAX_NAME:
        stem = stem[: -max(1, (len(stem.encode()) - MAX_NAME) // 4)]
    return (f"{stem}.{suffix[:20]}" if dot else stem) or "_"


def _left(name: str, reason: str) -> str:
    return f"{shown(name)} was left out: {reason}."


def _too_much(path: Path, reason: str) -> DocumentRefused:
    return DocumentRefused(f"{shown(path.name)} was not unpacked: {reason}; split it.")


def _take_back(written: list[Path]) -> None:
    for path in written:
        path.unlink(missing_ok=True)
