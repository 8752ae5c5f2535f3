"""What keeps a screen on which a text grows from being busy for long: Textual has no public words for it.

Its version is fixed, and each of these overrides one method of its own.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

# Both stand before the class they alter. Textual takes the styles of a class from the first of its bases that
# is a widget: that must not be one of these.
if TYPE_CHECKING:
    from typing import TypeAlias

    _Screen: TypeAlias = Screen[None]
    _Widget: TypeAlias = Widget
else:
    _Screen = _Widget = object


_TURN_SECONDS = 0.001


class TwoSteps(_Screen):
    """A screen that is laid out in one step and drawn in the next, so that keys are heard in between.

    Textual does both at a stretch, 20 times a second while an answer grows.
    """

    _laying_out = _to_be_drawn = False

    def _refresh_layout(self, size: Size | None = None, scroll: bool = False) -> None:
        self._laying_out = True
        try:
            super()._refresh_layout(size, scroll)
        finally:
            self._laying_out = False

    def _compositor_refresh(self) -> None:
        """Textual calls it at the end of a layout, and for changes without one."""
        if not self._laying_out:
            super()._compositor_refresh()
        elif not self._to_be_drawn:
            self._to_be_drawn = True
            # Not as the next message at once: whoever is waiting has a turn first.
            asyncio.get_running_loop().call_later(_TURN_SECONDS, self.call_later, self._draw)

    def _draw(self) -> None:
        self._to_be_drawn = False
        if self._layout_required or not all(
            widget.is_attached for widget in self._compositor.visible_widgets
        ):
            return  # another layout comes, for one when a widget has gone, and is drawn with all of this
        # What has changed since the layout as well: the next line takes all of it for drawn.
        self._compositor.update_widgets(self._dirty_widgets)
        self._compositor_refresh()


class Grows(_Widget):
    """A container that is as high as what it holds, or scrolls it.

    When that has grown, Textual asks for another layout right after the one that found it. That is of use
    only for a container that is held at its end, after its own size has changed: it is placed by the old one.
    """

    def _size_updated(
        self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
    ) -> bool:
        placed_anew = self.is_anchored and container_size != self._container_size
        return super()._size_updated(size, virtual_size, container_size, layout=layout and placed_anew)
