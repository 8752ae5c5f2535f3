"""In sixteen colours, or in none, everything can be read and the states and the cursor stay apart."""

from __future__ import annotations

from itertools import product

import pytest
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from slmtui.config.locations import shipped_dir
from slmtui.config.themes import load
from slmtui.tui.few_colours import _SIXTEEN, Colours, FewColours, colours_of, contrast
from slmtui.tui.themes import as_theme

NAMES = sorted(path.stem for path in shipped_dir("themes").glob("*.toml"))
INKS = (
    "foreground",
    "text-muted",
    "text-primary",
    "text-accent",
    "text-success",
    "text-warning",
    "text-error",
)
PLACES = ("background", "surface", "panel", "boost", "block-cursor-background", "primary", "error")


def drawn(name: str, ink: str, place: str, colours: Colours = "few", **other: bool) -> Style:
    file, _ = load(shipped_dir("themes") / f"{name}.toml")
    assert file is not None
    theme = as_theme(file)
    every = {**theme.to_color_system().generate(), **theme.variables}
    style = Style(color=Color.parse(every[ink]).hex6, bgcolor=Color.parse(every[place]).hex6, **other)
    filter_ = FewColours(colours, lambda: every)
    made = filter_.apply([Segment("text", style)], Color(0, 0, 0))[0].style
    assert made is not None
    return made


def numbers(style: Style) -> tuple[int, int]:
    assert style.color is not None
    assert style.bgcolor is not None
    assert style.color.type == style.bgcolor.type == ColorType.STANDARD
    return style.color.number or 0, style.bgcolor.number or 0


@pytest.mark.parametrize("name", NAMES)
def test_every_text_can_be_read_in_sixteen_colours(name: str) -> None:
    for ink, place in product(INKS, PLACES):
        above, below = numbers(drawn(name, ink, place))
        assert contrast(_SIXTEEN[above], _SIXTEEN[below]) >= 4.5, (ink, place)


@pytest.mark.parametrize("name", NAMES)
def test_the_cursor_and_a_button_stand_out(name: str) -> None:
    _, ground = numbers(drawn(name, "foreground", "background"))
    for shade in ("surface", "panel", "boost"):
        assert numbers(drawn(name, "foreground", shade))[1] == ground
    for marked in ("block-cursor-background", "primary", "error"):
        assert numbers(drawn(name, "foreground", marked))[1] != ground


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("colours", ["few", "none"])
def test_a_cursor_without_the_focus_is_underlined(name: str, colours: Colours) -> None:
    assert drawn(name, "foreground", "block-cursor-blurred-background", colours).underline
    assert not drawn(name, "foreground", "panel", colours).underline


@pytest.mark.parametrize("name", ["slmtui-dark", "slmtui-contrast", "slmtui-okabe-ito"])
def test_a_success_is_green_and_an_error_red(name: str) -> None:
    assert numbers(drawn(name, "success", "background"))[0] in (2, 6, 10, 14)
    assert numbers(drawn(name, "error", "background"))[0] in (1, 9, 3)


@pytest.mark.parametrize("name", NAMES)
def test_without_colours_what_is_marked_is_reversed(name: str) -> None:
    for place in ("background", "surface", "panel", "boost"):
        assert not drawn(name, "text-error", place, "none").reverse
    for place in ("block-cursor-background", "primary"):
        made = drawn(name, "foreground", place, "none", bold=True)
        assert made.reverse
        assert made.bold
        assert made.color is not None
        assert made.color.is_default
    assert drawn(name, "foreground", "background", "none", reverse=True).reverse


@pytest.mark.parametrize(
    ("term", "system", "colours"),
    [
        ("xterm", "standard", "few"),
        ("linux", "standard", "few"),
        ("", "windows", "few"),
        ("xterm-256color", "256", "many"),
        ("xterm-256color", "truecolor", "many"),
        ("vt100", "standard", "none"),
        ("dumb", None, "none"),
    ],
)
def test_a_terminal_says_how_many_colours_it_has(term: str, system: str | None, colours: Colours) -> None:
    assert colours_of({"TERM": term}, system) == colours
