"""Asks for the path of a file, and reads it; what is wrong with it is said where it was typed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, Input, Static

from slmtui.config.files import typed_path
from slmtui.events import Failure
from slmtui.tui.from_thread import tell
from slmtui.tui.key_words import keyed
from slmtui.tui.screens.dialog import Dialog
from slmtui.tui.widgets.verdicts import FailurePanel


class LoadFileScreen(Dialog[str]):
    """Ends with the text of a file, or with nothing."""

    DEFAULT_CSS = "LoadFileScreen { #load-path { background: $background; } }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Close")]

    def __init__(
        self,
        title: str,
        read: Callable[[Path], str],
        lead: str = "The text replaces what stands in the editor; Ctrl+Z there brings that back.",
        placeholder: str = "path of a JSON file",
    ) -> None:
        super().__init__()
        self._title = title
        self._read = read
        self._lead, self._placeholder = lead, placeholder

    def compose_body(self) -> ComposeResult:
        yield Static(keyed(self, self._lead), classes="dialog-lead")
        yield Input(id="load-path", compact=True, placeholder=self._placeholder)
        yield FailurePanel(id="load-failure")

    def compose_actions(self) -> ComposeResult:
        yield Button("Close", id="close", compact=True)
        yield Button("Load", id="load", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.ask(self._title, "#load")
        self.query_one(Input).focus()

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.dismiss(None)

    @on(Input.Submitted)
    @on(Button.Pressed, "#load")
    def _load(self) -> None:
        text = self.query_one(Input).value.strip()
        if text:
            self._read_file(text)

    @work(thread=True, exclusive=True)
    def _read_file(self, typed: str) -> None:
        try:
            found: str | Failure = self._read(typed_path(typed))
        except Failure as failure:
            found = failure
        tell(self, self._show, found)

    def _show(self, found: str | Failure) -> None:
        if isinstance(found, Failure):
            self.query_one(FailurePanel).show(found)
        elif self.is_current:
            self.dismiss(found)
