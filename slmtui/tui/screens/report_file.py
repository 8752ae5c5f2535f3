"""Writes the report on a model: as which kind of file, where, and then the path to copy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, Input, Static

from slmtui.config.files import typed_path
from slmtui.events import Failure
from slmtui.tui.format import safe
from slmtui.tui.from_thread import tell
from slmtui.tui.screens.dialog import Dialog
from slmtui.tui.widgets.choice import Choice, Value
from slmtui.tui.widgets.path_input import PathInput
from slmtui.tui.widgets.verdicts import FailurePanel

if TYPE_CHECKING:
    from slmtui.report.render import Form

_FORMS = (Value("html", "page (HTML)"), Value("md", "Markdown"), Value("json", "JSON"))
_ABOUT = {
    "html": "One page with plots that needs nothing else, for a browser.",
    "md": "To read anywhere.",
    "json": "For programs, and to compare a later report with: slmtui report --baseline FILE.",
}


class ReportScreen(Dialog[None]):
    """Asks for the form and the file."""

    DEFAULT_CSS = "ReportScreen { #report-path { background: $background; margin-top: 1; } }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+y", "copy_path", "Copy path", tooltip="Copy the path of what was written"),
        Binding("escape", "dismiss(None)", "Close"),
    ]

    def __init__(self, name: str) -> None:
        super().__init__()
        self._model = name
        self._sure = ""
        self._written: Path | None = None

    def compose_body(self) -> ComposeResult:
        yield Choice("as", _FORMS, "html", id="report-form")
        yield Static(_ABOUT["html"], id="report-about", classes="muted", markup=False)
        yield PathInput(str(self._path("html")), id="report-path", placeholder="path of the file")
        yield Static(id="report-written", markup=False)
        yield FailurePanel(id="report-failure")

    def compose_actions(self) -> ComposeResult:
        yield Button("Close", id="close", compact=True)
        yield Button("Copy path", id="copy", compact=True)
        yield Button("Write", id="write", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.ask("Write the report", "#write")
        self.query_one("#copy").display = self.query_one("#report-written").display = False
        self.query_one("#report-form").focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "copy_path":
            return self._written is not None
        return super().check_action(action, parameters)

    def action_proceed(self) -> None:
        """Enter on the choice of a form."""
        self._begin()

    def _path(self, form: str) -> Path:
        return Path.cwd() / f"{self._model}-report.{form}"

    @on(Choice.Changed)
    def _form(self, event: Choice.Changed) -> None:
        self.query_one("#report-about", Static).update(_ABOUT[event.value])
        self.query_one("#report-path", Input).value = str(self._path(event.value))
        self.query_one(FailurePanel).show(None)

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.dismiss(None)

    @on(Input.Submitted)
    @on(Button.Pressed, "#write")
    def _begin(self) -> None:
        text = self.query_one(PathInput).text
        if text:
            form = cast("Form", self.query_one("#report-form", Choice).value)
            self._write(form, text, self._sure == text)

    @work(thread=True)
    def _write(self, form: Form, typed: str, sure: bool) -> None:
        from slmtui.report.gather import gather
        from slmtui.report.render import render, write

        problem: Failure | None = None
        path = Path(typed)
        try:
            path = typed_path(typed)
            write(path, render(gather(self._model), form), replace=sure)
        except Failure as failure:
            problem = failure
        tell(self, self._show, path, problem)

    def _show(self, path: Path, problem: Failure | None) -> None:
        if not self.is_current:
            return
        self.query_one(FailurePanel).show(problem)
        if problem is not None:
            there = path.is_file()
            self._sure = self.query_one(PathInput).text if there else ""
            if there:
                more = Failure(problem.cause, "Enter once more replaces it.")
                self.query_one(FailurePanel).show(more)
            return
        self._written, self._sure = path, ""
        place = self.query_one("#report-written", Static)
        place.display = self.query_one("#copy").display = True
        place.update(f"Written to {safe(str(path))}")
        self.query_one("#copy").focus()
        self.refresh_bindings()

    @on(Button.Pressed, "#copy")
    def action_copy_path(self) -> None:
        """Copy the path of what was written."""
        if self._written is not None:
            self.app.copy_to_clipboard(str(self._written))
            self.notify("The path is copied.", timeout=3)
