"""A compositor that draws of a scrolled screen what has moved: Textual's own draws all of it.

Its version is fixed, and this overrides one method of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from textual._compositor import Compositor, CompositorMap
from textual.geometry import Region, Size
from textual.widget import Widget


class Sparing(Compositor):
    """Textual takes every widget for changed whose place in the order of drawing has another number."""

    def reflow_visible(self, parent: Widget, size: Size) -> set[Widget]:
        """Place what can be seen anew, after something was scrolled."""
        before = self._full_map if self._visible_map is None else self._visible_map
        dirty = set(self._dirty_regions)
        exposed = super().reflow_visible(parent, size)
        now = self._visible_map or {}
        self._dirty_regions = dirty.union(_gone_from(before, now), _gone_from(now, before))
        return exposed


def _gone_from(places: CompositorMap, others: CompositorMap) -> Iterator[Region]:
    """What can be seen of widgets in `places` that are elsewhere or nowhere in `others`."""
    for widget, place in places.items():
        other = others.get(widget)
        moved = other is None or (place.region, place.clip) != (other.region, other.clip)
        if moved and (seen := place.clip.intersection(place.region)):
            yield seen
