"""Every loader against its own EXAMPLES, through the registry; refusals name file and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import DocumentRefused
from assistant.loaders import csv_table, docx, eml, html, limits, markdown, pdf, pptx, registry, xlsx, xml_text
from assistant.loaders.example import Example

ALL = [
    example
    for module in (markdown, pdf, docx, pptx, xlsx, csv_table, html, xml_text, eml)
    for example in module.EXAMPLES
]


def written(tmp_path: Path, name: str, data: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("example", ALL, ids=[example.name for example in ALL])
def test_examples_read_as_their_table_says_whatever_the_file_is_called(example: Example, tmp_path: Path) -> None:
    path = written(tmp_path, "renamed.bin", example.make())
    if example.refused:
        with pytest.raises(DocumentRefused, match=r"renamed\.bin") as caught:
            registry.load(path)
        assert example.refused in str(caught.value)
        assert "Steward reads PDF, DOCX, PPTX, XLSX, CSV, HTML, Markdown, plain text and e-mail (EML)." in str(
            caught.value
        )
        return
    loaded = registry.load(path)
    assert tuple((b.level, b.text) for b in loaded.blocks if b.kind == "heading") == example.headings
    text = "\n".join(block.text for block in loaded.blocks)
    assert [part for part in example.shown if part not in text] == []
    assert [part for part in example.hidden if part in text] == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "it is a picture"),
        (b"\0\1\2\3", "none of the formats"),
        (b"PK\x03\x04 cut", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "Office file in an old format"),
    ],
)
def test_what_is_no_document_is_refused_with_its_reason(data: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentRefused, match=reason):
        registry.load(written(tmp_path, "policy.pdf", data))


def test_size_limit_is_asked_before_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_BYTES", 10)
    with pytest.raises(DocumentRefused, match="is the most"):
        registry.load(written(tmp_path, "a.md", b"# Longer than ten bytes"))


def test_page_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_PAGES", 1)
    with pytest.raises(DocumentRefused, match="pages, and 1 is the most"):
        registry.load(written(tmp_path, "a.pdf", pdf.EXAMPLES[0].make()))


def test_an_error_inside_a_parser_becomes_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object, path: Path) -> None:
        raise ZeroDivisionError(str(path))

    monkeypatch.setattr(markdown.Markdown, "load", broken)
    with pytest.raises(DocumentRefused, match=r"a\.md was not read: its content cannot be understood"):
        registry.load(written(tmp_path, "a.md", b"# x"))
