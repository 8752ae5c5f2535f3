"""Validate: how fast the model is here, how far from its source, and whether it holds its checklist."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from slmtui.deployment import Deployment
from slmtui.pipeline.validation import PARTS, Part
from slmtui.tui.jobs import Job, JobChanged
from slmtui.tui.screens.validate_suite import ValidateSuite
from slmtui.tui.validate_words import figures_text
from slmtui.tui.widgets.faces import Faces
from slmtui.tui.widgets.job_panel import JobPanel
from slmtui.tui.widgets.measured_view import MeasuredView
from slmtui.tui.widgets.suite_view import SuiteView, detail_rows
from slmtui.tui.widgets.verdicts import FailurePanel, summary

FACES = ("Figures", "Questions")


class ValidateScreen(ValidateSuite):
    """Measured, judged, and written down."""

    HEADING = "Validate: measure it, judge it"
    CSS_PATH = "validate.tcss"
    SCROLLS = False
    HELP = """\
## Validate

Measures the model on this machine and keeps what it finds. **Enter alone** measures all that is missing:

* **Benchmark** (`b`): prompts of several lengths, each warmed up and repeated in random order. *pp512* is
  reading 512 tokens, *tg128 @ d512* generating 128 after them, as mean ± deviation; how restless the machine
  was meanwhile is measured, too.
* **Quality** (`q`): the model and its source read the same text. How well each foresees it (perplexity), how
  far apart their expectations are (KL divergence), and how often both would say the same next.
* **Checklist** (`k`): the questions of its domain, the form of its answers, memory over a long session, long
  input, and edge cases. Its source is asked the same questions: what it says right and the model does not
  was lost by the conversion; what neither knows was never learnt.

Esc stops it; what was measured by then is kept. Close other programs meanwhile.

**Questions** (`t`): the suite with each answer, and why a wrong one is wrong. `n` writes a question, `e`
changes one, `d` deletes it, `u` takes that back, `o` loads a file, Ctrl+E opens all of them in your own
editor. Every change is saved at once; the sample's suite becomes your own with the first one. It grows from
the chat, too: there `s` on an answer adds it as you have judged it.

`r` writes the report, `l` leads to the precision lab, which compares other precisions of the same model.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t,left,right", "other_face", "View", tooltip="Figures, or the suite's questions"),
        Binding("b", "measure('bench')", "Bench", tooltip="Measure how fast it is here"),
        Binding("q", "measure('quality')", "Quality", tooltip="Read a text with it and with its source"),
        Binding("k", "measure('checklist')", "Checklist", tooltip="Go through the checklist, with its suite"),
        Binding("a", "measure_all", "All anew", show=False, tooltip="Measure all of it once more"),
        Binding("r", "report", "Report", tooltip="Write the report on this model to a file"),
        Binding("l", "lab", "Lab", tooltip="Compare other precisions of the same model"),
        Binding("c", "copy", "Copy", show=False, tooltip="Copy the figures, or the highlighted question"),
        Binding("down,pagedown", "scroll(6)", "Scroll", show=False),
        Binding("up,pageup", "scroll(-6)", "Scroll up", show=False),
    ]
    _face = 0

    def compose_body(self) -> ComposeResult:
        yield Faces(FACES, "t", id="validate-faces")
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
        elif not self.at_work:
            self.look(deployment)
        self.show_standing()

    def show_standing(self) -> None:
        if not self.has_body:
            return
        job = self.slmtui.job(self.MODE)
        model = self.has_model
        self.query_one("#cancel").display = self.at_work
        self.query_one(JobPanel).show(job if self.at_work else None)
        self.query_one(Faces).display = model
        self.query_one(MeasuredView).display = model and not self.shows_suite
        self.query_one(SuiteView).display = model and self.shows_suite
        self.query_one(Faces).show(self._face)
        if model:
            self.query_one(MeasuredView).show(self._standing.found, self.precision)
            self.show_suite()
            if self.at_work and job is not None:
                self._show_live(job)
        self._show_failures(job)
        self._show_next(job)
        self.refresh_bindings()

    def _show_failures(self, job: Job[object] | None) -> None:
        """The job's, else that of the model or its suite, else that of what was kept."""
        standing = self._standing
        failure = job.failure if job is not None and not self.at_work else None
        if self.known:
            problems = standing.found.problems
            broken = standing.suite_failure
            failure = standing.failure or failure or broken or (problems[0] if problems else None)
        self.show_suite_failure(failure)

    def _show_live(self, job: Job[object]) -> None:
        self.query_one(MeasuredView).show_live(
            [row for _, row in sorted(self._desk.rows.items())], job.verdicts
        )

    @property
    def _missing(self) -> tuple[Part, ...]:
        """The parts that are not measured yet, or not to their end."""
        found = self._standing.found
        done: dict[Part, bool] = {
            "bench": found.bench is not None and found.bench.complete,
            "quality": found.quality is not None,
            "checklist": found.checklist is not None and found.checklist.complete,
        }
        return tuple(part for part in PARTS if not done[part])

    def _show_next(self, job: Job[object] | None) -> None:
        """What to do next."""
        focus = not self.shows_suite
        if self.slmtui.deployment is None:
            self.set_primary("Choose a model", "No model is chosen yet.")
        elif self.at_work:
            self.set_primary("Measuring", "Esc stops it; what was measured is kept.", enabled=False)
        elif not self.known:
            self.set_primary("Measure", "Looking", enabled=False)
        elif not self.has_model:
            self.set_primary("Go there", "There is no converted model to measure yet.")
        elif missing := self._missing:
            whole = len(missing) == len(PARTS)
            names = ", ".join(PARTS[part].lower() for part in missing)
            stopped = "Stopped. " if job is not None and job.state == "cancelled" else ""
            words = f"{stopped}Enter measures {'all: ' if whole else ''}{names}."
            self.set_primary("Measure all" if whole else "Measure the rest", words, focus=focus)
        else:
            self.set_primary("Write the report", self._verdict(), focus=focus)
        if self.shows_suite and self.has_model and self.focused in (None, self.query_one("#primary")):
            self.query_one(SuiteView).table.rows.focus()

    def _verdict(self) -> str:
        checklist = self._standing.found.checklist
        return "Checklist: " + summary([item.as_verdict() for item in checklist.items]) if checklist else ""

    # Measuring

    def proceed(self) -> None:
        deployment = self.slmtui.deployment
        if deployment is None:
            self.go("start")
        elif not self.has_model:
            self.go(self.slmtui.next_mode())
        elif missing := self._missing:
            self._measure(deployment, missing)
        else:
            self.action_report()

    def action_measure(self, part: Part) -> None:
        """Measure one part."""
        if self.slmtui.deployment is not None:
            self._measure(self.slmtui.deployment, (part,))

    def action_measure_all(self) -> None:
        """Measure all parts once more."""
        if self.slmtui.deployment is not None:
            self._measure(self.slmtui.deployment, tuple(PARTS))

    def _measure(self, deployment: Deployment, parts: Sequence[Part]) -> None:
        if self._face:
            self._turn(0)
        self.slmtui.start_job(
            self.MODE,
            partial(self._desk.measure, deployment, parts),
            lambda found: self.slmtui.note_measured(deployment.name, found),
        )
        self.show_state()

    async def on_job(self, message: JobChanged) -> None:
        job = message.job
        if job is not self.slmtui.job(self.MODE):
            return
        if job.running:
            self.query_one(JobPanel).show(job, message.events)
            self._show_live(job)
        else:
            self.show_state()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not super().check_action(action, parameters):
            return False
        suite_actions = [key.action for key in ValidateSuite.BINDINGS if isinstance(key, Binding)]
        if action in suite_actions:
            return self.check_suite_action(action)
        match action:
            case "measure" | "measure_all":
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
