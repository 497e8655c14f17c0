"""Who is asking: the cookie, the person behind it, and whether sample people may sign in by one click.

The cookie holds a random token and nothing else; who it belongs to, and with which rights, is asked of the people
store at every event. Nothing about identity is taken from the browser.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from assistant.errors import StewardError
from assistant.settings import Settings
from assistant.ui import i18n
from assistant.values import sentence

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit
    from assistant.values import Person

PROXY_HEADERS = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
SIGNED_OUT = sentence("You are signed out. Sign in again to go on.")


class SignedOut(StewardError):
    """The cookie is missing, over, or its person is suspended."""


def cookie_name(settings: Settings) -> str:
    """Cookies do not tell ports apart: two apps on one machine must not sign each other out."""
    return f"steward_session_{settings.port}"


def token_of(kit: Kit, connection: HTTPConnection) -> str:
    """The session token as the browser sent it, or an empty string."""
    return connection.cookies.get(cookie_name(kit.settings), "")


def person_of(kit: Kit, connection: HTTPConnection) -> Person | None:
    """The person signed in on this connection at this moment."""
    token = token_of(kit, connection)
    return kit.people.session(token) if token else None


def speak(kit: Kit, connection: HTTPConnection, person: Person | None = None) -> None:
    """Speak the language of who reads: their own choice, else the one chosen in this browser, else the browser's."""
    chosen = (person.language if person else "") or connection.cookies.get(language_cookie(kit.settings), "")
    if chosen not in i18n.LANGUAGES:
        chosen = i18n.preferred(connection.headers.get("accept-language", ""))
    i18n.use(chosen)


def language_cookie(settings: Settings) -> str:
    """Name of the cookie with the language chosen before signing in."""
    return f"steward_language_{settings.port}"


def demo_active(kit: Kit, connection: HTTPConnection) -> bool:
    """Whether one-click sign-in is open: by its setting, and only straight from this machine."""
    if not (kit.settings.loopback and _local(connection)):
        return False
    if kit.settings.demo == "auto":
        return all(person.sample for person in kit.people.everyone())
    return kit.settings.demo == "on"


def _local(connection: HTTPConnection) -> bool:
    """Straight from this machine: a proxy here would make everybody look local.

    The Host header has to be this machine's too: a page of another site whose name was pointed at 127.0.0.1 (DNS
    rebinding) sends its own.
    """
    if any(name in connection.headers for name in PROXY_HEADERS) or connection.client is None:
        return False
    return _loopback(connection.client.host) and _loopback(connection.url.hostname or "")


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
