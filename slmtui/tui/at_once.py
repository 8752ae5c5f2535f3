"""What a key changes is seen at once: Textual has no public words for it.

Its version is fixed, and each of these overrides one method of its own. Both stand before the class they
alter, as in `two_steps.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.events import Idle
from textual.screen import Screen
from textual.widget import Widget

if TYPE_CHECKING:
    from typing import TypeAlias

    _Screen: TypeAlias = Screen[None]
    _Widget: TypeAlias = Widget
else:
    _Screen = _Widget = object


class AtOnce(_Screen):
    """A screen that draws the first change after a key without waiting for the next frame.

    Textual draws 60 times a second, and waits for the rest of that time when something else was drawn shortly
    before: the progress of a job, 20 times a second.
    """

    _hurried = False

    def hurry(self) -> None:
        """A key was pressed."""
        self._hurried = True

    async def _on_idle(self, event: Idle) -> None:
        """Textual's own comes after it, and finds what is left."""
        changed = self._layout_required or self._scroll_required or self._repaint_required
        if self._hurried and (changed or self._dirty_widgets):
            self._hurried = False
            self._on_timer_update()


class Jumps(_Widget):
    """Scrolls to where it is wanted at once.

    Textual glides there, and each step of that draws all that is in sight: the next key waits for it.
    """

    def _scroll_to(
        self, x: float | None = None, y: float | None = None, *, animate: bool = False, **how: Any
    ) -> bool:
        return super()._scroll_to(x, y, animate=False, **how)
