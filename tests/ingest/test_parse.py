"""The process in which files are read: what a bad file does to it, and what it leaves alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import psutil
import pytest

from assistant.errors import DocumentRefused
from assistant.ingest import wire
from assistant.ingest.parse import Parser
from assistant.ingest.process import Limits
from assistant.loaders import pdf, registry
from assistant.values import Block, LoadedDocument


@pytest.fixture
def small() -> Iterator[Parser]:
    """A parser with little time, memory and output."""
    parser = Parser(Limits(seconds=1, seconds_per_megabyte=0, memory=400 << 20, output=1 << 20))
    yield parser
    parser.close()


def children() -> list[psutil.Process]:
    return [each for each in psutil.Process().children(recursive=True) if "child.main()" in " ".join(each.cmdline())]


async def test_a_file_is_read_as_in_this_process(parser: Parser, tmp_path: Path) -> None:
    path = tmp_path / "policy.pdf"
    path.write_bytes(pdf.EXAMPLES[0].make())
    made = await parser.attempt(path)
    assert made.loaded == registry.load(path)
    assert 0 < made.seconds < 30
    assert made.peak > 1 << 20
    assert made.died == ""


async def test_a_refusal_names_the_file_as_people_call_it(parser: Parser, tmp_path: Path) -> None:
    path = tmp_path / ("0" * 64)
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    with pytest.raises(DocumentRefused, match=r"^photo\.pdf was not read: it is a picture"):
        await parser.parse(path, "../../photo.pdf")
    with pytest.raises(DocumentRefused, match=r"^gone\.pdf was not read: the file cannot be opened"):
        await parser.parse(tmp_path / "gone.pdf")
    with pytest.raises(DocumentRefused, match="null byte"):
        await parser.parse(tmp_path / "a\0.md")


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        ("while True: pass", "took over 1 seconds"),
        ("import time; time.sleep(60)", "took over 1 seconds"),
        ("import signal, time; signal.signal(signal.SIGALRM, signal.SIG_IGN); time.sleep(60)", "took over 1 seconds"),
        ("x = bytearray(2 << 30)", "MB of memory"),
        ("import ctypes; ctypes.string_at(0)", "made its reader crash"),
        ("import os; os._exit(7)", "made its reader crash"),
        ("import os; os.abort()", "made its reader crash"),
        ("raise RuntimeError('x')", "cannot be understood"),
    ],
)
async def test_what_a_file_may_do_to_a_parser_takes_only_its_own_process(
    harm: str, sentence: str, tmp_path: Path, small: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parser library is made to do ``harm`` on one file; the file is named and the next is read."""
    ill = "if b'HARM' in file.data:\n  "
    program = (
        "from assistant.loaders import markdown\nwas = markdown.Markdown.load\n"
        f"def load(self, file):\n {ill}{harm}\n return was(self, file)\nmarkdown.Markdown.load = load\n"
    )
    monkeypatch.setattr("assistant.ingest.process.PROGRAM", _with(program))
    monkeypatch.setattr("assistant.ingest.process.GRACE_SECONDS", 0.5)
    bad, good = tmp_path / "bad.md", tmp_path / "good.md"
    bad.write_text("# HARM")
    good.write_text("# Fine")
    with pytest.raises(DocumentRefused, match=rf"^bad\.md was not read: .*{sentence}"):
        await small.parse(bad)
    assert (await small.parse(good)).blocks == (Block("heading", "Fine", level=1),)
    assert not [each for each in children() if each.status() == psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize(
    "harm",
    [
        "import socket; socket.create_connection(('192.0.2.1', 80), 1)",
        "import socket; socket.getaddrinfo('example.com', 80)",
        "import urllib.request; urllib.request.urlopen('http://192.0.2.1/')",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "open('/tmp/steward-escaped', 'w')",
    ],
)
async def test_a_parser_can_fetch_start_and_write_nothing(
    harm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "from assistant.loaders import markdown\n"
        f"def load(self, file):\n {harm}\n raise ValueError('came through')\nmarkdown.Markdown.load = load\n"
    )
    monkeypatch.setattr("assistant.ingest.process.PROGRAM", _with(program))
    parser = Parser()
    path = tmp_path / "a.md"
    path.write_text("# a")
    with pytest.raises(DocumentRefused, match=r"cannot be understood \(PermissionError\)"):
        await parser.parse(path)
    parser.close()


def _with(program: str) -> str:
    from assistant.ingest.process import PROGRAM

    start, end = PROGRAM.rsplit("; ", 1)
    return f"{start}\n{program}\n{end}"


async def test_text_without_end_is_cut_off(tmp_path: Path) -> None:
    parser = Parser(Limits(output=20_000))
    path = tmp_path / "long.md"
    path.write_text("word " * 10_000)
    with pytest.raises(DocumentRefused, match=r"takes over 0 MB"):
        await parser.parse(path)
    parser.close()


async def test_cancelling_kills_and_the_next_file_is_read(
    tmp_path: Path, small: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "from assistant.loaders import markdown\nimport time\n"
        "def load(self, file):\n time.sleep(60)\nmarkdown.Markdown.load = load\n"
    )
    path, page = tmp_path / "a.md", tmp_path / "a.html"
    path.write_text("# a")
    page.write_text("<html><p>Fine")
    monkeypatch.setattr("assistant.ingest.process.PROGRAM", _with(program))
    monkeypatch.setattr(small, "limits", replace(small.limits, seconds=50))
    others = {each.pid for each in children()}
    await small.parse(page)
    before = {each.pid for each in children()} - others
    task = asyncio.create_task(small.parse(path))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await small.parse(page)).blocks[0].text == "Fine"
    assert before
    assert not before & {each.pid for each in children()}


async def test_nothing_is_left_after_close(tmp_path: Path) -> None:
    parser = Parser()
    path = tmp_path / "a.md"
    path.write_text("# a")
    await parser.parse(path)
    (mine,) = [each for each in children() if each.create_time() > time.time() - 30][-1:]
    parser.close()
    assert not mine.is_running()
    with pytest.raises(DocumentRefused, match="broken off"):
        await parser.parse(path)


def test_a_document_comes_through_the_pipe_as_it_was() -> None:
    loaded = LoadedDocument(
        (Block("heading", "A \udc80 é", level=2, page=3), Block("table", "| a |")),
        {"id": "x", "effective": date(2026, 1, 1)},
        pages=3,
        pages_without_text=(1,),
        skipped=("2 hidden sheets",),
    )
    data = wire.frame({"loaded": wire.to_json(loaded)}, b"body")
    head, body = wire.LENGTHS.unpack(data[:8])
    back = wire.from_json(__import__("json").loads(data[8 : 8 + head])["loaded"])
    assert replace(back, metadata={}) == replace(loaded, metadata={})
    assert back.metadata == {"id": "x", "effective": "2026-01-01"}
    assert data[8 + head :] == b"body"
    assert body == 4
