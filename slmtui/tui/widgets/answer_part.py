"""A piece of an answer: Markdown that is only added to, drawn as one widget.

Textual's own Markdown is a widget for each paragraph, cell and bullet: dozens that are arranged and composed
anew whenever the answer grows. A piece is one, and only its last block is read and laid out again.
"""

from __future__ import annotations

from textual import work
from textual.content import Content
from textual.geometry import Region, Size
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from slmtui.tui.answer_parts import Part
from slmtui.tui.code_colours import prepare
from slmtui.tui.drawn_lines import DrawnLines, unchanged
from slmtui.tui.from_thread import tell
from slmtui.tui.markdown_page import MarkdownPage


class AnswerPart(Widget):
    """Shows one `Part`."""

    COMPONENT_CLASSES = {
        *("h1", "h2", "h3", "h4", "h5", "h6", "em", "strong", "s", "link", "code_inline"),
        *("code", "mark", "aside", "head"),
    }
    DEFAULT_CSS = """
    AnswerPart {
        height: auto;
        width: 1fr;
        margin: 0 1 1 1;
        text-wrap: nowrap;
        &.-goes-on { margin: 0 1; }
        & > .h1 {
            color: $markdown-h1-color;
            background: $markdown-h1-background;
            text-style: $markdown-h1-text-style;
        }
        & > .h2 {
            color: $markdown-h2-color;
            background: $markdown-h2-background;
            text-style: $markdown-h2-text-style;
        }
        & > .h3 {
            color: $markdown-h3-color;
            background: $markdown-h3-background;
            text-style: $markdown-h3-text-style;
        }
        & > .h4, & > .h5, & > .h6 { color: $markdown-h4-color; text-style: $markdown-h4-text-style; }
        & > .em { text-style: italic; }
        & > .strong { text-style: bold; }
        & > .s { text-style: strike; }
        & > .link { text-style: underline; }
        & > .code { background: black 10%; }
        & > .mark { color: $text-primary; }
        & > .aside { color: $text-muted; }
        & > .head { color: $primary; text-style: bold; }
        &:dark > .code_inline { background: $warning 10%; color: $text-warning 95%; }
        &:light > .code_inline { background: $accent 8%; color: $text-accent; }
        &:light > .code { background: white 30%; }
        &:light > .mark { color: $text-secondary; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.auto_links = False  # there are none to click
        self.page = MarkdownPage()
        self._drawn = DrawnLines(self)
        self._asked_for: set[str] = set()

    def show(self, part: Part, *, goes_on: bool = False, grows: bool = False) -> None:
        """Show it; `goes_on`: the next part joins it; `grows`: more of it comes."""
        width, height = self.content_size
        before = self.page.lines(width) if width else []
        if self.page.take(part, goes_on=goes_on, grows=grows):
            self.set_class(goes_on, "-goes-on")
            lines = self.page.lines(width) if width else []
            if len(lines) == len(before) == height > 0:
                # Most pieces make the last line longer, for which nothing else need be drawn.
                first = unchanged(before, lines)
                self.refresh(Region(0, first, width, height - first))
            else:
                self.refresh(layout=True)
            for language in self.page.unprepared - self._asked_for:
                self._asked_for.add(language)
                self._prepare(language)

    @work(thread=True, group="colours")
    def _prepare(self, language: str) -> None:
        prepare(language)
        tell(self, self._colour)

    def _colour(self) -> None:
        self.page.forget_colours()
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as it has at that width."""
        return len(self.page.lines(width)) if width else 0

    def render(self) -> Content:
        """Its lines at the width that it has."""
        return Content("\n").join(self.page.lines(self.content_size.width))

    def render_lines(self, crop: Region) -> list[Strip]:
        """What is seen of its lines; marked with the mouse they are drawn as a whole."""
        if not self.is_attached:  # gone, and in the picture until the screen is laid out anew
            return [Strip.blank(crop.width)] * crop.height
        if self.text_selection is not None:
            return super().render_lines(crop)
        return self._drawn.strips(self.page.lines(self.content_size.width), crop)

    def notify_style_update(self) -> None:
        """Another theme has other colours."""
        super().notify_style_update()
        self._drawn.forget()

    def on_unmount(self) -> None:
        """Textual may remember it for a while, but what it has drawn is not needed any more."""
        self._drawn.forget()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What is marked with the mouse, without the spaces that fill the lines."""
        lines = (line.plain.rstrip() for line in self.page.lines(self.content_size.width))
        return selection.extract("\n".join(lines)), "\n"
