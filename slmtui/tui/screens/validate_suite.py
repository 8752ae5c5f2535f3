"""The suite on the Validate screen: questions added, changed, deleted, loaded, each change saved at once."""

from __future__ import annotations

import dataclasses
import json
import threading
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.widgets import OptionList

from slmtui.events import Failure
from slmtui.measure.suite import Suite, SuiteLine
from slmtui.measure.suite_file import parse_suite, read_suite
from slmtui.tui.from_thread import tell
from slmtui.tui.measuring_desk import MeasuringDesk, Standing
from slmtui.tui.screens.suite_line import SuiteLineScreen
from slmtui.tui.screens.validate_base import ValidateBase
from slmtui.tui.widgets.suite_view import SuiteView
from slmtui.tui.widgets.verdicts import FailurePanel

Lines = tuple[SuiteLine, ...]


class ValidateSuite(ValidateBase):
    """What is done with the questions."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new_question", "New", tooltip="Write another question"),
        Binding("e", "edit_question", "Edit", tooltip="Change the highlighted question"),
        Binding("delete,d", "delete_question", "Delete", tooltip="Delete the highlighted question"),
        Binding("u", "undo", "Undo", show=False, tooltip="Take back the last change of the questions"),
        Binding("o", "load_suite", "Load", show=False, tooltip="Take the questions of a file (JSONL)"),
        Binding("ctrl+e", "edit_file", "Editor", show=False, tooltip="Edit all questions in your $EDITOR"),
        Binding("w", "wrong_only", "Wrong only", show=False, tooltip="Hide what was answered right, or not"),
    ]

    def __init__(self, desk: MeasuringDesk | None = None) -> None:
        super().__init__(desk)
        self._before: list[Lines] = []
        self._draft = ""  # what the user's editor has written and no suite could hold
        self._newest: Lines = ()
        self._writing = threading.Lock()

    def forget_model(self) -> None:
        super().forget_model()
        self._before.clear()
        self._draft = ""

    @property
    def shows_suite(self) -> bool:
        """Whether the questions are what is shown."""
        return False

    @property
    def _lines(self) -> Lines:
        suite = self._standing.suite
        return suite.lines if suite else ()

    def check_suite_action(self, action: str) -> bool:
        """Whether a key of the questions does anything now."""
        if not (self.shows_suite and self.has_model) or self.at_work:
            return False
        match action:
            case "edit_question" | "delete_question":
                return self.query_one(SuiteView).highlighted is not None
            case "undo":
                return bool(self._before)
            case "wrong_only":
                return self._standing.found.asked is not None
            case "new_question":
                return self._standing.suite_failure is None
        return True

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        self.query_one(SuiteView).show_detail()

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        """Enter on a question."""
        if self.check_suite_action("edit_question"):
            self.action_edit_question()

    def action_wrong_only(self) -> None:
        """Hide what was answered right, or show it again."""
        self._wrong_only = not self._wrong_only
        self.show_suite()

    def action_new_question(self) -> None:
        """Write another question."""

        def written(line: SuiteLine | None) -> None:
            if line is not None:
                self.put((*self._lines, line), go_to=len(self._lines))

        self.app.push_screen(SuiteLineScreen(), written)

    def action_edit_question(self) -> None:
        """Change the highlighted question."""
        index = self.query_one(SuiteView).index
        if index is None:
            return

        def written(line: SuiteLine | None) -> None:
            if line is not None and line != self._lines[index]:
                self.put((*self._lines[:index], line, *self._lines[index + 1 :]))

        self.app.push_screen(SuiteLineScreen(self._lines[index]), written)

    def action_delete_question(self) -> None:
        """Delete the highlighted question."""
        index = self.query_one(SuiteView).index
        if index is None:
            return
        if len(self._lines) == 1:
            self.notify("A suite has one question at least: change this one.", timeout=4)
            return
        self.put((*self._lines[:index], *self._lines[index + 1 :]))
        self.notify("The question is deleted; u brings it back.", timeout=4)

    def action_undo(self) -> None:
        """Take back the last change."""
        if self._before:
            self._save(self._before.pop())
            self.notify("The questions are as they were.", timeout=3)

    def action_load_suite(self) -> None:
        """Take the questions of a file in the place of those that are there."""
        from slmtui.tui.screens.load_file import LoadFileScreen

        def loaded(path: str | None) -> None:
            if path is not None:
                self.put(read_suite(Path(path)).lines)

        def check(path: Path) -> str:
            return str(read_suite(path).path)

        lead = "Its questions take the place of those that are there; u brings them back."
        self.app.push_screen(LoadFileScreen("Load a suite", check, lead, "path of a JSONL file"), loaded)

    def action_edit_file(self) -> None:
        """Edit all questions in the user's own editor; what is wrong there is named with its line."""
        from slmtui.tui.external_editor import edit

        before = self._draft or self._text()
        try:
            with self.app.suspend():
                changed = edit(before, "suite.jsonl")
            self._draft = changed
            suite = parse_suite(changed, Path("suite.jsonl"))
        except SuspendNotSupported:
            self.notify("This terminal cannot be lent to an editor.", severity="warning")
        except Failure as failure:
            more = " Ctrl+E goes on editing; nothing is saved before." if self._draft else ""
            self.show_suite_failure(Failure(failure.cause, failure.fix + more))
        else:
            self._draft = ""
            if suite.lines != self._lines:
                self.put(suite.lines)

    def _text(self) -> str:
        """The suite as its file has it; that of one that cannot be read, for it to be mended."""
        path = self._standing.own
        if self._standing.suite_failure is not None and path is not None:
            try:
                return path.read_text(encoding="utf-8", errors="replace")
            except OSError:
                return ""
        return "".join(json.dumps(line.to_json(), ensure_ascii=False) + "\n" for line in self._lines)

    def put(self, lines: Lines, *, go_to: int | None = None) -> None:
        """Make these the suite, and keep what was there to be brought back."""
        if self._lines:
            self._before.append(self._lines)
        self._save(lines, go_to)

    def _save(self, lines: Lines, go_to: int | None = None) -> None:
        """Show these at once, so that the next change is made of them, however long the disk takes."""
        before = self._standing
        if before.model_dir is None:
            return
        self._newest = tuple(lines)
        suite = Suite(self._newest, before.own)
        self._standing = dataclasses.replace(before, suite=suite, suite_failure=None)
        self.show_suite_failure(None)
        self.show_standing()
        if go_to is not None:
            self.query_one(SuiteView).table.go_to(f"question-{go_to}")
        self._write(before.model_dir, self._newest, before)

    @work(thread=True, group="suite")
    def _write(self, model_dir: Path, lines: Lines, before: Standing) -> None:
        try:
            with self._writing:
                if lines is not self._newest:
                    return  # a later change writes this one, too
                saved = self._desk.save(model_dir, lines)
        except Failure as failure:
            tell(self, self._not_written, failure, before)
        else:
            tell(self, self._written, model_dir, lines, saved)

    def _written(self, model_dir: Path, lines: Lines, saved: Suite) -> None:
        # Whoever has looked at the file in between has found what was there before.
        if lines is self._newest and self._standing.model_dir == model_dir and self._standing.suite != saved:
            self._standing = dataclasses.replace(self._standing, suite=saved, suite_failure=None)
            self.show_standing()

    def _not_written(self, failure: Failure, before: Standing) -> None:
        self._standing = dataclasses.replace(
            self._standing, suite=before.suite, suite_failure=before.suite_failure
        )
        self.show_standing()
        self.show_suite_failure(failure)

    def show_suite_failure(self, failure: Failure | None) -> None:
        """Say what is wrong with the suite."""
        self.query_one("#validate-failure", FailurePanel).show(failure)
