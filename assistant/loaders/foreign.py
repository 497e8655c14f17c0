"""Kinds of files that are not read, told by their content, each with what to do instead."""

from __future__ import annotations

import zipfile

from assistant.loaders.limits import File

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLE_STREAMS = (
    ("EncryptedPackage", "it is locked with a password; save it without one"),
    ("WordDocument", "it is a Word file in the old format (.doc); save it as DOCX or PDF"),
    ("Workbook", "it is an Excel file in the old format (.xls); save it as XLSX"),
    ("Book", "it is an Excel file in the old format (.xls); save it as XLSX"),
    ("PowerPoint Document", "it is a PowerPoint file in the old format (.ppt); save it as PPTX or PDF"),
    ("__properties_version1.0", "it is an Outlook message (.msg); save it as EML, or as PDF"),
)
STARTS = (
    (b"{\\rtf", "it is a rich text file (.rtf); save it as DOCX or PDF"),
    (b"\x1f\x8b", "it is a packed file (gzip); unpack it and add the documents in it"),
    (b"7z\xbc\xaf\x27\x1c", "it is an archive (7z); unpack it and add the documents in it"),
    (b"Rar!\x1a\x07", "it is an archive (RAR); unpack it and add the documents in it"),
    (b"BZh", "it is a packed file (bzip2); unpack it and add the documents in it"),
    (b"\xfd7zXZ\0", "it is a packed file (xz); unpack it and add the documents in it"),
    (b"\x89PNG\r\n", "it is a picture; put it into a PDF, with its text recognised"),
    (b"\xff\xd8\xff", "it is a picture; put it into a PDF, with its text recognised"),
    (b"GIF8", "it is a picture; put it into a PDF, with its text recognised"),
    (b"II*\0", "it is a picture; put it into a PDF, with its text recognised"),
    (b"MM\0*", "it is a picture; put it into a PDF, with its text recognised"),
    (b"MZ", "it is a program"),
    (b"\x7fELF", "it is a program"),
)
MIMETYPES = (
    ("application/vnd.oasis.opendocument.text", "it is an OpenDocument text (.odt); save it as DOCX or PDF"),
    ("application/vnd.oasis.opendocument.spreadsheet", "it is an OpenDocument table (.ods); save it as XLSX"),
    ("application/vnd.oasis.opendocument", "it is an OpenDocument file; save it as DOCX, XLSX, PPTX or PDF"),
    ("application/epub+zip", "it is an e-book (.epub); save it as PDF or HTML"),
)


def why_not(file: File) -> str:
    """Why the kind of ``file`` is not read and what to do, or "" when its kind is not one of those known here."""
    data = file.data
    if data.startswith(OLE):
        for stream, sentence in OLE_STREAMS:
            if stream.encode("utf-16-le") in data:
                return sentence
        return "it is an Office file in an old format; save it as DOCX, XLSX, PPTX or PDF"
    for start, sentence in STARTS:
        if data.startswith(start):
            return sentence
    return "it is an archive (tar); unpack it and add the documents in it" if data[257:262] == b"ustar" else ""


def why_not_zip(archive: zipfile.ZipFile) -> str:
    """The same for a zip that is none of the Office files read here."""
    names = archive.namelist()
    if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
        kind = archive.read("mimetype").decode("ascii", "replace").strip()
        for start, sentence in MIMETYPES:
            if kind.startswith(start):
                return sentence
    return "it is an archive; unpack it and add the documents in it"
