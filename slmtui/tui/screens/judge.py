"""What an answer should have been, for a test suite."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, Static, TextArea

from slmtui.runtime.neutral import neutral
from slmtui.tui.format import fit
from slmtui.tui.screens.dialog import Dialog


class JudgeScreen(Dialog[str]):
    """Ends with the text, or with nothing."""

    DEFAULT_CSS = (
        "JudgeScreen { #expected { height: auto; min-height: 3; max-height: 12; background: $background; } }"
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,ctrl+n", "save", "Save"),
        Binding("escape", "dismiss(None)", "Close"),
    ]

    def __init__(self, question: str, text: str) -> None:
        super().__init__()
        self._question = question
        self._text = text

    def compose_body(self) -> ComposeResult:
        asked = fit(" ".join(neutral(self._question).split()), 200)
        yield Static(f"{asked}\n\nThe answer should have been:", classes="dialog-lead", markup=False)
        yield TextArea(self._text, id="expected", compact=True, tab_behavior="focus", show_line_numbers=False)

    def compose_actions(self) -> ComposeResult:
        yield Button("Close", id="close", compact=True)
        yield Button("Save", id="save", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.ask("Should have been", "#save")
        expected = self.query_one(TextArea)
        expected.select_all()
        expected.focus()

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#save")
    def action_save(self) -> None:
        """Take it."""
        text = self.query_one(TextArea).text.strip()
        if text:
            self.dismiss(text)
        else:
            self.notify("Type what the answer should have been.", timeout=3)
