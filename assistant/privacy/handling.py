"""What ``policies/pii.yaml`` says is done to a finding, carried out on a text.

mask and block: a placeholder of the conversation's map. hash: ``[ENTITY#fingerprint]``, HMAC-SHA-256 under a key of
this installation, cut to 48 bits: the same value gives the same one in every conversation, so that records can be
linked, and without the key it cannot be found by trying values. drop: ``[ENTITY removed]``, and the value is kept
nowhere. Whether a question is refused ("block") is for its guard to say.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from assistant.policy import Pii
from assistant.privacy.placeholders import PlaceholderMap
from assistant.values import Masked, Span

FINGERPRINT = 12
"""Hex digits of a fingerprint."""


@dataclass(frozen=True)
class Handler:
    """The policy with the key of its fingerprints."""

    policy: Pii
    key: bytes

    def to_replace(self, spans: Iterable[Span], audience: str = "") -> list[Span]:
        """Those of ``spans`` that a model may not see, in a passage of ``audience`` or (by default) a question."""
        return [s for s in spans if self.policy.replaces(s.entity, audience)]

    def mask(self, text: str, spans: Iterable[Span], placeholders: PlaceholderMap, audience: str = "") -> Masked:
        """``text`` with every span handled as its entity is; values that ``placeholders`` knows are masked too."""

        def instead(span: Span, value: str) -> str | None:
            match self.policy.handling(span.entity, audience):
                case "hash":
                    return f"[{span.entity}#{self.fingerprint(span.entity, value)}]"
                case "drop":
                    return f"[{span.entity} removed]"
                case _:
                    return None

        return placeholders.mask(text, self.to_replace(spans, audience), instead)

    def fingerprint(self, entity: str, value: str) -> str:
        """The keyed hash of ``value``, spaces and case aside."""
        plain = "".join(value.split()).casefold()
        digest = hmac.new(self.key, f"{entity}\0{plain}".encode("utf-8", "surrogatepass"), hashlib.sha256)
        return digest.hexdigest()[:FINGERPRINT]
