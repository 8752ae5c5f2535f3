"""Convert: what will be made and where, then Olive at work, then the proof that it is its source's."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, Static

from slmtui.conversion.plan import ConversionPlan
from slmtui.deployment import Deployment
from slmtui.tui.convert_words import HELP
from slmtui.tui.job_screen import JobScreen
from slmtui.tui.jobs import Job
from slmtui.tui.key_words import keyed
from slmtui.tui.studio import Prospect, Studio
from slmtui.tui.widgets.conversion_result import ConversionResult
from slmtui.tui.widgets.faces import Faces
from slmtui.tui.widgets.job_panel import JobPanel
from slmtui.tui.widgets.log_view import LogView
from slmtui.tui.widgets.purpose import Purpose
from slmtui.tui.widgets.studio_pane import StudioPane
from slmtui.tui.widgets.verdicts import FailurePanel, recorded_failure

# Outside the configuration and in it, where Enter and letters have a meaning of their own.
_STARTS = ("Enter starts.", "Ctrl+N starts.")
_AGAIN = "Try again"
_TRIES_AGAIN = ("Enter tries again; l shows the whole log.", "Ctrl+N tries again.")
_FOOTER_SECONDS = 0.1  # the footer takes its time; it need not come in the same moment as the rest


class ConvertScreen(JobScreen):
    """From the checkpoint to an ONNX model in the precision of your choice."""

    MODE = "convert"
    HEADING = "Convert to ONNX on the CPU"
    CSS_PATH = "convert.tcss"
    SCROLLS = False
    HELP = HELP
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "next_face", "View", tooltip="Form, command or configuration; result or log"),
        Binding("ctrl+o", "output", "Output", show=False, tooltip="Change where the converted model goes"),
        Binding("slash", "log('search')", "Search", tooltip="Search the log"),
        Binding("v", "log('level')", "Level", tooltip="All of the log, warnings and errors, or errors alone"),
        Binding("o", "log('hold')", "Hold", tooltip="Hold the log where it is, or follow it again"),
        Binding("l", "show_log", "Log", tooltip="The log of what has failed, or the form again"),
        Binding("y,ctrl+y", "copy", "Copy", tooltip="Copy the command, the configuration or the log"),
        Binding("p", "lab", "Precision lab", show=False, tooltip="Compare precisions, side by side"),
        Binding("ctrl+g", "config('fix')", "Fix", show=False, tooltip="Fix the highlighted finding"),
        Binding("ctrl+e", "config('edit')", "Editor", show=False, priority=True, tooltip="Use your $EDITOR"),
        Binding("ctrl+l", "config('load')", "Load", show=False, tooltip="Load a configuration from a file"),
        Binding(
            "ctrl+r",
            "config('reset')",
            "Form's",
            show=False,
            tooltip="Take the form's configuration",
        ),
    ]

    def __init__(self, studio: Studio | None = None) -> None:
        super().__init__()
        self._studio = studio or Studio()
        self._shown_for = ""
        self._remake = False
        self._shows_log = False

    def compose_body(self) -> ComposeResult:
        yield Purpose(self.MODE)
        yield FailurePanel(id="convert-failure")
        yield Faces(("Result", "Log"), "Ctrl+T", id="result-faces")
        yield ConversionResult()
        yield StudioPane(self._studio)
        yield JobPanel(id="convert-job")

    def compose_actions(self) -> ComposeResult:
        yield from super().compose_actions()
        yield Button("Again", id="again", compact=True)
        yield Button("Convert anyway", id="anyway", compact=True)

    # What is shown

    @property
    def _pane(self) -> StudioPane:
        return self.query_one(StudioPane)

    @property
    def _done(self) -> bool:
        one = self.slmtui.deployment
        return one is not None and one.step("conversion").state == "verified" and not self._remake

    @property
    def _at_work(self) -> bool:
        job = self.slmtui.job(self.MODE)
        return job is not None and job.running

    @property
    def _choosing(self) -> bool:
        """Whether the form is shown."""
        return self.slmtui.deployment is not None and not self._at_work and not self._done

    @property
    def _broken(self) -> bool:
        """Whether there is the log of a conversion that came to nothing."""
        job = self.slmtui.job(self.MODE)
        return self._choosing and job is not None and job.state in ("failed", "cancelled")

    def show_state(self) -> None:
        super().show_state()
        deployment, job = self.slmtui.deployment, self.slmtui.job(self.MODE)
        if deployment is None or deployment.name != self._shown_for:
            self._remake = self._shows_log = False
            self._shown_for = deployment.name if deployment else ""
        done = self._done and not self._at_work
        self.query_one(FailurePanel).show(None)
        self.query_one("#cancel").display = self._at_work
        self.query_one("#again").display = done
        self.query_one("#anyway").display = False
        # A class of the screen's would have every widget's style looked up again.
        self._pane.display = self._choosing and not (self._broken and self._shows_log)
        self._show_job(None if self._choosing and (job is None or job.state == "done") else job)
        if not self._at_work:
            self.query_one(ConversionResult).show(deployment if done else None)
        self.set_timer(_FOOTER_SECONDS, self.refresh_bindings)
        self.query_one(Purpose).display = deployment is None
        if deployment is None:
            self.set_primary("Choose a model", "No model is chosen yet.")
        elif self._at_work:
            self.set_primary("Converting", "Esc cancels.", enabled=False)
        elif done:
            self.set_primary("Continue", ConversionResult.words(deployment))
        else:
            self._show_failure(deployment, job)
            self._pane.begin(deployment)

    def _show_job(self, job: Job[Any] | None) -> None:
        """The job, and where the terminal is low, it or the result."""
        panel, result = self.query_one(JobPanel), self.query_one(ConversionResult)
        panel.show(job)
        two = self._done and not self._at_work and job is not None
        beside = self._choosing and self._pane.display
        panel.set_class(beside, "-beside")
        for part in ("#form", "#command"):
            self.query_one(part).set_class(beside and job is not None, "-tight")
        panel.set_class(two and not self._shows_log, "-behind")
        result.set_class(two and self._shows_log, "-behind")
        result.set_class(self._done and not self._at_work and not self._shows_log, "-alone")
        faces = self.query_one("#result-faces", Faces)
        faces.set_class(two, "-two")
        faces.show(int(self._shows_log))

    def _show_failure(self, deployment: Deployment, job: Job[Any] | None) -> None:
        if job is not None and job.state == "failed":
            self.query_one(FailurePanel).show(job.failure)
        elif deployment.step("conversion").state == "failed":
            self.query_one(FailurePanel).show(recorded_failure(deployment.step("conversion").record))

    # The plan

    @on(StudioPane.Looked)
    def _looked(self, event: StudioPane.Looked) -> None:
        found = event.prospect
        if not self._choosing:
            return
        self.query_one("#anyway").display = False
        if found is None:
            self.looks()
            self.set_primary(self._verb, "Looking", enabled=False)
            return
        deployment, job = self.slmtui.deployment, self.slmtui.job(self.MODE)
        assert deployment is not None
        states = (deployment.step("conversion").state, job.state if job is not None else "")
        if found.failure is not None or "failed" not in states:
            # What the lint found stands below the configuration.
            self.query_one(FailurePanel).show(None if found.faulty else found.failure)
        self._show_next(found, job)
        self.looked()
        if found.plan is not None:
            self._warm_up()

    @work(thread=True, exclusive=True, group="warm")
    def _warm_up(self) -> None:
        self._studio.warm_up()

    def _show_next(self, found: Prospect, job: Job[Any] | None) -> None:
        if found.plan is None:
            self.query_one("#anyway").display = found.anyway is not None
            words = "Mend it first: Ctrl+G." if found.faulty else "This cannot start yet."
            self.set_primary("Convert", words, enabled=False)
            return
        busy = self.focused is not None and self._pane in self.focused.ancestors
        again = self._verb == _AGAIN
        words = "Cancelled; nothing was kept." if job is not None and job.state == "cancelled" else ""
        words = words or self._key_of(_TRIES_AGAIN if again else _STARTS)
        self.set_primary(self._verb, words, focus=not busy)

    @property
    def _verb(self) -> str:
        job = self.slmtui.job(self.MODE)
        return _AGAIN if job is not None and job.state in ("failed", "cancelled") else "Convert"

    def _key_of(self, words: tuple[str, str]) -> str:
        """Those of the words that are true where the focus is."""
        focused = self.focused
        return words[focused is not None and self._pane.desk in focused.ancestors]

    def on_descendant_focus(self) -> None:
        self._say_the_key()

    def on_descendant_blur(self) -> None:
        self._say_the_key()

    def _say_the_key(self) -> None:
        if self.has_body and self._choosing:
            hint = self.query_one("#hint", Static)
            for words in (_STARTS, _TRIES_AGAIN):
                if hint.content in [keyed(self, each) for each in words]:
                    hint.update(keyed(self, self._key_of(words)))

    # The run

    @on(StudioPane.Going)
    def _going(self) -> None:
        self.action_proceed()

    def proceed(self) -> None:
        found = self._pane.prospect
        if self.slmtui.deployment is None:
            self.go("start")
        elif self._done:
            self.go("template")
        elif found is not None and found.plan is not None:
            self._convert(found.plan)

    @on(Button.Pressed, "#anyway")
    def _anyway(self) -> None:
        """The user knows better."""
        found = self._pane.prospect
        if found is not None and found.anyway is not None:
            self._convert(found.anyway)

    def _convert(self, plan: ConversionPlan) -> None:
        deployment = self.slmtui.deployment
        assert deployment is not None
        # Who asks for the very same once more does not mean the one that is there.
        record = deployment.step("conversion").record
        same = (record.get("output"), record.get("recipe")) == (str(plan.output), plan.recipe.title)
        service = partial(
            self._studio.convert, deployment, plan, compares=self._pane.compares, anew=self._remake and same
        )
        self.slmtui.start_job(self.MODE, service, self.slmtui.finished)
        self._shows_log = False
        self.query_one(ConversionResult).show(None)
        # The form goes before the log comes: to draw both at once takes too long.
        self._pane.display = False
        self.call_after_refresh(self.show_state)

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
            case "output" | "config":
                return self._choosing
            case "show_log":
                return self._broken
            case "next_face":
                return (self._choosing and self._pane.display) or bool(
                    self.query_one("#result-faces").display
                )
            case "log":
                panel = self.query_one(JobPanel)
                return bool(panel.display and panel.size.height)
        return True

    def action_leave(self) -> None:
        """Close the search, else cancel what runs, else leave the field."""
        if not self.query_one(LogView).close_search():
            super().action_leave()

    @on(Faces.Picked, "#result-faces")
    def _picked(self, event: Faces.Picked) -> None:
        self._shows_log = bool(event.index)
        self._show_job(self.slmtui.job(self.MODE))
        self.set_timer(_FOOTER_SECONDS, self.refresh_bindings)

    async def action_next_face(self) -> None:
        """Another face of what is shown."""
        if self._choosing:
            await self._pane.next_face()
            self.refresh_bindings()
        else:
            self.query_one("#result-faces", Faces).action_pick(int(not self._shows_log))

    def action_show_log(self) -> None:
        """The whole log of what has failed, and the form again."""
        self._shows_log = not self._shows_log
        self._pane.display = not self._shows_log
        self._show_job(self.slmtui.job(self.MODE))
        self.set_timer(_FOOTER_SECONDS, self.refresh_bindings)

    def action_lab(self) -> None:
        """Compare precisions of this model, side by side."""
        self.go("lab")

    async def action_output(self) -> None:
        """Go to the output field."""
        await self._pane.to_output()

    def action_config(self, what: str) -> None:
        """Do something with the configuration."""
        desk = self._pane.desk
        {"fix": desk.fix, "edit": self._pane.edit, "load": desk.load, "reset": desk.reset}[what]()

    def action_log(self, what: str) -> None:
        """Do something with the log."""
        log = self.query_one(LogView)
        {"search": log.search, "level": log.next_level, "hold": log.follow}[what]()

    def action_copy(self) -> None:
        """Copy what is shown: the log, the configuration or the command."""
        if self._choosing and self._pane.display:
            text, what = self._pane.copied
        else:
            log = self.query_one(LogView)
            text, what = log.text, "One line is" if len(log.lines) == 1 else f"{len(log.lines)} lines are"
        if text:
            self.app.copy_to_clipboard(text)
            self.notify(f"{what} copied.")
