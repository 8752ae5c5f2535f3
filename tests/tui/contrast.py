"""How well the text on a screen can be read: WCAG 2.2's contrast of every letter on what is behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.color import Color
from rich.style import Style
from textual.app import App
from textual.errors import NoWidget
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button

ENOUGH = 4.5
# Lines, bars, plots and scrollbars are no text: what they show stands beside them in words or figures.
_DRAWN = (range(0x2500, 0x25A0), range(0x2800, 0x2900), range(0x1FB00, 0x1FC00))


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text in one style, and the widget that drew it."""

    words: str
    ink: str
    place: str
    widget: str
    ratio: float

    def __str__(self) -> str:
        return f"{self.ratio:4.2f}  {self.ink} on {self.place}  {self.widget}: {self.words!r}"


def luminance(red: int, green: int, blue: int) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    parts = (value / 255 for value in (red, green, blue))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(ink: Color, place: Color) -> float:
    """The contrast of two colours: from 1 to 21."""
    assert ink.triplet is not None
    assert place.triplet is not None
    light, dark = sorted((luminance(*ink.triplet), luminance(*place.triplet)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def texts(app: App[int]) -> Iterator[Text]:
    """Every piece of text on the screen as it is drawn.

    Left out, as WCAG does, is what cannot be used now: disabled fields, and what lies greyed out below a
    window. Not so a disabled button: it says what goes on, or what is missing.
    """
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        x = 0
        for segment in strip:
            words = "".join(letter for letter in segment.text if not _is_drawn(letter)).strip()
            style = segment.style
            if words and style is not None and style.color is not None and style.bgcolor is not None:
                widget = _widget_at(app.screen, x + len(segment.text) - len(segment.text.lstrip()), y)
                if widget is not None:
                    yield _text(words, style, widget)
            x += segment.cell_length


def hard_to_read(app: App[int]) -> list[str]:
    """What does not reach the contrast, each look of a widget once."""
    found = {(text.ink, text.place, text.widget): text for text in texts(app) if text.ratio < ENOUGH}
    return sorted(str(text) for text in found.values())


def _text(words: str, style: Style, widget: Widget) -> Text:
    ink, place = (style.bgcolor, style.color) if style.reverse else (style.color, style.bgcolor)
    assert ink is not None
    assert place is not None
    kind = type(widget).__name__ + (f"#{widget.id}" if widget.id else "")
    return Text(words, ink.name, place.name, kind, ratio(ink, place))


def _widget_at(screen: Screen[object], x: int, y: int) -> Widget | None:
    """The widget whose text that is, if it can be used or is a button."""
    try:
        widget, _ = screen.get_widget_at(x, y)
    except NoWidget:
        return None
    below = isinstance(widget, Screen)
    disabled = any(getattr(each, "disabled", False) for each in widget.ancestors_with_self)
    return None if below or (disabled and not isinstance(widget, Button)) else widget


def _is_drawn(letter: str) -> bool:
    return any(ord(letter) in letters for letters in _DRAWN)
