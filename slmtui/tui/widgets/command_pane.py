"""The command that does by hand what slmtui does, to be read and copied."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from slmtui.tui.format import MUTED, safe


class CommandPane(VerticalScroll, can_focus=False):
    """Shows a command; `text` is what is copied."""

    DEFAULT_CSS = """
    CommandPane {
        height: auto;
        scrollbar-size-vertical: 1;
        #command-text { height: auto; background: $surface; padding: 0 1; }
        #command-title { height: 1; }
    }
    """

    def __init__(self) -> None:
        super().__init__(id="command")
        self.text = ""

    def compose(self) -> ComposeResult:
        yield Static(
            Content.assemble(("The same by hand", "bold $text-primary"), ("  y copies", MUTED)),
            id="command-title",
        )
        yield Static(id="command-text")

    def show(self, text: str, instead: str = "") -> None:
        """Show a command; `instead` is said where there is none."""
        self.text = text
        shown = Content(safe(text)) if text else Content.styled(safe(instead), MUTED)
        self.query_one("#command-text", Static).update(shown)
