"""Values of a PDF's form fields and the words of its notes, which stand beside a page's text and not in it.

Promises: fields without a value, passwords, buttons and everything marked hidden are left out (hidden text is counted).
Does not cover forms of the XFA kind and what scripts would compute.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

from assistant.values import Block

MAX_ANNOTATIONS = 2000
MOST = 20_000
UNSEEN = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW
PASSWORD = 1 << 13
NOTES = {
    pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_HIGHLIGHT, pdfium.FPDF_ANNOT_UNDERLINE,
    pdfium.FPDF_ANNOT_STRIKEOUT, pdfium.FPDF_ANNOT_SQUIGGLY, pdfium.FPDF_ANNOT_CARET, pdfium.FPDF_ANNOT_INK,
    pdfium.FPDF_ANNOT_SQUARE, pdfium.FPDF_ANNOT_CIRCLE, pdfium.FPDF_ANNOT_LINE, pdfium.FPDF_ANNOT_STAMP,
}  # fmt: skip
TEXT_FIELDS = (pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX)
TICKED = (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON)


def beside(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, number: int) -> tuple[list[Block], int]:
    """Blocks of the fields and notes of ``page``, and how many with text are hidden."""
    fields: list[str] = []
    notes: list[str] = []
    hidden = 0
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page.raw), MAX_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(page.raw, index)
        if not annotation:
            continue
        try:
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            if kind == pdfium.FPDF_ANNOT_WIDGET:
                found, into = _field(document, annotation), fields
            elif kind in NOTES:
                found, into = _string(annotation, b"Contents"), notes
            else:
                continue
            if found and pdfium.FPDFAnnot_GetFlags(annotation) & UNSEEN:
                hidden += 1
            elif found and found not in into:
                into.append(found)
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
    blocks = [Block("list", "\n".join(f"- {each}" for each in fields), page=number)] if fields else []
    return blocks + [Block("paragraph", f"Note: {each}", page=number) for each in notes], hidden


def _field(document: pypdfium2.PdfDocument, annotation: Any) -> str:
    """ "name: value" of a field, or "" where it holds none."""
    form = document.formenv.raw if document.formenv else None
    if form is None:
        return ""
    kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in TEXT_FIELDS and not pdfium.FPDFAnnot_GetFormFieldFlags(form, annotation) & PASSWORD:
        value = _read(lambda buffer, size: pdfium.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, size))
    elif kind in TICKED and pdfium.FPDFAnnot_IsChecked(form, annotation):
        value = "yes"
    else:
        return ""
    name = _read(lambda buffer, size: pdfium.FPDFAnnot_GetFormFieldAlternateName(form, annotation, buffer, size))
    name = name or _read(lambda buffer, size: pdfium.FPDFAnnot_GetFormFieldName(form, annotation, buffer, size))
    return f"{name}: {value}" if value and name else value


def _string(annotation: Any, key: bytes) -> str:
    return _read(lambda buffer, size: pdfium.FPDFAnnot_GetStringValue(annotation, key, buffer, size))


def _read(ask: Callable[[Any, int], int]) -> str:
    """A UTF-16 string of PDFium's, asked for its size first."""
    size = ask(None, 0)
    if not 2 < size <= MOST * 2:
        return ""
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    ask(buffer, size)
    return " ".join(bytes(buffer)[: size - 2].decode("utf-16-le", "replace").replace("\0", "").split())
