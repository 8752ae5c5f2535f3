"""A field that says when it holds more than it shows."""

from __future__ import annotations

from rich.segment import Segment
from textual.strip import Strip
from textual.widgets import Input


class CutInput(Input):
    """An ellipsis stands where the value goes on; while it is edited, the cursor shows that."""

    def render_line(self, y: int) -> Strip:
        line = super().render_line(y)
        width, before = self.scrollable_content_region.width, int(self.scroll_offset.x)
        if y or self.has_focus or not self.value or width < 2:
            return line
        line = line.crop(0, width)
        if before + width < self.content_width - 1:  # 1: the place of a cursor at the end
            line = Strip([*line.crop(0, width - 1), _ellipsis(line, width - 1)])
        if before:
            line = Strip([_ellipsis(line, 0), *line.crop(1, width)])
        return line


def _ellipsis(line: Strip, at: int) -> Segment:
    """In the style of the text that it stands for."""
    replaced = next(iter(line.crop(at, at + 1)), Segment(""))
    return Segment("…", replaced.style)
