"""Archives made to do harm: nothing lands outside the folder or grows without end, each member has its sentence."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import DocumentRefused
from assistant.ingest.archive import Limits, _place, is_archive, unpack


def zipped(tmp_path: Path, members: dict[str, bytes]) -> Path:
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def tarred(tmp_path: Path, change: Callable[[tarfile.TarInfo], None], name: str = "a.md", mode: str = "w:gz") -> Path:
    path = tmp_path / "in.tar"
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        info = tarfile.TarInfo(name)
        info.size = 4
        change(info)
        archive.addfile(info, io.BytesIO(b"# Hi"))
        fine = tarfile.TarInfo("fine.md")
        fine.size = 4
        archive.addfile(fine, io.BytesIO(b"# Hi"))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "out" / "inner"
    folder.mkdir(parents=True)
    return folder


def everything(tmp_path: Path) -> set[str]:
    return {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file() or p.is_symlink()}


def test_documents_come_out_in_their_folders(tmp_path: Path, folder: Path) -> None:
    path = zipped(tmp_path, {"HR/Leave policy.md": b"# Leave", "Köln.csv": b"a,b", "HR/": b""})
    done = unpack(path, folder)
    assert [p.relative_to(folder).as_posix() for p in done.files] == ["HR/Leave policy.md", "Köln.csv"]
    assert done.left_out == ()
    assert done.files[0].read_bytes() == b"# Leave"
    assert is_archive(path)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../evil.md", "leads out"),
        ("a/../../../evil.md", "leads out"),
        ("/etc/evil.md", "leads out"),
        ("C:\\evil.md", "leads out"),
        ("..\\..\\evil.md", "leads out"),
        ("a/" * 30 + "deep.md", "folders deep"),
        (".ssh/authorized_keys", "hidden"),
        ("__MACOSX/x.md", "hidden"),
    ],
)
def test_paths_that_leave_the_folder_are_left_out(name: str, reason: str, tmp_path: Path, folder: Path) -> None:
    done = unpack(zipped(tmp_path, {name: b"x", "fine.md": b"# Fine"}), folder)
    assert [p.name for p in done.files] == ["fine.md"]
    assert len(done.left_out) == 1
    assert reason in done.left_out[0]
    assert everything(tmp_path) == {"in.zip", "out/inner/fine.md"}


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("con.md", "_con.md"),
        ("LPT1", "_LPT1"),
        ("nul.tar.md", "_nul.tar.md"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\u200bb.md", "ab.md"),
        ("new\nline.md", "newline.md"),
        ("what?.md", "what_.md"),
        ("dots...", "dots"),
        ("x" * 300 + ".pdf", "x" * 120 + ".pdf"),
    ],
)
def test_names_become_what_every_system_can_hold(name: str, made: str, tmp_path: Path, folder: Path) -> None:
    (file,) = unpack(zipped(tmp_path, {name: b"x"}), folder).files
    assert file.name == made


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_left_out(kind: bytes, tmp_path: Path, folder: Path) -> None:
    def change(info: tarfile.TarInfo) -> None:
        info.type, info.linkname, info.size = kind, "/etc/passwd", 0

    done = unpack(tarred(tmp_path, change), folder)
    assert [p.name for p in done.files] == ["fine.md"]
    assert done.left_out == ("a.md was left out: it is a link or a device.",)


def test_a_link_in_a_zip_is_left_out(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("link.md")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert unpack(path, folder).files == ()


def test_a_bomb_is_stopped_by_what_it_writes(tmp_path: Path, folder: Path) -> None:
    path = zipped(tmp_path, {f"{n}.md": b"\0" * 900_000 for n in range(4)})
    with pytest.raises(DocumentRefused, match="unpacks to over 2 MB; split it"):
        unpack(path, folder, Limits(bytes=2 << 20))
    assert not any(folder.iterdir())
    done = unpack(path, folder, Limits(file_bytes=1 << 19))
    assert done.files == ()
    assert len(done.left_out) == 4
    with pytest.raises(DocumentRefused, match="over 3 files"):
        unpack(path, folder, Limits(files=3))


def test_a_member_that_is_passed_over_counts_too(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "in.tar"
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("../out.md")
        info.size = 3 << 20
        archive.addfile(info, io.BytesIO(bytes(3 << 20)))
    with pytest.raises(DocumentRefused, match="unpacks to over 2 MB"):
        unpack(path, folder, Limits(bytes=2 << 20))


def test_a_size_that_lies_does_not_help(tmp_path: Path, folder: Path) -> None:
    path = zipped(tmp_path, {"a.md": b"\0" * 3_000_000})
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.find(mark) + offset
        data[at : at + 4] = struct.pack("<I", 10)
    path.write_bytes(data)
    try:
        done = unpack(path, folder, Limits(file_bytes=1 << 20))
    except DocumentRefused as error:
        assert "damaged" in str(error)
    else:
        assert all(file.stat().st_size <= 1 << 20 for file in done.files)


def test_archives_inside_stay_packed_and_documents_do_not(tmp_path: Path, folder: Path) -> None:
    inner = zipped(tmp_path, {"x.md": b"x"}).read_bytes()
    office = zipped(tmp_path, {"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}).read_bytes()
    done = unpack(zipped(tmp_path, {"inner.zip": inner, "fake.docx": inner, "real.docx": office}), folder)
    assert [p.name for p in done.files] == ["real.docx"]
    assert ["not unpacked" in sentence for sentence in done.left_out] == [True, True]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 cut", b"no archive", b"\x1f\x8b broken"])
def test_what_is_no_archive_says_so(data: bytes, tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "in.zip"
    path.write_bytes(data)
    with pytest.raises(DocumentRefused, match=r"^in\.zip was not unpacked"):
        unpack(path, folder)
    assert not any(folder.iterdir())


def test_the_same_name_twice_keeps_the_first(tmp_path: Path, folder: Path) -> None:
    done = unpack(zipped(tmp_path, {"a?.md": b"1", "a*.md": b"2"}), folder)
    assert [p.read_bytes() for p in done.files] == [b"1"]
    assert "same name" in done.left_out[0]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab./\\: \u202e\0\n~$*"), max_size=30))
def test_no_name_leaves_the_folder(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.getbasetemp().resolve()
    place = _place(folder, name)
    assert isinstance(place, str) or (place.resolve().is_relative_to(folder) and place.resolve() != folder)
