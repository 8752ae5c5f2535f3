"""Validate: how fast the model is here, how far from its source, and whether it holds its checklist."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from slmtui.pipeline.validation import Part
from slmtui.tui.jobs import Job, JobChanged
from slmtui.tui.screens.validate_measuring import ValidateMeasuring
from slmtui.tui.screens.validate_suite import ValidateSuite
from slmtui.tui.validate_help import HELP
from slmtui.tui.validate_words import figures_text
from slmtui.tui.widgets.faces import Faces
from slmtui.tui.widgets.job_panel import JobPanel
from slmtui.tui.widgets.measured_view import MeasuredView
from slmtui.tui.widgets.purpose import Purpose
from slmtui.tui.widgets.suite_view import SuiteView, detail_rows
from slmtui.tui.widgets.verdicts import FailurePanel

FACES = ("Figures", "Questions")


class ValidateScreen(ValidateMeasuring):
    """Measured, judged, and written down."""

    HEADING = "Validate: measure it, judge it"
    CSS_PATH = "validate.tcss"
    SCROLLS = False
    HELP = HELP
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t,t,left,right", "other_face", "View", tooltip="Figures, or the suite's questions"),
        Binding("r", "report", "Report", show=False, tooltip="Write the report on this model to a file"),
        Binding("l", "lab", "Lab", tooltip="Compare other precisions of the same model"),
        Binding("c", "copy", "Copy", show=False, tooltip="Copy the figures, or the highlighted question"),
        Binding("down,pagedown", "scroll(6)", "Scroll", show=False),
        Binding("up,pageup", "scroll(-6)", "Scroll up", show=False),
    ]
    _face = 0
    _left: tuple[Part, ...] = ()  # what was still to be measured when this was looked at last

    def compose_body(self) -> ComposeResult:
        yield Purpose(self.MODE)
        yield Faces(FACES, "Ctrl+T", id="validate-faces")
        yield FailurePanel(id="validate-failure")
        yield JobPanel(log=False, id="validate-job")
        yield MeasuredView(id="measured")
        yield SuiteView()

    # What is shown

    @property
    def shows_suite(self) -> bool:
        """Whether the questions are what is shown."""
        return self._face == 1

    def show_state(self) -> None:
        super().show_state()
        deployment = self.slmtui.deployment
        if deployment is None:
            self._stands_for = ""
        elif not self.at_work or self._left != self._desk.left:
            self._left = self._desk.left
            self.look(deployment)
        self.show_standing()

    def show_standing(self) -> None:
        if not self.has_body:
            return
        job = self.slmtui.job(self.MODE)
        model = self.has_model
        self.query_one(Purpose).display = self.slmtui.deployment is None or (self.known and not model)
        self.query_one("#cancel").display = self.at_work
        self.query_one(JobPanel).show(job if self.at_work else None)
        self.query_one(Faces).display = model
        self.query_one(MeasuredView).display = model and not self.shows_suite
        self.query_one(SuiteView).display = model and self.shows_suite
        self.query_one(Faces).show(self._face)
        if model:
            coming = self._desk.left if self.at_work else ()
            self.query_one(MeasuredView).show(self._standing.found, self.precision, coming)
            self.show_suite()
            if self.at_work and job is not None:
                self._show_live(job)
        self._show_failures(job)
        self.show_next(job)
        self.refresh_bindings()

    def _show_failures(self, job: Job[object] | None) -> None:
        """The job's, else that of the model or its suite, else that of what was kept."""
        standing = self._standing
        failure = job.failure if job is not None and not self.at_work else None
        if self.known:
            problems = standing.found.problems
            broken = standing.suite_failure
            failure = standing.failure or failure or broken or standing.wishes_failure
            failure = failure or (problems[0] if problems else None)
        self.show_suite_failure(failure)

    def _show_live(self, job: Job[object]) -> None:
        measured = sorted(self._desk.rows.items()) if "bench" in self._desk.left else []
        self.query_one(MeasuredView).show_live([row for _, row in measured], job.verdicts)

    def show_figures(self) -> None:
        if self._face:
            self._turn(0)

    async def on_job(self, message: JobChanged) -> None:
        job = message.job
        if job is not self.slmtui.job(self.MODE):
            return
        if job.running and self._left == self._desk.left:
            self.query_one(JobPanel).show(job, message.events)
            self._show_live(job)
        else:  # a part is through, or all of them: their figures are kept now
            self.show_state()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not super().check_action(action, parameters):
            return False
        suite_actions = [key.action for key in ValidateSuite.BINDINGS if isinstance(key, Binding)]
        if action in suite_actions:
            return self.check_suite_action(action)
        match action:
            case "measure" | "measure_all" | "wishes":
                return self.has_model and not self.at_work and not self.shows_suite
            case "report":
                return self.has_model and not self.at_work and not self.shows_suite
            case "lab":
                return not self.shows_suite
            case "other_face":
                return self.has_model
            case "copy":
                return self.has_model and not self.at_work
            case "scroll":
                return not self.shows_suite
        return True

    @on(Faces.Picked)
    def _picked(self, event: Faces.Picked) -> None:
        self._turn(event.index)

    def action_other_face(self) -> None:
        """Figures, or questions."""
        self._turn(1 - self._face)

    def _turn(self, face: int) -> None:
        self._face = face
        if not self.shows_suite:
            self.set_focus(None)
        self.show_standing()

    def action_scroll(self, lines: int) -> None:
        """Read on where there is more than the screen holds."""
        self.query_one(MeasuredView).scroll_relative(y=lines, animate=False)

    def action_report(self) -> None:
        """Write the report to a file."""
        from slmtui.tui.screens.report_file import ReportScreen

        if self.slmtui.deployment is not None:
            self.app.push_screen(ReportScreen(self.slmtui.deployment.name))

    def action_lab(self) -> None:
        """Compare other precisions of the same model."""
        self.go("lab")

    def action_copy(self) -> None:
        """Copy what is shown."""
        one = self.query_one(SuiteView).highlighted
        if self.shows_suite and one is not None:
            text = "\n".join(f"{name}: {value}" for name, value in detail_rows(one) if value)
            self.notify("The question is copied.", timeout=3)
        else:
            text = figures_text(self._standing.found, self.precision)
            self.notify("The figures are copied.", timeout=3)
        self.app.copy_to_clipboard(text)
