"""The tokens: contrast of every pair by WCAG's own formula, and nothing in the style sheets that is not a token."""

from __future__ import annotations

import re

import pytest

from assistant.settings import ROOT
from assistant.ui.theme import DARK, DARK_SHADE, LIGHT, LIGHT_SHADE, PAIRS, SCALE, contrast, css, theme

SHEETS = sorted((ROOT / "assistant" / "ui" / "static").glob("*.css"))


def test_contrast_is_wcags() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
    assert contrast("#1f5f5b", "#1f5f5b") == 1


@pytest.mark.parametrize("look", ["light", "dark"])
def test_every_pair_can_be_read(look: str) -> None:
    colours = LIGHT if look == "light" else DARK
    for front, back, least in PAIRS:
        assert contrast(colours[front], colours[back]) >= least, f"{front} on {back}, {look}"


def test_both_looks_have_the_same_tokens() -> None:
    assert LIGHT.keys() == DARK.keys() and LIGHT_SHADE.keys() == DARK_SHADE.keys()
    assert css().count("--ground:") == 4


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_style_sheets_use_tokens_only(sheet: object) -> None:
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)  # type: ignore[attr-defined]
    known = LIGHT.keys() | LIGHT_SHADE.keys() | SCALE.keys() | {"sans", "mono"}
    own = set(re.findall(r"(--[a-z-]+)\s*:", text))
    used = {name for name in re.findall(r"var\((--[a-z-]+)", text) if name not in own}
    assert {name[2:] for name in used} <= known
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{]*;)", text), "colours belong into theme.py"
    assert "url(" not in text and "@import" not in text


def test_gradio_takes_the_tokens() -> None:
    made = theme()
    assert made.body_background_fill == made.body_background_fill_dark == "var(--ground)"
    assert made.button_primary_background_fill == "var(--accent)"
