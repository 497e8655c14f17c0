"""Refuses and notes every look-up and every connection off this machine, in the process that calls ``install``.

Covers what goes through Python's ``socket``; native code (onnxruntime, Chroma) does not, and is the business of the
system-call trace in ``test_egress.py``. A library that swallows the refusal is still found in ``attempts``.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

LOCAL_NAMES = ("", "localhost", "localhost.localdomain", "ip6-localhost")
attempts: list[str] = []


class NetworkRefused(OSError):
    """Something off this machine was about to be asked."""


def is_local(host: Any) -> bool:
    """Whether ``host`` (name, number, None) is this machine."""
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if text is None or text in LOCAL_NAMES or text == socket.gethostname():
        return True
    try:
        address = ipaddress.ip_address(str(text).split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def install(note: Callable[[str], None] = attempts.append) -> None:
    """Replace the functions of ``socket`` for the rest of the process; ``note`` is told of every refusal."""

    def refuse(what: str) -> None:
        note(what)
        raise NetworkRefused(f"no network in tests: {what}")

    def look_up(real: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
            if not is_local(host[0] if isinstance(host, tuple) else host):
                refuse(f"look-up of {host!r}")
            return real(host, *args, **kwargs)

        return guarded

    def to_address(real: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(self: socket.socket, *args: Any) -> Any:
            address = args[-1]
            off = isinstance(address, tuple) and not is_local(address[0])
            if off and self.family in (socket.AF_INET, socket.AF_INET6):
                refuse(f"connection to {address!r}")
            return real(self, *args)

        return guarded

    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getnameinfo"):
        setattr(socket, name, look_up(getattr(socket, name)))
    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, to_address(getattr(socket.socket, name)))
