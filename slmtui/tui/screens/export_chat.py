"""Writes a conversation to a file: Markdown to read, JSON for programs, lines for a test suite."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, Input, Static

from slmtui import pipeline
from slmtui.config.files import typed_path
from slmtui.events import Failure
from slmtui.runtime.conversation import Conversation
from slmtui.runtime.export import SUFFIXES, Format
from slmtui.tui.format import short
from slmtui.tui.screens.dialog import Dialog
from slmtui.tui.widgets.choice import Choice, Value
from slmtui.tui.widgets.path_input import PathInput
from slmtui.tui.widgets.verdicts import FailurePanel

_FORMS = (Value("markdown", "Markdown"), Value("json", "JSON"), Value("suite", "test suite (JSONL)"))
_ABOUT = {
    "markdown": "To read; what a terminal would obey is shown as signs.",
    "json": "All of it, with every figure; as slmtui keeps it itself.",
    "suite": "A line for each answer judged (y: right, x: should have been), added to what is there.",
}


class ExportScreen(Dialog[None]):
    """Asks for the form and the file."""

    DEFAULT_CSS = "ExportScreen { #export-path { background: $background; margin-top: 1; } }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Close")]

    def __init__(self, conversation: Conversation) -> None:
        super().__init__()
        self._conversation = conversation
        self._sure = ""

    def compose_body(self) -> ComposeResult:
        yield Choice("as", _FORMS, "markdown", id="export-form")
        yield Static(_ABOUT["markdown"], id="export-about", classes="muted", markup=False)
        yield PathInput(str(self._path("markdown")), id="export-path", placeholder="path of the file")
        yield FailurePanel(id="export-failure")

    def compose_actions(self) -> ComposeResult:
        yield Button("Close", id="close", compact=True)
        yield Button("Write", id="write", variant="primary", compact=True)

    def on_mount(self) -> None:
        judged = any(turn.right is not None for turn in self._conversation.turns)
        self.ask("Write the conversation", "#write")
        self.query_one("#export-form").focus()
        if judged:
            self._choose("suite")

    def action_proceed(self) -> None:
        """Enter on the choice of a form."""
        self._write()

    def _path(self, form: Format) -> Path:
        words = re.sub(r"[^a-z0-9]+", "-", self._conversation.heading.lower()).strip("-")[:40].strip("-")
        name = "suite" if form == "suite" else words or "conversation"
        return Path.cwd() / f"{name}{SUFFIXES[form]}"

    def _choose(self, form: str) -> None:
        self.query_one("#export-form", Choice).show(form)
        self.query_one("#export-about", Static).update(_ABOUT[form])
        self.query_one("#export-path", Input).value = str(self._path(cast("Format", form)))
        self.query_one(FailurePanel).show(None)

    @on(Choice.Changed)
    def _form(self, event: Choice.Changed) -> None:
        self._choose(event.value)

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.dismiss(None)

    @on(Input.Submitted)
    @on(Button.Pressed, "#write")
    def _write(self) -> None:
        text = self.query_one(PathInput).text
        if text:
            form = cast("Format", self.query_one("#export-form", Choice).value)
            self._write_file(form, text, self._sure == text)

    @work(thread=True)
    def _write_file(self, form: Format, text: str, sure: bool) -> None:
        problem: Failure | None = None
        path = Path(text)
        try:
            path = typed_path(text)
            if form != "suite" and path.exists() and not sure:
                raise Failure(f"{short(path)} is there already.", "Enter once more replaces it.")
            pipeline.export_chat(self._conversation, form, path)
        except Failure as failure:
            problem = failure
        self.app.call_from_thread(self._written, path, problem)

    def _written(self, path: Path, problem: Failure | None) -> None:
        if problem is None:
            self.app.notify(f"Written to {short(path)}", markup=False, timeout=5)
            if self.is_current:
                self.dismiss(None)
        elif self.is_current:
            self._sure = self.query_one(PathInput).text
            self.query_one(FailurePanel).show(problem)
        else:
            self.app.notify(f"{problem.cause} {problem.fix}", severity="error", markup=False)
