"""Settings come from the environment once, typed, and a wrong one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import settings
from assistant.errors import SettingsError


def test_defaults_need_no_environment() -> None:
    assert settings.load({}) == settings.Settings()
    assert settings.load({}).loopback and settings.load({}).data_dir == settings.ROOT / "var"


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("STEWARD_PORT", "8080", "port", 8080),
        ("STEWARD_DATA_DIR", "/srv/steward", "data_dir", Path("/srv/steward")),
        ("STEWARD_SAMPLES", "false", "samples", False),
        ("STEWARD_TURN_TIMEOUT_S", "2.5", "turn_timeout_s", 2.5),
        ("STEWARD_HOST", "0.0.0.0", "loopback", False),
        ("STEWARD_HOST", "::1", "loopback", True),
        ("STEWARD_PORT", "", "port", 7860),
        ("OTHER_PORT", "1", "port", 7860),
    ],
)
def test_a_variable_sets_its_field(name: str, value: str, field: str, expected: object) -> None:
    assert getattr(settings.load({name: value}), field) == expected


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("STEWARD_PORT", "abc", "integer"),
        ("STEWARD_PORT", "70000", "65535"),
        ("STEWARD_SAMPLES", "perhaps", "boolean"),
        ("STEWARD_DEMO", "maybe", "'auto', 'on' or 'off'"),
        ("STEWARD_TURN_TIMEOUT_S", "-1", "greater than 0"),
        ("STEWARD_LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(name: str, value: str, says: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings.load({name: value})
    assert str(refused.value).startswith(f"{name} is '{value}'") and says in str(refused.value)


def test_an_unknown_setting_is_named_and_the_known_ones_listed() -> None:
    with pytest.raises(SettingsError) as refused:
        settings.load({"STEWARD_DATADIR": "/srv"})
    said = str(refused.value)
    assert said.startswith("STEWARD_DATADIR is not a setting")
    assert all(f"STEWARD_{name.upper()}" in said for name in settings.Settings.model_fields)


def test_settings_cannot_be_changed_once_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        settings.load({}).port = 1  # type: ignore[misc]
