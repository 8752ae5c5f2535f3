"""What an answer should have been, for a test suite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, Static, TextArea

from slmtui.runtime.neutral import neutral
from slmtui.tui.format import fit
from slmtui.tui.screens.dialog import Dialog


@dataclass(frozen=True, slots=True)
class Judged:
    """What the answer should have been; `to_suite`: whether the suite is to ask for it."""

    expected: str
    to_suite: bool = False


class JudgeScreen(Dialog[Judged]):
    """Ends with what was typed, or with nothing."""

    DEFAULT_CSS = (
        "JudgeScreen { #expected { height: auto; min-height: 3; max-height: 12; background: $background; } }"
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,ctrl+n", "save", "Save"),
        Binding("ctrl+t", "save(True)", "To suite", tooltip="Save it, and add it to the model's suite"),
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
        yield Button("Save to suite", id="to-suite", compact=True)
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
    def _save(self) -> None:
        self.action_save()

    @on(Button.Pressed, "#to-suite")
    def _save_to_suite(self) -> None:
        self.action_save(True)

    def action_save(self, to_suite: bool = False) -> None:
        """Take it."""
        text = self.query_one(TextArea).text.strip()
        if text:
            self.dismiss(Judged(text, to_suite))
        else:
            self.notify("Type what the answer should have been.", timeout=3)
