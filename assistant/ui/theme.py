"""The design tokens: every colour, size, radius, shadow and time of the pages, in one place.

``css()`` gives them as custom properties (served as ``/ui/tokens.css``; ``static/steward.css`` uses nothing else), and
``theme()`` hands the same properties to Gradio's own components. Light or dark follows the system unless the reader
chose one (``data-look`` on the root element, set by ``static/look.js``). ``tests/ui/test_theme.py`` computes the
contrast of every pair in ``PAIRS``. System fonts only: Gradio's themes name fonts that browsers would fetch elsewhere.
"""

from __future__ import annotations

from gradio.themes import Base

LIGHT = {
    "ground": "#f6f4ef", "raised": "#fffefb", "sunk": "#eeebe3", "line": "#dcd7cb", "edge": "#85827a",
    "ink": "#1c2422", "soft": "#565f5b", "accent": "#1f5f5b", "accent-strong": "#174946", "on-accent": "#fdfcf8",
    "tint": "#e3eeeb", "mark": "#fbe8a6", "care": "#824608", "care-ground": "#fcf0dc", "bad": "#9c2b23",
    "bad-ground": "#fbe9e6", "good": "#1f6a3d", "good-ground": "#e4f2e7",
    "paper": "#ffffff", "marker": "#f7d43b",
}  # fmt: skip
DARK = {
    "ground": "#131716", "raised": "#1b2120", "sunk": "#0f1312", "line": "#2f3735", "edge": "#74807c",
    "ink": "#e9e7e0", "soft": "#a5afaa", "accent": "#7cc8bf", "accent-strong": "#9bdad2", "on-accent": "#0d2321",
    "tint": "#1e3431", "mark": "#6a5615", "care": "#f0c078", "care-ground": "#33270f", "bad": "#f2a198",
    "bad-ground": "#3a1d1a", "good": "#8fd3a5", "good-ground": "#17301f",
    "paper": "#ffffff", "marker": "#f7d43b",
}  # fmt: skip
LIGHT_SHADE = {
    "shade": "0 1px 2px rgb(40 36 24 / 6%), 0 6px 24px rgb(40 36 24 / 6%)",
    "lift": "0 2px 6px rgb(40 36 24 / 8%), 0 18px 48px rgb(40 36 24 / 16%)",
    "scrim": "rgb(20 22 20 / 40%)",
}
DARK_SHADE = {
    "shade": "0 1px 2px rgb(0 0 0 / 40%), 0 8px 28px rgb(0 0 0 / 30%)",
    "lift": "0 2px 6px rgb(0 0 0 / 50%), 0 18px 48px rgb(0 0 0 / 55%)",
    "scrim": "rgb(0 0 0 / 60%)",
}
SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")
SCALE = {
    "text-xs": "0.75rem", "text-s": "0.8125rem", "text-m": "0.875rem", "text-l": "0.9375rem", "text": "1rem",
    "head-s": "1.0625rem", "head-m": "1.375rem", "head-l": "1.75rem", "head-xl": "1.875rem",
    "gap-xs": "4px", "gap-s": "8px", "gap-m": "12px", "gap-l": "16px", "gap-xl": "24px",
    "round-s": "6px", "round-m": "8px", "round-l": "10px", "round": "12px", "round-xl": "16px", "round-full": "99px",
    "quick": "120ms", "ease": "cubic-bezier(.2, 0, .2, 1)",
}  # fmt: skip
"""Type in rem, so that it follows the reader's own size."""

TEXT, SHAPE = 4.5, 3.0
PAIRS: tuple[tuple[str, str, float], ...] = (
    *((ink, ground, TEXT) for ink in ("ink", "soft") for ground in ("ground", "raised", "sunk", "tint")),
    *(("accent", ground, TEXT) for ground in ("ground", "raised", "sunk", "tint")),
    ("on-accent", "accent", TEXT), ("on-accent", "accent-strong", TEXT), ("ink", "mark", TEXT),
    ("care", "care-ground", TEXT), ("bad", "bad-ground", TEXT), ("good", "good-ground", TEXT),
    ("care", "raised", TEXT), ("bad", "raised", TEXT), ("bad", "ground", TEXT),
    *(("edge", ground, SHAPE) for ground in ("ground", "raised", "sunk")),
    *(("accent", ground, SHAPE) for ground in ("ground", "raised", "sunk")),
)  # fmt: skip
"""(foreground, background, least contrast by WCAG 2.2): text 4.5, edges of fields and the focus ring 3."""


def css() -> str:
    """The tokens as custom properties of the root element, for light, dark and the system's choice."""
    fonts = {"sans": ", ".join(_quoted(SANS)), "mono": ", ".join(_quoted(MONO))}
    light, dark = _properties(LIGHT | LIGHT_SHADE), _properties(DARK | DARK_SHADE)
    return (
        f":root {{ color-scheme: light; {_properties(SCALE | fonts)} {light} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root:not([data-look=light]) {{ color-scheme: dark; {dark} }} }}\n"
        f":root[data-look=dark] {{ color-scheme: dark; {dark} }}\n"
        f"@media print {{ :root, :root[data-look=dark] {{ color-scheme: light; {light} }} }}\n"
    )


def theme() -> Base:
    """One theme for light and dark: the properties change, not the theme."""
    colours = {
        "body_background_fill": "ground", "body_text_color": "ink", "input_background_fill": "raised",
        "input_border_color": "edge", "input_placeholder_color": "soft", "button_primary_background_fill": "accent",
        "button_primary_background_fill_hover": "accent-strong", "button_primary_text_color": "on-accent",
        "button_secondary_background_fill": "raised", "button_secondary_background_fill_hover": "sunk",
        "button_secondary_border_color": "edge", "button_secondary_text_color": "ink", "block_label_text_color": "soft",
        "block_title_text_color": "soft", "block_info_text_color": "soft", "table_even_background_fill": "raised",
        "table_odd_background_fill": "ground", "table_border_color": "line", "border_color_primary": "line",
        "link_text_color": "accent", "link_text_color_hover": "accent-strong", "link_text_color_visited": "accent",
        "checkbox_background_color_selected": "accent", "checkbox_border_color": "edge", "color_accent": "accent",
        "loader_color": "accent", "error_background_fill": "bad-ground", "error_text_color": "bad",
    }  # fmt: skip
    both = {f"{name}{mode}": f"var(--{token})" for name, token in colours.items() for mode in ("", "_dark")}
    known = {name: value for name, value in both.items() if name in Base.set.__code__.co_varnames}
    return Base(font=SANS, font_mono=MONO).set(
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        block_radius="var(--round)",
        input_radius="var(--round-m)",
        button_large_radius="var(--round-l)",
        button_small_radius="var(--round-m)",
        **known,
    )


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two ``#rrggbb`` colours, 1 to 21 (WCAG 2.2, definition of contrast ratio)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _properties(values: dict[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in values.items())


def _quoted(names: tuple[str, ...]) -> list[str]:
    return [f'"{name}"' if " " in name else name for name in names]
