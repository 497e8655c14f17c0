"""Secrets: private keys, access keys and tokens of known form, passwords that stand behind a word saying so.

A password is taken when it follows "password", "token", "api key" and the like, and does not read like a word: it
mixes letters with digits or signs, or is a long run of digits. There is no rule on entropy alone: it would take the
hashes and document numbers of an office for keys. It misses passwords that are plain words, and tokens of unknown form
that no word announces.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Any

from presidio_analyzer import EntityRecognizer, LocalRecognizer, RecognizerResult

_PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIBOgIBAAJBAK\nq3c0\n-----END RSA PRIVATE KEY-----"
_GITHUB = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
_JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0"
EXAMPLES: tuple[tuple[str, list[tuple[str, str]]], ...] = (
    (f"key:\n{_PEM}\nthanks", [(_PEM, "SECRET")]),
    ("AKIAIOSFODNN7EXAMPLE is ours", [("AKIAIOSFODNN7EXAMPLE", "SECRET")]),
    (f"use {_GITHUB} for it", [(_GITHUB, "SECRET")]),
    ("slack xoxb-123456789012-abcdefGHIJKL", [("xoxb-123456789012-abcdefGHIJKL", "SECRET")]),
    ("sk-proj-abc123DEF456ghi789JKL012", [("sk-proj-abc123DEF456ghi789JKL012", "SECRET")]),
    (f"Bearer {_JWT}", [(_JWT, "SECRET")]),
    ("my password is Summer2026! why does it fail", [("Summer2026!", "SECRET")]),
    ("password: hunter2", [("hunter2", "SECRET")]),
    (
        "bot 123456789:AA" + "Hk3_9xQ2vL0pZrT5wYb8cNd1eFgJmS4uX",
        [("123456789:AA" + "Hk3_9xQ2vL0pZrT5wYb8cNd1eFgJmS4uX", "SECRET")],
    ),
    ("AccountKey=" + "aB3d" * 21 + "aB==;", [("aB3d" * 21 + "aB==", "SECRET")]),
    ("hvs." + "CAESIJ3k9xQ2vL0pZrT5wYb8c1d2" + " in Vault", [("hvs." + "CAESIJ3k9xQ2vL0pZrT5wYb8c1d2", "SECRET")]),
    ('api_key="Zx81kq90PlmN"', [("Zx81kq90PlmN", "SECRET")]),
    ("postgres://app:s3cr3tpw@db/x", [("s3cr3tpw", "SECRET")]),
    ("How do I reset my password? The password is expired.", []),
    ("Password: required every 90 days, at least 12 characters", []),
    ("The token is 2-factor and the passcode: optional", []),
    ("Passwords policy v2.1, secret: confidential-restricted", []),
    ("SHA-256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, commit 5c0e8fa12b", []),
    ("Document HM-POL-2024-00123-v2.1, UUID 123e4567-e89b-12d3-a456-426614174000, build sk-2024.01", []),
    ("task-force-leaders-2026 and risk-appetite-statement-of-2026", []),
)

FORMATS: dict[str, str] = {
    "private key": r"-----BEGIN [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:.*?-----END [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----|.*\Z)|\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b",
    "AWS": r"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b",
    "GitHub": r"\bgh[pousr]_[A-Za-z0-9]{30,255}\b|\bgithub_pat_[A-Za-z0-9_]{22,255}\b",
    "GitLab": r"\bgl(?:pat|dt|rt|ptt|ft|soat|cbt|oas)-[A-Za-z0-9_-]{20,255}",
    "Slack": r"\bxox[abeoprs]-[A-Za-z0-9-]{10,255}|\bxapp-[A-Za-z0-9-]{10,255}"
    r"|\bhooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/_-]{20,255}",
    "Stripe": r"\b(?:sk|rk|pk|whsec)_(?:live|test)_[A-Za-z0-9]{16,255}",
    "OpenAI, Anthropic": r"(?<![\w-])sk-(?:proj-|ant-|svcacct-)?(?=[\w-]*\d)[A-Za-z0-9_-]{20,255}",
    "Google": r"\bAIza[0-9A-Za-z_-]{35}|\bGOCSPX-[A-Za-z0-9_-]{28}|\bya29\.[A-Za-z0-9_-]{20,1024}",
    "Azure": r"(?<=AccountKey=)[A-Za-z0-9+/]{86}==|(?<=SharedAccessKey=)[A-Za-z0-9+/]{43}=",
    "Hugging Face": r"\bhf_[A-Za-z0-9]{30,255}\b",
    "npm, PyPI": r"\bnpm_[A-Za-z0-9]{36}\b|\bpypi-AgE[A-Za-z0-9_-]{50,1024}",
    "JSON web token": r"\beyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{8,4096}",
    "SendGrid, Mailchimp, Twilio": r"\bSG\.[\w-]{22}\.[\w-]{43}|\b[0-9a-f]{32}-us\d{1,2}\b|\b(?:AC|SK)[0-9a-f]{32}\b",
    "Telegram": r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b",
    "DigitalOcean, Databricks": r"\bdo[oprt]_v1_[0-9a-f]{64}\b|\bdapi[0-9a-f]{32}(?:-\d)?\b",
    "Shopify, Square": r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b|\bsq0(?:atp|csp)-[A-Za-z0-9_-]{22,43}",
    "Vault, Grafana, Atlassian": r"\bhv[sbr]\.[A-Za-z0-9_-]{24,300}|\bgls?a_[A-Za-z0-9]{32}_[0-9a-f]{8}\b"
    r"|\bATATT3[A-Za-z0-9_=-]{50,300}",
}
"""Issuer to the form of its keys, as the issuers document them; each begins with a mark that no word has."""
KNOWN = re.compile("|".join(FORMATS.values()), re.DOTALL)
SAID = re.compile(
    r"\b(?:(?:pass(?:word|wd|phrase|code)?|pwd|pw|secret(?:[ _-]key)?"
    r"|(?:api|auth|access|refresh|bearer)[ _-]?(?:key|token)"
    r"|apikey|token|client[ _-]secret|credentials?)"
    r"(?:\s(?:for|to|of)\s(?:\S{1,24}\s){1,4}?)?[\"']?\s{0,2}(?::=?|=>?|->|\bis\b:?|\bwas\b:?|\bare\b:?)\s{0,2}|Bearer\s)"
    r"[\"'`]?(?P<value>[^\s\"'`<>]{6,256})",
    re.IGNORECASE,
)
IN_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{1,64}:(?P<value>[^\s/@]{3,128})@", re.IGNORECASE)
PLAIN_PARTS = re.compile(r"(?:[A-Za-z]+|\d{1,4})(?:[-_./:](?:[A-Za-z]+|\d{1,4}))*")


class SecretRecognizer(LocalRecognizer):
    """Score 0.95 for known forms, 0.8 for what a word announces."""

    def __init__(self) -> None:
        super().__init__(supported_entities=["SECRET"], name="SecretRecognizer")

    def load(self) -> None:
        """Nothing to load."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Findings in ``text``."""
        found = [(m.start(), m.end(), 0.95) for m in KNOWN.finditer(text)]
        for pattern in (SAID, IN_ADDRESS):
            for match in pattern.finditer(text):
                value = match.group("value").rstrip(".,;:)?" if pattern is SAID else "")
                if pattern is IN_ADDRESS or looks_secret(value):
                    found.append((match.start("value"), match.start("value") + len(value), 0.8))
        keys = RecognizerResult
        origin = {keys.RECOGNIZER_NAME_KEY: type(self).__name__, keys.RECOGNIZER_IDENTIFIER_KEY: self.id}
        results = [RecognizerResult("SECRET", s, e, score, recognition_metadata=dict(origin)) for s, e, score in found]
        return EntityRecognizer.remove_duplicates(results)


def looks_secret(value: str) -> bool:
    """Whether ``value`` is unlike words, dates and version numbers: mixed, or many digits, and not repetitive."""
    if len(value) < 6 or not any(c.isalnum() for c in value):
        return False
    if value.isdigit():
        return len(value) >= 6
    if PLAIN_PARTS.fullmatch(value):
        return False
    return bits_per_character(value) >= 2.2 and (any(c.isdigit() for c in value) or any(not c.isalnum() for c in value))


def bits_per_character(value: str) -> float:
    """Shannon entropy of the characters of ``value``."""
    counts = Counter(value)
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
