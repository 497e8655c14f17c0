"""The few named errors of Steward. The message of each is a sentence for the person who meets it.

``TurnEnded`` and its children are early exits of a turn: ``pipeline/turn.py`` turns them into the user's text.
Everything else stops a command or the start of the app.
"""

from __future__ import annotations


class StewardError(Exception):
    """Base of all errors that Steward raises on purpose. ``str(error)`` may be shown to a person."""


class SettingsError(StewardError):
    """A setting cannot be used. The message names the setting, its value and what is allowed."""


class PolicyError(StewardError):
    """A policy file cannot be used. The message names file, key, value and the allowed values."""


class DataFolderInUse(StewardError):
    """Another process owns the data folder."""


class RecordUnavailable(StewardError):
    """The audit record cannot be written, so nothing may be answered."""


class EncoderUnavailable(StewardError):
    """The local encoder's weights are missing or damaged."""


class DocumentRefused(StewardError):
    """A file cannot be read into the knowledge base. The message names the file and the reason.

    ``reason`` is the reason alone, where a loader gave one.
    """

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


class NotFound(StewardError):
    """The object does not exist, or is not the asking person's: the two are not told apart."""


class TurnEnded(StewardError):
    """A turn ends early."""


class Refused(TurnEnded):
    """The question is not taken. The message says what to do instead; ``why`` is for the record."""

    def __init__(self, message: str, why: str = "refused") -> None:
        super().__init__(message)
        self.why = why


class FixedAnswer(TurnEnded):
    """A topic that a policy answers with a fixed text, which is the message; ``topic`` is for the record."""

    def __init__(self, message: str, topic: str) -> None:
        super().__init__(message)
        self.topic = topic


class AskedBack(TurnEnded):
    """The question has to be made clear first. ``choices`` are what it may mean, where they are known."""

    def __init__(self, message: str, choices: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.choices = choices


class ModelUnavailable(TurnEnded):
    """No tier could answer. ``tier`` is the last one tried."""

    def __init__(self, message: str, tier: str = "") -> None:
        super().__init__(message)
        self.tier = tier


class CheckFailed(TurnEnded):
    """A guard or check broke (not: said no). Nothing unchecked is shown."""


class HandedOff(TurnEnded):
    """A topic that a person must answer. ``group`` and ``respond_hours`` say who and by when; ``topic`` why."""

    def __init__(self, message: str, topic: str, group: str, respond_hours: float) -> None:
        super().__init__(message)
        self.topic, self.group, self.respond_hours = topic, group, respond_hours
