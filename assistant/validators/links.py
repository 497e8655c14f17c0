"""No images, no raw HTML, no link but to allowed hosts: an answer cannot carry data out when it is rendered.

Looks at the text as every Markdown flavour could read it (inline, reference, autolink, bare), after NFKC and without
invisible characters, and is stricter than any of them: a definition of a reference is refused whatever it points to.
What the page renders is filtered again by its content security policy. It does not judge what stands behind an
allowed address.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Any
from urllib.parse import unquote, urlsplit

from guardrails import register_validator  # type: ignore[import-untyped]

from assistant.validators.piece import PLACEHOLDER, AnswerCheck, Piece, example
from assistant.values import Verdict

IMAGE = re.compile(r"!\[(?!\d{1,3}\](?!\(|\[(?!\d{1,3}\])))")
DEFINITION = re.compile(r"(?m)^[ \t>*+-]{0,12}\[[^\]\n]{1,200}\]:[ \t]*\S")
INLINE = re.compile(r"\]\(\s*<?([^)\s>]*)")
REFERENCE = re.compile(r"\[[^\]\n]*\]\s?\[(?!\d{1,3}\])[^\]\n]*\]")
TAG = re.compile(r"<[/!?]?[a-zA-Z!?]")
AUTOLINK = re.compile(r"<([a-zA-Z][a-zA-Z0-9+.-]{1,31}:[^\s<>]*)>")
SCHEME = re.compile(r"(?<![a-z0-9])([a-z][a-z0-9+.-]{1,20}:\s?//[^\s<>\"']*|mailto:[^\s<>\"']+)", re.IGNORECASE)
SCRIPT = re.compile(
    r"(?:java|vb|live)\s*script\s*:|\bdata:\s*(?:[a-z]+/|[,;])|\b(?:blob|file|about|tel|sms):\S", re.IGNORECASE
)
BARE = re.compile(
    r"(?<![\w@/:.-])(?:www\.[^\s<>\"')]+|(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}(?:/[^\s<>\"')]+|\?[^\s]+))",
    re.IGNORECASE,
)

_IN = "Use the portal."
EXAMPLES: tuple[tuple[str, Piece, bool], ...] = (
    ("plain text with citations", example("Leave is 18 days, i.e. <3 weeks [1][2]. See and/or ask.", _IN), True),
    ("a placeholder is no tag", example("Write to <EMAIL_ADDRESS_1>! [1]", _IN), True),
    ("an exclamation before a citation", example("Done![1]", _IN), True),
    ("an allowed link", example("[portal](https://hr.harbourline.example/leave) [1]", _IN), True),
    ("an allowed bare address", example("See https://harbourline.example. [1]", _IN), True),
    ("allowed mail", example("[mail](mailto:help@harbourline.example) [1]", _IN), True),
    ("an image", example("![x](https://harbourline.example/a.png)", _IN), False),
    ("an image by reference", example("![x][evil]", _IN), False),
    ("another host", example("[here](https://evil.test/?q=secret) [1]", _IN), False),
    ("a host that only begins alike", example("https://harbourline.example.evil.test/a", _IN), False),
    ("a host that only ends alike", example("https://notharbourline.example/a", _IN), False),
    ("user name as host", example("https://harbourline.example@evil.test/", _IN), False),
    ("a backslash", example("https://evil.test\\@harbourline.example/", _IN), False),
    ("without scheme", example("[x](//evil.test/a)", _IN), False),
    ("relative", example("[x](/admin?delete=1)", _IN), False),
    ("a script", example("[x](javascript:alert(1))", _IN), False),
    ("a script in entities", example("[x](java&#115;cript:alert(1))", _IN), False),
    ("data", example("[x](data:text/html;base64,PHN2Zz4=)", _IN), False),
    ("an autolink", example("<https://evil.test/a>", _IN), False),
    ("an autolink of another scheme", example("<ftp://harbourline.example/a>", _IN), False),
    ("a definition", example("[1]: https://evil.test/a", _IN), False),
    ("a link by reference", example("see [this][evil] [1]", _IN), False),
    ("bare www", example("see www.evil.test now", _IN), False),
    ("bare host with a path", example("see evil.test/secret now", _IN), False),
    ("full-width address", example("ｈｔｔｐｓ：／／ｅｖｉｌ.test/a", _IN), False),
    ("zero-width inside", example("ht\u200btps://evil.test/a", _IN), False),
    ("a tag", example("hello <img src=x onerror=alert(1)>", _IN), False),
    ("an unclosed tag", example("hello <svg/onload=alert(1)", _IN), False),
    ("a comment", example("hello <!-- x -->", _IN), False),
    ("foreign mail", example("[mail](mailto:x@evil.test)", _IN), False),
)


@register_validator(name="steward/links", data_type="string")
class Links(AnswerCheck):
    """``hosts`` may be linked to, and their subdomains."""

    name = "links"
    whole_text = True

    def __init__(self, hosts: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hosts = tuple(host.lower().strip(".") for host in hosts)

    def judge(self, piece: Piece) -> Verdict:
        text = "".join(c for c in unicodedata.normalize("NFKC", piece.text) if unicodedata.category(c) != "Cf")
        text = PLACEHOLDER.sub("PLACEHOLDER", text)
        if IMAGE.search(text):
            return Verdict(self.name, False, None, "an image")
        if DEFINITION.search(text) or REFERENCE.search(text):
            return Verdict(self.name, False, None, "a link by reference")
        rest = AUTOLINK.sub(r" \1 ", text)
        if TAG.search(rest):
            return Verdict(self.name, False, None, "raw HTML")
        if SCRIPT.search(html.unescape(rest)):
            return Verdict(self.name, False, None, "an address that runs or holds content")
        for pattern in (INLINE, SCHEME, BARE):
            for match in pattern.finditer(rest):
                address = match.group(match.lastindex or 0)
                if not self.allows(address, inline=pattern is INLINE):
                    return Verdict(self.name, False, None, "a link to a host that is not allowed")
        return Verdict(self.name, True)

    def allows(self, address: str, *, inline: bool = False) -> bool:
        """Whether ``address`` leads to an allowed host by http, https or mail."""
        plain = unquote(html.unescape(address)).strip().rstrip(".,;:!?)*_]'\"")
        if not plain.isascii() or re.search(r"[\s\\\x00-\x1f]", plain):
            return False
        if not re.match(r"[a-z][a-z0-9+.-]*:", plain, re.IGNORECASE):
            if inline:
                return False
            plain = f"https://{plain}"
        try:
            parts = urlsplit(plain)
            host = parts.hostname or ""
        except ValueError:
            return False
        if parts.scheme.lower() == "mailto":
            host = parts.path.rpartition("@")[2].lower()
            return parts.path == "PLACEHOLDER" or ("," not in parts.path and self._known(host))
        return parts.scheme.lower() in ("http", "https") and "@" not in parts.netloc and self._known(host)

    def _known(self, host: str) -> bool:
        host = host.lower().rstrip(".")
        return any(host == allowed or host.endswith(f".{allowed}") for allowed in self.hosts)
