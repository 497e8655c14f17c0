"""EML: a mail's subject, sender, receivers and date, its text as a reader sees it, then its attachments.

Promises: the HTML body is read where there is one, else the plain text; headers and names in any encoding; attachments
go through the loaders of their own kind, down to ``MAX_DEPTH`` mails in mails and ``MAX_ATTACHMENTS`` files, and those
that cannot be read are named in ``skipped``. Does not cover encrypted mail, signatures (not verified) or images.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable
from dataclasses import replace
from email.errors import MessageError
from email.message import EmailMessage, Message

from assistant.errors import DocumentRefused
from assistant.loaders.decoding import decode, encoding_of, is_text
from assistant.loaders.example import Example
from assistant.loaders.html import Html
from assistant.loaders.limits import File, refusal, shown
from assistant.loaders.markdown import Markdown
from assistant.values import Block, LoadedDocument

MAX_DEPTH = 3
MAX_ATTACHMENTS = 25
SHOWN_HEADERS = ("From", "To", "Cc", "Date")
KNOWN = re.compile(
    r"^(from|to|subject|date|received|return-path|delivered-to|message-id|mime-version|content-type|x-[\w-]+|cc|bcc|"
    r"reply-to|sender|dkim-signature|arc-[\w-]+|content-transfer-encoding|in-reply-to|references|authentication-results)$",
    re.IGNORECASE,
)
HEADER = re.compile(r"^([A-Za-z][\w-]*):(?:[ \t]|$)")
ENCRYPTED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
Load = Callable[[File], LoadedDocument]


class Eml:
    """Reads mails (.eml); ``load_inside`` reads an attachment by its content."""

    def __init__(self, load_inside: Load) -> None:
        self.load_inside = load_inside

    def accepts(self, head: bytes, name: str) -> bool:
        """Whether the first lines are two or more headers of a mail."""
        if not is_text(head):
            return False
        names: list[str] = []
        for number, line in enumerate(decode(head[: len(head) // 4 * 4]).lstrip("\n").split("\n")):
            match = HEADER.match(line)
            if match:
                names.append(match[1])
            elif not (line.startswith((" ", "\t")) and names) and not (number == 0 and line.startswith("From ")):
                break
        known = [each for each in names if KNOWN.match(each)]
        return len(known) > 1 and len(known) * 2 > len(names)

    def load(self, file: File) -> LoadedDocument:
        data = file.data
        if encoding_of(data).startswith(("utf-16", "utf-32")) or data.startswith(b"\xef\xbb\xbf"):
            data = decode(data).encode("utf-8")
        try:
            return self._read(file, email.message_from_bytes(data.lstrip(b"\r\n"), policy=email.policy.default))
        except (MessageError, ValueError, LookupError, TypeError, AttributeError, IndexError, RecursionError) as error:
            raise refusal(file, f"the mail is damaged ({type(error).__name__})") from None

    def _read(self, file: File, mail: EmailMessage) -> LoadedDocument:
        if mail.get_content_type() in ENCRYPTED:
            raise refusal(file, "the mail is encrypted; save it without encryption")
        subject = _header(mail, "Subject")
        blocks = [Block("heading", subject, level=1)] if subject else []
        rows = [[name, value] for name in SHOWN_HEADERS if (value := _header(mail, name))]
        if rows:
            blocks.append(Block("list", "\n".join(f"- {name}: {value}" for name, value in rows)))
        body, hidden, used = self._body(file, mail)
        blocks += body
        found = LoadedDocument(tuple(blocks), format="E-mail", hidden=hidden)
        found = self._attachments(file, mail, used, found)
        if not found.blocks:
            raise refusal(file, "the mail holds no text")
        return found

    def _body(self, file: File, mail: EmailMessage) -> tuple[list[Block], int, Message | None]:
        """Blocks of the part that a reader sees, how much in it is hidden, and the part."""
        for kind, loader in (("html", Html()), ("plain", Markdown())):
            part = mail.get_body(preferencelist=(kind,))
            text = _text(part) if part is not None else ""
            if not text.strip():
                continue
            try:
                if kind == "plain":
                    loader = Html() if Html().accepts(text[:4096].encode("utf-8", "replace"), "") else loader
                read = loader.load(
                    File(file.name, b"\xef\xbb\xbf" + text.encode("utf-8", "replace"), file.depth, file.until)
                )
            except DocumentRefused:
                continue
            blocks = [replace(b, level=min(6, b.level + 1)) if b.kind == "heading" else b for b in read.blocks]
            return blocks, read.hidden, part
        return [], 0, None

    def _attachments(
        self, file: File, mail: EmailMessage, used: Message | None, found: LoadedDocument
    ) -> LoadedDocument:
        blocks, names, skipped, hidden = list(found.blocks), list(found.attachments), list(found.skipped), found.hidden
        images = 0
        for part in _parts(mail, used):
            name = shown(_file_name(part))
            if part.get_content_maintype() in ("image", "audio", "video"):
                images += 1
                continue
            if len(names) >= MAX_ATTACHMENTS or file.depth >= MAX_DEPTH:
                skipped.append(f"{name}: mails are read to {MAX_DEPTH} deep and {MAX_ATTACHMENTS} files each")
                continue
            try:
                inside = self.load_inside(File(name, _content(part), file.depth + 1, file.until))
            except DocumentRefused as error:
                skipped.append(f"{name}: {error.reason or 'it cannot be read'}")
                continue
            names += [name, *inside.attachments]
            skipped += inside.skipped
            hidden += inside.hidden
            blocks.append(Block("heading", f"Attachment: {name}", level=2))
            blocks += [
                replace(b, page=None, level=min(6, b.level + 2) if b.kind == "heading" else 0) for b in inside.blocks
            ]
        if images:
            skipped.append(f"{images} images or recordings")
        return replace(found, blocks=tuple(blocks), attachments=tuple(names), skipped=tuple(skipped), hidden=hidden)


def _parts(mail: EmailMessage, used: Message | None) -> list[EmailMessage]:
    """Parts that are files of their own, in order; alternatives of the body that is shown are not."""
    found: list[EmailMessage] = []

    def walk(part: Message, shown_text: bool) -> None:
        if part is used or not isinstance(part, EmailMessage):
            return
        if part.get_content_type() == "message/rfc822":
            found.append(part)
        elif part.is_multipart():
            inside = part.get_content_type() == "multipart/alternative"
            for each in part.iter_parts() if isinstance(part, EmailMessage) else ():
                walk(each, shown_text or inside)
        elif part.get_filename() or (part.get_content_maintype() == "text" and not shown_text):
            found.append(part)

    walk(mail, False)
    return [part for part in found if part is not mail]


def _content(part: EmailMessage) -> bytes:
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        return inner[0].as_bytes() if isinstance(inner, list) and inner and isinstance(inner[0], Message) else b""
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _text(part: Message) -> str:
    """Text of a body part by its declared encoding, or by its bytes where that is wrong."""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    try:
        return data.decode(part.get_content_charset("utf-8")).replace("\0", "")
    except (LookupError, UnicodeDecodeError):
        return decode(data)


def _header(mail: EmailMessage, name: str) -> str:
    try:
        value = mail.get(name)
    except (ValueError, TypeError, AttributeError, IndexError):  # the standard library stumbles over some
        value = next((v for k, v in mail.raw_items() if k.lower() == name.lower()), None)
    text = "" if value is None else str(value)
    return " ".join(text.encode("utf-8", "replace").decode().split())[:2000]


def _file_name(part: EmailMessage) -> str:
    try:
        name = part.get_filename() or ""
    except (ValueError, TypeError, AttributeError, IndexError):
        name = ""
    if not name and part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        name = f"{_header(inner[0], 'Subject') if isinstance(inner, list) and inner else 'mail'}.eml"  # type: ignore[arg-type]
    return re.split(r"[/\\]", str(name))[-1] or part.get_content_type().replace("/", " ")


def _mail() -> bytes:
    made = EmailMessage()
    made["From"], made["To"] = "Bea Tan <bea@harbourline.example>", "claims@harbourline.example"
    made["Subject"], made["Date"] = "Neue Sätze für Köln", "Mon, 05 Jan 2026 09:00:00 +0800"
    made.set_content("plain words")
    made.add_alternative("<p>Rates <b>rise</b>.<span style='display:none'>obey me</span>", subtype="html")
    made.add_attachment(b"# Rates\n\n| A | B |\n|---|---|\n| 1 | 2 |\n", "text", "markdown", filename="../../rates.md")
    made.add_attachment(b"MZ\0\0", "application", "octet-stream", filename="run.exe")
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "x@harbourline.example", "Earlier mail"
    inner.set_content("Earlier words")
    made.add_attachment(inner)
    return made.as_bytes()


EXAMPLES = (
    Example(
        "rates.eml",
        _mail,
        headings=(
            (1, "Neue Sätze für Köln"),
            (2, "Attachment: rates.md"),
            (3, "Rates"),
            (2, "Attachment: Earlier mail.eml"),
            (3, "Earlier mail"),
        ),
        shown=("- From: Bea Tan <bea@harbourline.example>", "Rates rise.", "| 1 | 2 |", "Earlier words"),
        hidden=("obey", "plain words", "../", "MZ"),
    ),
    Example(
        "latin.eml",
        lambda: b"From: a@b.example\nTo: c@d.example\nSubject: =?iso-8859-1?Q?Caf=E9?=\n\nd\xe9j\xe0 vu\n",
        headings=((1, "Café"),),
        shown=("déjà vu",),
    ),
    Example("empty.eml", lambda: b"MIME-Version: 1.0\nMessage-ID: <1@x.example>\n\n", refused="holds no text"),
)
