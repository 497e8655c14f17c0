"""Pages without text: read by tesseract where it is installed, flagged and counted where it is not."""

from __future__ import annotations

import io
from pathlib import Path

import pypdf
import pytest
from PIL import Image, ImageDraw, ImageFont

from assistant.errors import DocumentRefused
from assistant.ingest.parse import Parser
from assistant.loaders import pdf, recognition, registry
from assistant.loaders.limits import File

INSTALLED = recognition.program() is not None


def scan(*lines: str) -> bytes:
    """A PDF whose one page is a picture of ``lines``."""
    image = Image.new("L", (1240, 1754), 255)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((150, 200 + 90 * number), line, fill=0, font=ImageFont.load_default(44))
    stream = io.BytesIO()
    image.save(stream, "PDF", resolution=150)
    return stream.getvalue()


def mixed() -> bytes:
    """A page of text, then a scanned one."""
    writer = pypdf.PdfWriter()
    for data in (pdf._pdf([(72, 700, 12, "R", "Typed text on the first page")]), scan("Scanned words here")):
        writer.append(io.BytesIO(data))
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


@pytest.mark.skipif(not INSTALLED, reason="tesseract is not installed, so no page was recognised in this run")
def test_a_scan_is_read_where_a_program_is_there() -> None:
    loaded = registry.load_file(File("scan.pdf", mixed()))
    text = " ".join(block.text for block in loaded.blocks)
    assert "Typed text on the first page" in text
    assert "Scanned words here" in text
    assert loaded.recognised == (2,)
    assert loaded.pages_without_text == ()
    assert [block.page for block in loaded.blocks if "Scanned" in block.text] == [2]


@pytest.mark.skipif(not INSTALLED, reason="tesseract is not installed, so no page was recognised in this run")
async def test_the_process_that_reads_files_may_start_it(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(mixed())
    parser = Parser()
    loaded = await parser.parse(path)
    parser.close()
    assert loaded.recognised == (2,)


def test_without_a_program_the_page_is_flagged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "program", lambda: None)
    loaded = registry.load_file(File("scan.pdf", mixed()))
    assert loaded.pages_without_text == (2,)
    assert loaded.recognised == ()
    with pytest.raises(DocumentRefused, match="a scan needs text recognition first"):
        registry.load_file(File("scan.pdf", scan("Scanned words here")))


def test_out_of_time_the_rest_is_flagged() -> None:
    loaded = registry.load_file(File("scan.pdf", mixed(), until=0.0))
    assert loaded.pages_without_text == (2,)
