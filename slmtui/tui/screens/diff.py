"""What would be changed in a file, line by line, and the question whether it may be."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Button, Static

from slmtui.tui.format import MUTED, safe
from slmtui.tui.screens.dialog import Dialog

_STYLES = {"+": "$text-success", "-": "$text-error", "@": MUTED}


class DiffScreen(Dialog[bool]):
    """Ends with True only after a yes. `lead` says what the change is for, `diff` is a unified diff."""

    DEFAULT_CSS = "DiffScreen #diff { height: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,escape", "answer(False)", "No"),
    ]

    def __init__(self, question: str, lead: str, diff: str, yes: str) -> None:
        super().__init__()
        self._question = question
        self._lead = lead
        self._diff = diff
        self._yes = yes

    def compose_body(self) -> ComposeResult:
        yield Static(self._lead, classes="dialog-lead", markup=False)
        yield Static(coloured(self._diff), id="diff")

    def compose_actions(self) -> ComposeResult:
        yield Button("Not now", id="no", compact=True)
        yield Button(self._yes, id="yes", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.ask(self._question, "#yes")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        """Answer by a key."""
        self.dismiss(yes)


def coloured(diff: str) -> Content:
    """A unified diff in its usual colours, without the names of the files, which the dialog has said."""
    lines = [line for line in safe(diff).rstrip("\n").split("\n") if not line.startswith(("--- ", "+++ "))]
    return Content("\n").join(Content.styled(line, _STYLES.get(line[:1], "")) for line in lines)
