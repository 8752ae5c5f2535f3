"""The themes that come with slmtui can be read: WCAG 2.2's 4.5 : 1 for every colour that carries text."""

from __future__ import annotations

from itertools import combinations, product
from math import dist
from pathlib import Path

import pytest
from textual.color import Color, rgb_to_lab
from textual.theme import Theme

from slmtui.config.locations import shipped_dir
from slmtui.config.themes import ThemeFile, load
from tests.tui.contrast import luminance

ENOUGH = 4.5
NAMES = sorted(path.stem for path in Path(shipped_dir("themes")).glob("*.toml"))
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


def contrast(ink: str, place: str) -> float:
    """Contrast ratio of a text colour on a background; `auto 60%` is black or white, partly opaque."""
    below = Color.parse(place)
    if ink.startswith("auto"):
        above = below + below.get_contrast_text(float(ink.removeprefix("auto").strip(" %")) / 100)
    else:
        above = below + Color.parse(ink)
    light, dark = sorted((luminance(*above.rgb), luminance(*below.rgb)), reverse=True)
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


@pytest.mark.parametrize("name", NAMES)
def test_every_theme_says_the_same_things(name: str):
    assert set(shipped(name).variables) == set(shipped("slmtui-dark").variables)
    assert set(shipped(name).colours) == set(shipped("slmtui-dark").colours)


def test_there_are_dark_ones_and_light_ones():
    assert {shipped(name).dark for name in NAMES} == {True, False}
    assert shipped("slmtui-dark").dark
    assert not shipped("slmtui-light").dark


@pytest.mark.parametrize(("ink", "place"), product((*INKS, "text-muted"), PLACES))
def test_high_contrast_is_7_to_1(ink: str, place: str):
    colours = drawn("slmtui-contrast")
    assert contrast(colours[ink], colours[place]) >= 7


# How a colour looks to eyes without one kind of cones: Machado, Oliveira and Fernandes 2009, severity 1.
BLIND = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def seen(colour: str, kind: str) -> tuple[float, float, float]:
    """A colour as such eyes see it, in CIE L*a*b*."""
    channels = (value / 255 for value in Color.parse(colour).rgb)
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    left = [min(max(sum(a * b for a, b in zip(row, linear, strict=True)), 0), 1) for row in BLIND[kind]]
    bent = [c * 12.92 if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in left]
    lab = rgb_to_lab(Color(*(round(c * 255) for c in bent)))
    return lab.L, lab.a, lab.b


@pytest.mark.parametrize(
    ("kind", "one", "other"), [(kind, *pair) for kind in BLIND for pair in combinations(STATES, 2)]
)
def test_the_states_stay_apart_for_colour_blind_eyes(kind: str, one: str, other: str):
    colours = drawn("slmtui-okabe-ito")
    assert dist(seen(colours[one], kind), seen(colours[other], kind)) >= 20
