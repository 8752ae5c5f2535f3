"""A window over the screen: a text that may be longer than the terminal, and buttons that stay below it."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button

from slmtui.tui.commands import Commands
from slmtui.tui.widgets.key_footer import KeyFooter
from slmtui.tui.window import Result, Window

_AROUND = 5  # the border above and below, the buttons with the line above them, and the footer


class Dialog(Commands, Window[Result]):
    """Ends with an answer."""

    CSS_PATH = "dialog.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll(3)", "Scroll"),
        Binding("up,k", "scroll(-3)", "Scroll up", show=False),
        Binding("pagedown,space", "scroll(12)", "Scroll by a page", show=False),
        Binding("pageup", "scroll(-12)", "Scroll up by a page", show=False),
        Binding(
            "f1,question_mark",
            "app.help",
            "Help",
            show=False,
            tooltip="What has failed, the field in focus, and the keys",
        ),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            with VerticalScroll(id="dialog-body", can_focus=False):
                yield from self.compose_body()
            with Horizontal(id="dialog-actions"):
                yield from self.compose_actions()
        yield KeyFooter()

    def compose_body(self) -> ComposeResult:
        """The text."""
        yield from ()

    def compose_actions(self) -> ComposeResult:
        """The buttons, the main one last."""
        yield from ()

    def ask(self, title: str, focus: str) -> None:
        """Set the title, and the button that Enter presses."""
        self.query_one("#dialog").border_title = title
        self.query_one(focus, Button).focus()

    def on_resize(self, event: events.Resize) -> None:
        """As high as its text, as long as the buttons have their place."""
        self.query_one("#dialog-body").styles.max_height = max(event.size.height - _AROUND, 1)
        self.call_after_refresh(self.refresh_bindings)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nobody is told to scroll where all can be seen."""
        if action == "scroll":
            return any(body.max_scroll_y > 0 for body in self.query("#dialog-body"))
        return super().check_action(action, parameters)

    def action_scroll(self, lines: int) -> None:
        """Read on where the text is longer than the window."""
        self.query_one("#dialog-body").scroll_relative(y=lines, animate=False)
