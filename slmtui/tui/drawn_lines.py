"""Lines of text as they are drawn, kept from one picture to the next, so that only new ones are drawn.

Textual draws a widget as a whole whenever something of it changes. Of an answer that grows only the last
line does, and drawing all of them anew took a third of the time of each picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter
from textual.geometry import Region
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual
from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class _Look:
    """What the picture of a line depends on, beside the line."""

    width: int
    style: Style
    base: Color
    background: Color
    filters: tuple[LineFilter, ...]


class DrawnLines:
    """The lines of a widget without border and padding, drawn in its styles."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._look: _Look | None = None
        self._drawn: dict[int, tuple[Content, Strip]] = {}

    def forget(self) -> None:
        """Draw everything anew: styles are others now."""
        self._drawn.clear()

    def strips(self, lines: Sequence[Content], crop: Region) -> list[Strip]:
        """What `crop` shows of them; none of `lines` is wider than the widget."""
        widget = self._widget
        look = _Look(
            widget.size.width,
            widget.visual_style,
            *widget.background_colors,
            tuple(widget.get_line_filters()),
        )
        if look != self._look:
            self._look = look
            self.forget()
        strips = [self._line(lines, row, look) for row in crop.line_range]
        if crop.column_span != (0, look.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def _line(self, lines: Sequence[Content], row: int, look: _Look) -> Strip:
        line = lines[row] if row < len(lines) else _NOTHING
        kept = self._drawn.get(row)
        if kept is None or not _same(kept[0], line):
            kept = self._drawn[row] = line, self._draw(line, row, look)
        return kept[1]

    def _draw(self, line: Content, row: int, look: _Look) -> Strip:
        """As Textual would; by the offset the mouse finds what it marks."""
        (strip,) = Visual.to_strips(self._widget, line, look.width, 1, look.style, apply_selection=False)
        strip = strip.apply_offsets(0, row)
        strip = strip.adjust_cell_length(look.width, Style(background=look.base + look.background).rich_style)
        for line_filter in look.filters:
            strip = strip.apply_filter(line_filter, look.background)
        return strip


_NOTHING = Content("")


def unchanged(before: Sequence[Content], after: Sequence[Content]) -> int:
    """How many lines are the same from the start."""
    pairs = enumerate(zip(before, after, strict=False))
    return next((row for row, pair in pairs if not _same(*pair)), min(len(before), len(after)))


def _same(one: Content, other: Content) -> bool:
    # Contents are equal when their texts are.
    return one is other or (one.plain == other.plain and one.spans == other.spans)
