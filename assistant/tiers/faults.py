"""What can go wrong between a tier and its model server, as a sentence and whether another try may mend it.

The sentence is for the person who asked and says nothing that the server said: such texts can repeat parts of the
prompt. It does not cover time-outs of the answer, which ``vllm.py`` measures itself.
"""

from __future__ import annotations

import openai
from langchain_core.exceptions import ContextOverflowError

from assistant.policy import Tier
from assistant.values import sentence

CONNECT_S = 5.0
PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
"""Statuses that another try may mend."""
TOO_LONG = ("context length", "too long", "max_model_len")
"""How servers word a 400 for a prompt that does not fit."""


class Failed(Exception):
    """One try failed. ``again``: another one may succeed."""

    def __init__(self, sentence: str, *, again: bool = False) -> None:
        super().__init__(sentence)
        self.again = again


def failure(error: Exception, tier: Tier, started: bool) -> Failed:
    """``error`` of one request as a sentence. Order matters: the SDK's errors are each other's children."""
    server = sentence(f"The model server of tier {tier.name!r}")
    match error:
        case ContextOverflowError():
            return _too_long(tier)
        case openai.APIStatusError():
            return _status(error, tier, server)
        case openai.APITimeoutError():
            return Failed(f"{server} is down: it took no connection within {CONNECT_S:g} s.", again=True)
        case openai.APIConnectionError():
            if _cause(error, "ConnectError"):
                return Failed(f"{server} is down: it cannot be reached.", again=True)
            return Failed(f"{server} closed the connection without an answer.", again=True)
        case _ if started and (transport(error) or isinstance(error, openai.APIError)):
            return Failed(f"{server} broke off in the middle of its answer.")
        case openai.APIResponseValidationError():
            return Failed(f"{server} answered with something that cannot be read.")
        case openai.APIError():
            return Failed(f"{server} reported a fault instead of an answer.", again=True)
        case _ if transport(error):
            return Failed(f"{server} closed the connection without an answer.", again=True)
        case ValueError() | TypeError() | KeyError() | AttributeError() | IndexError():
            return Failed(f"{server} answered with something that cannot be read.")
    raise error


def _status(error: openai.APIStatusError, tier: Tier, server: str) -> Failed:
    match error.status_code:
        case 400 | 413 | 422 if error.status_code == 413 or any(w in str(error).lower() for w in TOO_LONG):
            return _too_long(tier)
        case 401 | 403:
            return Failed(f"{server} does not accept the key of api_key_file.")
        case 404:
            return Failed(f"{server} does not know the model {tier.model!r}.")
        case 429:
            return Failed(f"{server} is too busy.", again=True)
        case status:
            return Failed(f"{server} refused the request with status {status}.", again=status in PASSING)


def _too_long(tier: Tier) -> Failed:
    return Failed(
        f"The question with its passages is too long for the model of tier {tier.name!r}. "
        "Ask a shorter question, or start a new conversation."
    )


def transport(error: BaseException) -> bool:
    """Whether ``error`` is the HTTP library's: httpx, or the httpx2 that newer versions of the SDK bring."""
    return type(error).__module__.partition(".")[0] in ("httpx", "httpx2")


def _cause(error: BaseException, name: str) -> bool:
    """Whether an error called ``name`` stands behind ``error``: LangChain and the SDK each wrap once."""
    behind = error.__cause__
    while behind is not None and type(behind).__name__ != name:
        behind = behind.__cause__
    return behind is not None
