"""The look that Gradio's own components take on. Colours are the variables of ``static/steward.css``.

System fonts only: Gradio's own themes name fonts that browsers would fetch elsewhere.
"""

from __future__ import annotations

from gradio.themes import Base

SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def theme() -> Base:
    """One theme for light and dark: the variables change, not the theme."""
    return Base(font=SANS, font_mono=MONO).set(
        body_background_fill="var(--ground)",
        body_background_fill_dark="var(--ground)",
        body_text_color="var(--ink)",
        body_text_color_dark="var(--ink)",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        input_background_fill="var(--raised)",
        input_background_fill_dark="var(--raised)",
        input_border_color="var(--line)",
        input_border_color_dark="var(--line)",
        button_primary_background_fill="var(--accent)",
        button_primary_background_fill_dark="var(--accent)",
        button_primary_background_fill_hover="var(--accent-strong)",
        button_primary_background_fill_hover_dark="var(--accent-strong)",
        button_primary_text_color="var(--on-accent)",
        button_primary_text_color_dark="var(--on-accent)",
    )
