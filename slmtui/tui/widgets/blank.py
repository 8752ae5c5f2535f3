"""Containers that draw nothing themselves: their lines need not be made anew each time they grow."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    _Widget: TypeAlias = Widget
else:
    # A plain class beside Textual's own: which of those a style is meant for goes by the bases.
    _Widget = object


class Blank(_Widget):
    """A container without border and content of its own.

    Textual's `BLANK` draws such a one as a mere ground, but forgets the filters that make it one of a
    terminal's few colours, or of none.
    """

    BLANK = True

    def render_lines(self, crop: Region) -> list[Strip]:
        """The ground, as wide and high as asked for."""
        ground = Strip.blank(crop.width, self.visual_style.rich_style)
        for one in self.get_line_filters():
            ground = ground.apply_filter(one, self.background_colors[1])
        return [ground] * crop.height
