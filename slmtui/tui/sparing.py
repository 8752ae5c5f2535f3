"""A compositor that draws what has changed and can be seen, and nothing else.

Textual's own draws all of a screen that was scrolled, and for each change asks all widgets around it for all
of their lines, and the boxes that they lie in for theirs. Its version is fixed, and this overrides two of its
methods.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import cast

from textual._compositor import Compositor, CompositorMap
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget


class Sparing(Compositor):
    """Places and draws the widgets of a screen."""

    def reflow_visible(self, parent: Widget, size: Size) -> set[Widget]:
        """Place what can be seen anew, after something was scrolled.

        Textual takes every widget for changed whose place in the order of drawing has another number.
        """
        before = self._full_map if self._visible_map is None else self._visible_map
        dirty = set(self._dirty_regions)
        exposed = super().reflow_visible(parent, size)
        now = self._visible_map or {}
        self._dirty_regions = dirty.union(_gone_from(before, now), _gone_from(now, before))
        return exposed

    def _render_chops(
        self, crop: Region, is_rendered_line: Callable[[int], bool]
    ) -> Sequence[Mapping[int, Strip]]:
        """The pieces of each line by the column that they begin in; those that are not asked for are None.

        A line is cut wherever a widget begins or ends on it, and the widget in front has the piece.
        """
        cuts = self.cuts
        pieces: list[dict[int, Strip | None]] = [dict.fromkeys(line[:-1]) for line in cuts]
        missing = [
            {start for start, end in pairwise(line) if start < crop.right and end > crop.x}
            if is_rendered_line(y)
            else set()
            for y, line in enumerate(cuts)
        ]
        for widget, (region, clip) in self.visible_widgets.items():  # from the front to the back
            seen = region.intersection(clip)
            own = {
                y: [cut for cut in cuts[y] if seen.x <= cut <= seen.right]
                for y in seen.line_range
                if missing[y]
            }
            wanted = [y for y, line in own.items() if not missing[y].isdisjoint(line[:-1])]
            if not wanted:
                continue
            lines = range(wanted[0], wanted[-1] + 1)
            asked = Region(seen.x - region.x, lines.start - region.y, seen.width, len(lines))
            for y, strip in zip(lines, widget.render_lines(asked), strict=False):
                parts = strip.divide([cut - seen.x for cut in own.get(y, ())[1:]])
                for start, part in zip(own.get(y, ()), parts, strict=False):
                    if start in missing[y]:
                        missing[y].remove(start)
                        pieces[y][start] = part
        return cast("Sequence[Mapping[int, Strip]]", pieces)  # as Textual says of its own


def _gone_from(places: CompositorMap, others: CompositorMap) -> Iterator[Region]:
    """What can be seen of widgets in `places` that are elsewhere or nowhere in `others`."""
    for widget, place in places.items():
        other = others.get(widget)
        moved = other is None or (place.region, place.clip) != (other.region, other.clip)
        if moved and (seen := place.clip.intersection(place.region)):
            yield seen
