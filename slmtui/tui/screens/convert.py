"""Convert: what will be made and where, then Olive at work, then the proof that it is its source's."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Button, Input, OptionList, Static

from slmtui import pipeline
from slmtui.conversion.plan import ConversionPlan
from slmtui.conversion.recipe import Recipe
from slmtui.conversion.recipe import recipe as find_recipe
from slmtui.deployment import Deployment
from slmtui.events import Failure
from slmtui.tui.job_screen import JobScreen
from slmtui.tui.jobs import Job
from slmtui.tui.screens.convert_config import ConfigActions
from slmtui.tui.studio import Prospect, Studio, Wish
from slmtui.tui.widgets.command_pane import CommandPane
from slmtui.tui.widgets.config_pane import ConfigPane
from slmtui.tui.widgets.conversion_facts import done_rows, plan_rows
from slmtui.tui.widgets.convert_form import ConvertForm, note
from slmtui.tui.widgets.faces import Faces
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.job_panel import JobPanel
from slmtui.tui.widgets.log_view import LogView
from slmtui.tui.widgets.verdicts import FailurePanel, VerdictList, recorded_failure, verdict_from

FACES = ("form", "command", "config")
_TYPING_SECONDS = 0.15
_FOOTER_SECONDS = 0.1  # the footer takes its time; it need not come in the same moment as the rest
_HOW = "Tab or a click goes into the form; there ↑ ↓ choose a field and ← → its value."


class ConvertScreen(ConfigActions, JobScreen):
    """From the checkpoint to an ONNX model in the precision of your choice."""

    MODE = "convert"
    HEADING = "Convert to ONNX on the CPU"
    CSS_PATH = "convert.tcss"
    SCROLLS = False
    HELP = """\
## Convert

Microsoft Olive turns the checkpoint into an ONNX model, in a process of its own: you can leave this screen,
and slmtui stays responsive. **Enter alone** converts with the guide's INT4.

* **Precision**: each row says what it would take. ↑ ↓ choose a row or a field, ← → its value; what a field
  does to size, speed and quality stands below the form.
* **Command**: the `olive` line that makes the same model by hand; `y` copies it.
* **Configuration**: what Olive is told. Edit it here, in your own editor (Ctrl+E), or load a file (Ctrl+L);
  it runs as it is. Form and configuration stay in step as far as the form has words for it. Below stands what
  Olive would ignore or refuse; Ctrl+G applies the fix of the highlighted line, Ctrl+Z undoes, Ctrl+R goes
  back to the form's.
* **While it runs**: `/` searches the log, `n` goes to the next match, `v` filters by level, `o` holds it,
  `y` copies it, Esc cancels.

The conversion counts as done only when the files are fresh and complete, **the runtime has loaded the model,
and it says what its source says**; Olive's own word is not taken for it. The output appears whole or not at
all, also after a cancel.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "next_face", "Form/Command/Config", tooltip="Form, command, or configuration"),
        Binding("ctrl+o", "output", "Output", show=False, tooltip="Change where the converted model goes"),
        Binding("slash", "search", "Search", tooltip="Search the log"),
        Binding("v", "level", "Level", tooltip="All of the log, warnings and errors, or errors alone"),
        Binding("o", "hold", "Hold", tooltip="Hold the log where it is, or follow it again"),
        Binding("y,ctrl+y", "copy", "Copy", tooltip="Copy the command, the configuration or the log"),
    ]

    def __init__(self, studio: Studio | None = None) -> None:
        super().__init__()
        self._studio = studio or Studio()
        self._wish = Wish()
        self._prospect: Prospect | None = None
        self._asked = 0
        self._waiting: Timer | None = None
        self._shown_for = ""
        self._remake = False
        self._face = 0

    def compose_body(self) -> ComposeResult:
        with Container(id="faces-place"):
            yield Faces(("Form", "Command", "Configuration"), "Ctrl+T", id="faces")
        yield FailurePanel(id="convert-failure")
        with Container(id="plan-place"), Container(id="plan-inner"):
            yield Facts(id="plan")
        yield Facts(id="done")
        yield VerdictList(id="convert-verdicts")
        with Horizontal(id="studio"):
            with Vertical(id="left"):
                yield ConvertForm()
                yield Static(_HOW, id="form-help")
                yield CommandPane()
            yield Container(id="right")
        yield JobPanel(id="convert-job")

    def compose_actions(self) -> ComposeResult:
        yield from super().compose_actions()
        yield Button("Again", id="again", compact=True)
        yield Button("Convert anyway", id="anyway", compact=True)

    # What is shown

    @property
    def _done(self) -> bool:
        deployment = self.slmtui.deployment
        return (
            deployment is not None and deployment.step("conversion").state == "verified" and not self._remake
        )

    @property
    def _at_work(self) -> bool:
        job = self.slmtui.job(self.MODE)
        return job is not None and job.running

    @property
    def _choosing(self) -> bool:
        """Whether the form is shown."""
        return self.slmtui.deployment is not None and not self._at_work and not self._done

    def show_state(self) -> None:
        super().show_state()
        deployment = self.slmtui.deployment
        job = self.slmtui.job(self.MODE)
        if deployment is None or deployment.name != self._shown_for:
            self._remake = False
        failure = self.query_one(FailurePanel)
        failure.show(None)
        self.query_one("#cancel").display = self._at_work
        self.query_one("#again").display = self._done and not self._at_work
        self.query_one("#anyway").display = False
        choosing = self._choosing
        # A class of the screen's would have every widget's style looked up again.
        for name in ("#faces-place", "#plan-place", "#studio"):
            self.query_one(name).display = choosing
        panel = self.query_one(JobPanel)
        panel.set_class(choosing, "-beside")
        panel.show(None if choosing and (job is None or job.state == "done") else job)
        if not self._done:
            self.query_one("#done", Facts).show([])
            self.query_one(VerdictList).show([])
        self.set_timer(_FOOTER_SECONDS, self.refresh_bindings)
        if deployment is None:
            self.set_primary("Choose a model", "No model is chosen yet.")
            return
        if self._at_work:
            self.set_primary("Converting", "Esc cancels.", enabled=False)
            return
        if deployment.name != self._shown_for:
            self._shown_for = deployment.name
            self._wish = Wish()
            self._fill_output(deployment, self._wish.precision)
        if self._done:
            self._show_done(deployment)
            return
        if job is not None and job.state == "failed":
            failure.show(job.failure)
        elif deployment.step("conversion").state == "failed":
            failure.show(recorded_failure(deployment.step("conversion").record))
        self._show_face()
        self._look()

    def _show_done(self, deployment: Deployment) -> None:
        record = deployment.step("conversion").record
        before = int(deployment.step("source").record.get("bytes", 0))
        self.query_one("#done", Facts).show(done_rows(record, before))
        shown = [verdict_from(v) for v in record.get("verdicts", [])]
        self.query_one(VerdictList).show(v for v in shown if v.id != "parity" or v.status == "warn")
        words = {
            "verified": "It says what its source says.",
            "degraded": "It loads, and says less well what its source says.",
            "unverified": "The runtime loads it; it was not compared with its source.",
        }
        verdict = (record.get("parity") or {}).get("verdict", "")
        self.set_primary("Continue", words.get(verdict, "The runtime loads it."))

    # The plan

    def _fill_output(self, deployment: Deployment, precision: str) -> None:
        self.query_one(ConvertForm).put_output(str(pipeline.default_output(deployment, precision)))

    def _look(self) -> None:
        """Work out the plan off the event loop; until it is there, nothing can be started."""
        deployment = self.slmtui.deployment
        self._asked += 1
        self.query_one("#anyway").display = False
        if self._prospect is not None:
            self._prospect = replace(self._prospect, plan=None, anyway=None)
        form = self.query_one(ConvertForm)
        self._wish = replace(self._wish, output=form.output, compares=form.compares)
        self.set_primary("Convert", "Looking", enabled=False)
        if deployment is not None:
            self._work_out(deployment, self._wish, self._asked)

    @work(thread=True, exclusive=True, group="plan")
    def _work_out(self, deployment: Deployment, wish: Wish, asked: int) -> None:
        found = self._studio.look(deployment, wish)
        self.app.call_from_thread(self.call_later, self._show_prospect, found, asked)

    async def _show_prospect(self, found: Prospect, asked: int) -> None:
        if asked != self._asked or not self._choosing:
            return  # a thread cannot be stopped: this one looked at what is no longer asked for
        self._prospect, self._wish = found, found.wish
        deployment = self.slmtui.deployment
        assert deployment is not None
        await self._show_form(found)
        await self._mount_config()
        self._show_config(found)
        self.query_one(CommandPane).show(
            found.command, "No command says this; run the configuration: olive run --config FILE"
        )
        job = self.slmtui.job(self.MODE)
        failed = deployment.step("conversion").state == "failed" or (
            job is not None and job.state == "failed"
        )
        if found.failure is not None or not failed:
            # What the lint found stands below the configuration.
            self.query_one(FailurePanel).show(None if found.faulty else found.failure)
        self.query_one("#plan", Facts).show(plan_rows(found.source, found.plan or found.anyway))
        self._show_next(found, job)
        if found.plan is not None:
            self._warm_up()

    @work(thread=True, exclusive=True, group="warm")
    def _warm_up(self) -> None:
        self._studio.warm_up()

    def _show_next(self, found: Prospect, job: Job[Any] | None) -> None:
        if found.plan is None:
            self.query_one("#anyway").display = found.anyway is not None
            words = "Mend the configuration first; Ctrl+G does." if found.faulty else "This cannot start yet."
            self.set_primary("Convert", words, enabled=False)
            return
        busy = self.focused is not None and self.query_one("#studio") in self.focused.ancestors
        again = job is not None and job.state in ("failed", "cancelled")
        words = "Cancelled; nothing was kept." if job is not None and job.state == "cancelled" else ""
        self.set_primary("Try again" if again else "Convert", words or "Enter starts.", focus=not busy)

    async def _show_form(self, found: Prospect) -> None:
        form = self.query_one(ConvertForm)
        shown = found.recipe
        lines = ["The configuration is yours; the form says the same."] if found.wish.text is not None else []
        if shown is None and found.wish.text is not None:
            lines = [
                found.beyond or "The configuration cannot be read.",
                "It runs as it is; Ctrl+R: the form's.",
            ]
        said = note("ok" if shown is not None else "warn", [*lines, *found.replaced]) if lines else None
        if shown is None:
            form.fall_back(found.estimates, said)
            form.show_targets(found.targets)
        else:
            self._follow_output(shown)
            await form.show(shown, found.estimates, said)
            form.show_targets(found.targets)

    def _follow_output(self, shown: Recipe) -> None:
        """The folder is called like the precision, as long as it is slmtui's own."""
        deployment = self.slmtui.deployment
        assert deployment is not None
        form = self.query_one(ConvertForm)
        own = {str(pipeline.default_output(deployment, each)) for each in ("fp32", "fp16", "int8", "int4")}
        if form.output in own:
            self._fill_output(deployment, shown.precision)

    @on(ConvertForm.Changed)
    def _form_changed(self, event: ConvertForm.Changed) -> None:
        deployment = self.slmtui.deployment
        if deployment is None or not self._choosing:
            return
        form = self.query_one(ConvertForm)
        before = (self._wish.precision, self._wish.preset, dict(self._wish.options))
        now = (form.precision, form.preset, dict(form.options))
        if now != before:
            self._wish = replace(
                self._wish,
                precision=now[0],
                preset=now[1],
                options=now[2],
                follows=self._wish.text is not None,
            )
            try:
                self._follow_output(find_recipe(form.precision))
            except Failure:
                return
        self._look_soon() if event.waits else self._look()

    def _look_soon(self) -> None:
        """Look when the user has stopped typing; what was planned holds no longer."""
        if self._waiting is not None:
            self._waiting.stop()
        self._asked += 1
        self.set_primary("Convert", "Looking", enabled=False)
        self._waiting = self.set_timer(_TYPING_SECONDS, self._look)

    @on(ConvertForm.Helped)
    def _helped(self, event: ConvertForm.Helped) -> None:
        self.query_one("#form-help", Static).update(event.text or _HOW)

    @on(OptionList.OptionSelected, "#precision")
    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_proceed()

    # Faces

    def _show_face(self) -> None:
        for index, name in enumerate(FACES):
            self.set_class(index == self._face, f"-{name}")
        findings = self._prospect.report.findings if self._prospect else ()
        errors = sum(finding.severity != "info" for finding in findings)
        self.query_one(Faces).show(self._face, ("", "", f" !{errors}" if errors else ""))

    @on(Faces.Picked)
    async def _picked(self, event: Faces.Picked) -> None:
        await self._turn(event.index)

    async def action_next_face(self) -> None:
        """Form, command or configuration."""
        await self._turn((self._face + 1) % len(FACES))

    async def _turn(self, face: int) -> None:
        self._face = face
        self._show_face()
        if FACES[face] == "config" and self._prospect is not None:
            await self._mount_config()
            self._show_config(self._prospect)
            self.query_one(ConfigPane).editor.focus()
        else:
            self.action_leave()
        self.refresh_bindings()

    # The run

    def proceed(self) -> None:
        deployment = self.slmtui.deployment
        if deployment is None:
            self.go("start")
        elif self._done:
            self.go("template")
        elif self._prospect is not None and self._prospect.plan is not None:
            self._convert(self._prospect.plan)

    @on(Button.Pressed, "#anyway")
    def _anyway(self) -> None:
        """The user knows better: the plan is carried out in spite of what stands against it."""
        if self._prospect is not None and self._prospect.anyway is not None:
            self._convert(self._prospect.anyway)

    def _convert(self, plan: ConversionPlan) -> None:
        deployment = self.slmtui.deployment
        assert deployment is not None
        # Who asks for the very same once more does not mean the one that is there.
        record = deployment.step("conversion").record
        anew = self._remake and (record.get("output"), record.get("recipe")) == (
            str(plan.output),
            plan.recipe.title,
        )
        service = partial(self._studio.convert, deployment, plan, compares=self._wish.compares, anew=anew)
        self.slmtui.start_job(self.MODE, service, self.slmtui.finished)
        self.show_state()

    @on(Button.Pressed, "#again")
    def _again(self) -> None:
        """Make it once more: the old result stays until the new one is whole."""
        self._remake = True
        self.show_state()

    def job_ended(self, job: Job[Any]) -> None:
        self._remake = self._remake and job.state != "done"

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not super().check_action(action, parameters):
            return False
        match action:
            case "next_face" | "output" | "edit" | "load" | "fix" | "reset":
                return self._choosing
            case "search" | "level" | "hold":
                return bool(self.query_one(JobPanel).display)
        return True

    def action_leave(self) -> None:
        """Close the search, else cancel what runs, else leave the field."""
        if not self.query_one(LogView).close_search():
            super().action_leave()

    def action_output(self) -> None:
        """Go to the output field."""
        self._face = 0
        self._show_face()
        self.query_one("#output").focus()

    def action_search(self) -> None:
        """Search the log."""
        self.query_one(LogView).search()

    def action_level(self) -> None:
        """Filter the log."""
        self.query_one(LogView).next_level()

    def action_hold(self) -> None:
        """Hold or follow the log."""
        self.query_one(LogView).follow()

    def action_copy(self) -> None:
        """Copy what is shown: the log, the configuration or the command."""
        if self.query_one(JobPanel).display:
            lines = self.query_one(LogView).lines
            text, what = "\n".join(lines), f"{len(lines)} lines are"
        elif FACES[self._face] == "config":
            text, what = self._prospect.text if self._prospect else "", "The configuration is"
        else:
            text, what = self.query_one(CommandPane).text, "The command is"
        if text:
            self.app.copy_to_clipboard(text)
            self.notify(f"{what} copied.")
