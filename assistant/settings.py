"""Every setting of Steward in one typed place, read once from the environment.

Each field is the environment variable ``STEWARD_<NAME>``; its default and help text are the documentation that
README prints (checked by ``cog``). What a compliance officer decides is not here but in ``policies/``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import SettingsError

PREFIX = "STEWARD_"
NOT_SETTINGS = ("STEWARD_TEST_", "STEWARD_PYTHON")
"""Read by the shell scripts, not by the app."""
ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseModel):
    """Where things lie and how large they may get."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(7860, ge=1, le=65535, description="Port to listen on.")
    data_dir: Path = Field(ROOT / "var", description="Folder for people, conversations, index and keys.")
    audit_db: Path = Field(ROOT / "audit.db", description="The record.")
    policies_dir: Path = Field(ROOT / "policies", description="Folder of the policy files.")
    knowledge_dir: Path = Field(ROOT / "knowledge", description="Folder of samples/ and inbox/.")
    samples: bool = Field(True, description="Index the sample company and its people at first start.")
    demo: Literal["auto", "on", "off"] = Field(
        "auto",
        description="One-click sign-in as a sample person, on loopback only. "
        "auto: on until the first real person is added.",
    )
    encoder_threads: int = Field(2, ge=1, le=64, description="Threads of the local encoder.")
    languages: str = Field("en", description="Content languages, comma separated.")
    question_max_chars: int = Field(4000, ge=100, description="Longest question taken, in characters.")
    turns_per_minute: int = Field(30, ge=1, description="Questions a person may ask in a minute.")
    turn_timeout_s: float = Field(180.0, gt=0, description="Seconds after which a turn is given up.")
    session_hours: float = Field(12.0, gt=0, description="Hours after which a sign-in ends.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What the log shows.")

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the app."""
        return self.host in {"127.0.0.1", "localhost", "::1"}


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from ``environ`` (default: the process environment).

    Raises SettingsError naming the variable, its value and what is wrong with it.
    """
    source = os.environ if environ is None else environ
    ours = {k: v for k, v in source.items() if k.startswith(PREFIX) and not k.startswith(NOT_SETTINGS)}
    given = {k[len(PREFIX) :].lower(): v for k, v in ours.items() if v != ""}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        known = ", ".join(PREFIX + field.upper() for field in Settings.model_fields)
        if first["type"] == "extra_forbidden":
            raise SettingsError(f"{name} is not a setting of Steward. Settings are: {known}.") from None
        raise SettingsError(f"{name} is {first['input']!r}: {first['msg']}.") from None
