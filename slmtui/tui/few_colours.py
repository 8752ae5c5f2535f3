"""Any theme in a terminal of sixteen colours, or of none.

Taken one by one, the nearest of sixteen colours make grey words on grey ground. Here they are chosen in
pairs: the ground is black or white, what is marked on it stands out, and text takes the nearest colour that
can be read there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

Colours = Literal["many", "few", "none"]
# Terminals without any colour; everything else that is not known to have more has sixteen.
_COLOURLESS = {"dumb", "vt52", "vt100", "vt102", "vt220"}
# The sixteen colours as xterm has them; the dark grey is another one in each terminal, so it is not used.
_PALETTE = (
    "#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5",
    "#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff",
)  # fmt: skip
_SIXTEEN = tuple(Color.parse(each) for each in _PALETTE)
_BLACK, _SILVER, _GREY, _WHITE = 0, 7, 8, 15
_READABLE = 4.5
# Grounds that differ less than this are shades of one ground.
_SHADES = 2.0
# Below this saturation or value a colour is a grey.
_PALE, _DARK = 0.22, 0.25
_ROLES = ("background", "block-cursor-background", "block-cursor-blurred-background", "scrollbar")
_DEFAULT = Style.from_color(RichColor.default(), RichColor.default())


def colours_of(environment: Mapping[str, str], color_system: str | None) -> Colours:
    """How many colours a terminal has, by its type and by what Rich makes of it."""
    if environment.get("TERM", "").split("-")[0] in _COLOURLESS:
        return "none"
    return "few" if color_system in (None, "standard", "windows") else "many"


class FewColours(LineFilter):
    """Draws what a theme means: its ground, what is marked, and text that can be read.

    Args:
        colours: "few", or "none" for bold, underlined and reversed text alone.
        theme: the colours of the theme in use, by name.
    """

    def __init__(self, colours: Colours, theme: Callable[[], Mapping[str, str]]) -> None:
        super().__init__()
        self._colours = colours
        self._theme = theme
        self._known: dict[tuple[object, ...], Style] = {}

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same text in colours that the terminal has."""
        theme = {name: self._theme()[name] for name in _ROLES}
        return [
            segment if segment.style is None else segment._replace(style=self._style(segment.style, theme))
            for segment in segments
        ]

    def _style(self, style: Style, theme: dict[str, str]) -> Style:
        key = (style, *theme.values())
        if key not in self._known:
            self._known[key] = self._made(style, *(Color.parse(theme[name]) for name in _ROLES))
        return self._known[key]

    def _made(self, style: Style, ground: Color, cursor: Color, resting: Color, scrollbar: Color) -> Style:
        ink, place = _colour(style.color, ground), _colour(style.bgcolor, ground)
        if style.reverse:
            ink, place = place, ink
        dark = ground.brightness < 0.5
        marked = place in (cursor, scrollbar) or contrast(place, ground) >= _SHADES
        # The cursor of a list that has not the focus is no more than underlined.
        style += Style(underline=True) if place == resting else Style()
        if self._colours == "none":
            return style + _DEFAULT + Style(reverse=marked)
        below = _BLACK if dark else _WHITE
        if marked:
            # The cursor's own shade is too near the ground's; a coloured button keeps its colour.
            below = (_WHITE if dark else _BLACK) if place == cursor else nearest(place)
            below = _SILVER if place == scrollbar else below
        above = nearest(ink, _SIXTEEN[below])
        return style + Style(color=f"color({above})", bgcolor=f"color({below})", reverse=False)


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of WCAG 2.2."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def nearest(colour: Color, place: Color | None = None) -> int:
    """The number of the nearest of sixteen colours; on a `place`, of those that can be read there."""
    able = [
        number
        for number, each in enumerate(_SIXTEEN)
        if number != _GREY and (place is None or contrast(each, place) >= _READABLE)
    ]
    return min(able, key=lambda number: _distance(_SIXTEEN[number], colour))


def _colour(colour: RichColor | None, other: Color) -> Color:
    return other if colour is None or colour.is_default else Color.from_rich_color(colour)


def _luminance(colour: Color) -> float:
    channels = (value / 255 for value in colour.rgb)
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _distance(one: Color, other: Color) -> float:
    """How different two colours look: the hue first, for shades are what sixteen colours have not."""
    (h1, s1, v1), (h2, s2, v2) = one.hsv, other.hsv
    grey1, grey2 = (s <= _PALE or v <= _DARK for s, v in ((s1, v1), (s2, v2)))
    if grey1 != grey2:
        return 2 + abs(v1 - v2)
    turn = 0 if grey1 else min(abs(h1 - h2), 1 - abs(h1 - h2))
    return 4 * turn + 0.3 * abs(v1 - v2)
