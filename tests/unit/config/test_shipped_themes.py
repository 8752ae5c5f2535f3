"""The two themes that come with slmtui can be read: WCAG 2.2's 4.5 : 1 for every colour that carries text."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

from slmtui.config.locations import shipped_dir
from slmtui.config.themes import ThemeFile, load

ENOUGH = 4.5
NAMES = ("slmtui-dark", "slmtui-light")
PLACES = ("background", "surface", "panel", "boost")
STATES = ("success", "warning", "error")
INKS = ("foreground", "primary", "secondary", "accent", *STATES)


def shipped(name: str) -> ThemeFile:
    theme, problems = load(shipped_dir("themes") / f"{name}.toml")
    assert problems == []
    assert theme is not None
    return theme


def drawn(name: str) -> dict[str, str]:
    """Every colour Textual makes of a theme."""
    file = shipped(name)
    theme = Theme(
        name=file.name,
        dark=file.dark,
        luminosity_spread=file.luminosity_spread,
        text_alpha=file.text_alpha,
        variables=dict(file.variables),
        **file.colours,
    )
    return {**theme.to_color_system().generate(), **file.variables}


def luminance(colour: Color) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    channels = (value / 255 for value in colour.rgb)
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(ink: str, place: str) -> float:
    """Contrast ratio of a text colour on a background; `auto 60%` is black or white, partly opaque."""
    below = Color.parse(place)
    if ink.startswith("auto"):
        above = below + below.get_contrast_text(float(ink.removeprefix("auto").strip(" %")) / 100)
    else:
        above = below + Color.parse(ink)
    light, dark = sorted((luminance(above), luminance(below)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_formula_knows_black_on_white():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("name", "ink", "place"), product(NAMES, INKS, PLACES))
def test_text_in_every_colour_can_be_read_everywhere(name: str, ink: str, place: str):
    colours = drawn(name)
    assert contrast(colours[ink], colours[place]) >= ENOUGH


@pytest.mark.parametrize(
    ("name", "ink", "place"),
    product(NAMES, ("text", "foreground-muted", *(f"text-{ink}" for ink in (*INKS[1:], "muted"))), PLACES),
)
def test_what_textual_derives_for_text_can_be_read_everywhere(name: str, ink: str, place: str):
    colours = drawn(name)
    assert contrast(colours[ink], colours[place]) >= ENOUGH


@pytest.mark.parametrize(
    ("name", "ink"),
    product(NAMES, (*STATES, "foreground", "foreground-muted", "text-muted", "block-cursor-foreground")),
)
@pytest.mark.parametrize("place", ["block-cursor-background", "block-cursor-blurred-background"])
def test_a_state_can_be_read_under_the_cursor(name: str, ink: str, place: str):
    colours = drawn(name)
    assert contrast(colours[ink], colours[place]) >= ENOUGH


@pytest.mark.parametrize(("name", "place"), product(NAMES, ("primary", "accent", *STATES)))
def test_a_coloured_button_can_be_read(name: str, place: str):
    colours = drawn(name)
    assert contrast(colours["button-color-foreground"], colours[place]) >= ENOUGH


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "ink", ["footer-foreground", "footer-key-foreground", "footer-description-foreground"]
)
def test_the_footer_can_be_read(name: str, ink: str):
    colours = drawn(name)
    assert contrast(colours[ink], colours["footer-background"]) >= ENOUGH


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", ["background", "surface"])
def test_selected_text_can_be_read(name: str, place: str):
    colours = drawn(name)
    selected = Color.parse(colours[place]) + Color.parse(colours["input-selection-background"])
    assert contrast(colours["input-selection-foreground"], selected.hex) >= ENOUGH


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_is_one_that_textual_knows(name: str):
    bare = Theme(name="bare", primary="#45b8ac").to_color_system().generate()
    assert set(shipped(name).variables) <= set(bare)


def test_one_is_dark_and_one_is_light():
    assert [shipped(name).dark for name in NAMES] == [True, False]


def test_nothing_else_is_shipped():
    assert {path.stem for path in Path(shipped_dir("themes")).glob("*.toml")} == set(NAMES)
