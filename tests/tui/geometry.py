"""Whether all that is on a screen has its place, measured on what is laid out at the size it has now."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from textual.geometry import Region
from textual.widget import Widget
from textual.widgets import Button, Input, Static, TextArea

from slmtui.tui.app import SlmtuiApp
from slmtui.tui.widgets.log_lines import LogLines

# Where a line goes on to the right, and the cursor or a key brings it into sight.
_SIDEWAYS = (Input, TextArea, LogLines)


def ill_placed(app: SlmtuiApp) -> list[str]:
    """What is cut off, cannot be reached, or moves sideways where nothing should; one line each."""
    found: list[str] = []
    for widget, region, clip in _shown(app):
        found += (f"{_name(widget)} {problem}" for problem in _problems(widget, region, clip))
    return sorted(set(found))


def _shown(app: SlmtuiApp) -> Iterator[tuple[Widget, Region, Region]]:
    """Every widget that is laid out, with its place and the part of the screen that it may draw in."""
    for widget, geometry in app.screen._compositor.full_map.items():
        if widget is not app.screen and widget.display and widget.visible and not _folded(widget):
            yield widget, geometry.region, geometry.clip


def _folded(widget: Widget) -> bool:
    """Whether the styles give what it is in no height at all: another face is shown in its place."""
    limits = (each.styles.max_height for each in widget.ancestors_with_self if isinstance(each, Widget))
    return any(limit is not None and limit.value == 0 for limit in limits)


def _problems(widget: Widget, region: Region, clip: Region) -> Iterator[str]:
    scrolls_down, scrolls_across = _scrolls(widget)
    if widget.focusable and not region.area:
        yield "can have the focus and has no place"
    elif widget.focusable or isinstance(widget, Static):
        if not scrolls_across and (region.x < clip.x or region.right > clip.right):
            yield f"reaches over its place: {region} in {clip}"
        if not scrolls_down and (region.y < clip.y or region.bottom > clip.bottom):
            yield f"is cut at its foot or head: {region} in {clip}"
    if isinstance(widget, Button) and cell_len(str(widget.label)) > widget.content_size.width:
        yield f"has a cut label: {str(widget.label)!r}"
    if isinstance(widget, Static) and region.area:
        yield from _cut_text(widget)
    if _across(widget) and not isinstance(widget, _SIDEWAYS):
        yield f"scrolls sideways: {widget.virtual_size} in {widget.size}"


def _cut_text(widget: Static) -> Iterator[str]:
    """Text that is longer than its place; with an ellipsis that is meant, and without one it is lost."""
    width, height = widget.content_size
    if widget.styles.text_overflow == "ellipsis" or not width:
        return
    parent = widget.container_size
    needed = widget.get_content_height(parent, widget.app.size, width)
    if needed > height and not widget.is_scrollable:
        yield f"has {needed} lines in a height of {height}: {_words(widget)!r}"


def _scrolls(widget: Widget) -> tuple[bool, bool]:
    """Whether something around it scrolls, up and down and sideways, so that it can be brought into sight."""
    around = [each for each in widget.ancestors if isinstance(each, Widget)]
    return any(each.is_scrollable and each.show_vertical_scrollbar for each in around), any(
        map(_across, around)
    )


def _across(widget: Widget) -> bool:
    return widget.is_scrollable and widget.show_horizontal_scrollbar and widget.max_scroll_x > 0


def _name(widget: Widget) -> str:
    own = type(widget).__name__ + (f"#{widget.id}" if widget.id else "")
    parent = next((f" in #{each.id}" for each in widget.ancestors if each.id and not widget.id), "")
    return own + parent


def _words(widget: Static) -> str:
    return " ".join(str(widget.visual).split())[:60]
