"""A piece of an answer: Markdown that is only added to, and an empty box while it is out of sight."""

from __future__ import annotations

from markdown_it import MarkdownIt
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Markdown
from textual.widgets.markdown import MarkdownFence

from slmtui.tui.answer_parts import Part


def parser() -> MarkdownIt:
    """GitHub's Markdown, in which HTML is text: Textual would leave out whatever looks like a tag."""
    return MarkdownIt("gfm-like", {"html": False})


class _Quiet(Markdown):
    """Waits for its first text: Textual's own takes an empty one by itself, sooner or later."""

    # Markdown waits in its own, Widget does not: the two cannot both be overridden by their type.
    def _on_mount(self, event: events.Mount) -> None:  # type: ignore[override]
        event.prevent_default()


class AnswerPart(Vertical):
    """Shows one `Part`; one that stands `later` has the gap of the block above it already."""

    DEFAULT_CSS = """
    AnswerPart {
        height: auto;
        Markdown { margin: 0; padding: 0 1; height: auto; }
        .-goes-on { margin-bottom: 0; & > Label { padding-bottom: 0; } }
        .-joins > Label { padding-top: 0; }
        &.-later .-begins { margin-top: 0; }
    }
    """

    def __init__(self, *, later: bool = False) -> None:
        super().__init__(classes="-later" if later else None)
        self.text = ""
        self._rests = False
        self._markdown = _Quiet(open_links=False, parser_factory=parser)

    def compose(self) -> ComposeResult:
        yield self._markdown

    async def show(self, part: Part, *, goes_on: bool) -> None:
        """Show it; `goes_on`: the next part joins it."""
        shown, self.text = self.text, part.text
        if shown == part.text:
            return
        self.rest(False)
        markdown = self._markdown
        # Never a text by `update`: what is appended to it later would be taken for the beginning of a block.
        if part.text.startswith(shown):
            await markdown.append(part.text[len(shown) :])
        elif shown.rstrip() != part.text.rstrip():
            await markdown.update("")
            await markdown.append(part.text)
        blocks = markdown.children
        if blocks:
            blocks[0].add_class("-begins", "-joins" if part.joins else "-begins")
        if blocks and goes_on:
            blocks[-1].add_class("-goes-on")

    def rest(self, rests: bool) -> None:
        """Out of sight it is an empty box of its height.

        Textual lays every widget out again when an answer grows, whether it can be seen or not, and a page of
        Markdown is dozens of them.
        """
        if rests != self._rests:
            self._rests = rests
            self.styles.height = self.size.height if rests else "auto"
            self._markdown.display = not rests

    @property
    def fences(self) -> list[MarkdownFence]:
        """Its blocks of code, in order."""
        return list(self.query(MarkdownFence))
