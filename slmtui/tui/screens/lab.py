"""Precision lab: variants of a model made, measured and compared, and one of them deployed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import Button, Input, OptionList

from slmtui.events import Cancel, Failure, Service
from slmtui.lab.result import LabResult
from slmtui.lab.table import markdown
from slmtui.tui.jobs import JobChanged
from slmtui.tui.lab_run import LabRun
from slmtui.tui.lab_words import HELP, ask_to_measure_anew
from slmtui.tui.screens.lab_base import FACES, TABLE, VARIANTS
from slmtui.tui.screens.lab_choice import LabChoice
from slmtui.tui.widgets.faces import Faces
from slmtui.tui.widgets.job_panel import JobPanel
from slmtui.tui.widgets.lab_table import LabTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slmtui.deployment import Deployment
    from slmtui.lab.plan import LabPlan


_CANCELLED = "The deployment is cancelled: what was deployed before is as it was."


class LabScreen(LabChoice):
    """What can be done."""

    HELP = HELP
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "next_face", "View", tooltip="Variants, table, plots"),
        Binding("space", "check", "Check", tooltip="Compare the highlighted variant, or leave it out"),
        Binding("k", "field('lab-keep')", "Keep", tooltip="Say what a variant has to keep"),
        Binding("a", "field('lab-add')", "Add", tooltip="Add a variant of your own"),
        Binding("b", "field('lab-prompt_tokens')", "Bench", tooltip="Say how long the benchmark is"),
        Binding("s", "field('lab-source')", "Model", tooltip="Name another model, several, or a folder"),
        Binding("d", "deploy", "Deploy", tooltip="Put the highlighted variant into Foundry Local"),
        Binding("y", "copy", "Copy", tooltip="Copy the table as Markdown"),
    ]

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        self._show_about()
        self._show_detail()
        self._show_next()
        self.refresh_bindings()

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self.action_proceed()

    # What is done

    def proceed(self) -> None:
        found = self._found
        if self._no_model:
            self.go("start")
        elif found is not None and found.away:
            self._fetch(found.away)
        elif found is not None and found.left:
            self._start()
        elif self._shown_face == VARIANTS:
            self._face = TABLE
            self._show()
        else:
            self.action_deploy()

    @on(Button.Pressed, "#again")
    def _start(self) -> None:
        """Measure what is not measured yet; what has failed is tried again."""
        found = self._found
        if found is None or found.plan is None or self._at_work:
            return
        self._measure(found.plan, found.result)

    @on(Button.Pressed, "#anyway")
    def _start_anyway(self) -> None:
        """The user knows better."""
        found = self._found
        if found is not None and found.plan is not None and not self._at_work:
            self._measure(replace(found.plan, override=True), found.result)

    def _measure(self, plan: LabPlan, before: LabResult | None) -> None:
        run = LabRun(plan, before)
        self._run, self._face, self._failure = run, TABLE, None

        def service(cancel: Cancel) -> Service[LabResult]:
            return run.run(self._desk.run(run.plan, cancel))

        self.slmtui.start_job(self.MODE, service)
        self._show()

    def _fetch(self, names: Sequence[str]) -> None:
        """Fetch what is not here yet; then it is looked at."""
        self._run, self._face, self._failure, self._fetching = None, TABLE, None, True
        self.slmtui.start_job(self.MODE, lambda cancel: self._desk.fetch(names, cancel), what="download")
        self._show()

    @on(Button.Pressed, "#anew")
    def _anew(self) -> None:
        """Forget the figures, after a yes."""
        found = self._found
        if found is not None and found.plan is not None:
            self.app.push_screen(ask_to_measure_anew(found), lambda yes: self._forget() if yes else None)

    def _forget(self) -> None:
        assert self._found is not None
        assert self._found.plan is not None
        try:
            self._desk.forget(self._found.plan.output)
            self._failure = None
        except Failure as failure:
            self._failure = failure
        self._wish = replace(self._wish, variants=self._found.plan.variants)
        self._run, self._face = None, VARIANTS
        self._look()

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.action_leave()

    def action_deploy(self) -> None:
        """Make the highlighted variant the model of the deployment, and put it into Foundry Local."""
        found, row = self._found, self._row
        if found is None or found.plan is None or row is None or self._at_work:
            return
        plan, deployment = found.plan, self.slmtui.deployment

        def service(cancel: Cancel) -> Service[Deployment]:
            return self._desk.deploy(deployment, plan, row, cancel)

        self._run, self._failure = None, None
        self.slmtui.free_runtime()  # Windows replaces no file that a process has open
        self.slmtui.start_job(self.MODE, service, self._deployed, "deployment")
        self._show()

    def _deployed(self, deployment: Deployment) -> None:
        """Its verdicts are Deploy's to show, as is what is in the way."""
        self.slmtui.use(deployment)
        if self.slmtui.current_mode == self.MODE:
            self.go("template" if deployment.next_station() == "prompt" else "deploy")

    async def on_job(self, message: JobChanged) -> None:
        job = message.job
        if job is not self._job:
            return
        if job.running:
            self.query_one(JobPanel).show(job, message.events)
            self._show_result()
            self._follow()
        else:
            if job.what == "deployment" and job.state == "cancelled":
                self.notify(_CANCELLED)
            if self._fetching:
                self._fetching, self._face = False, None
            self.slmtui.reload_deployment()
            self._look()
            self._show()

    def _follow(self) -> None:
        """Go to the row that is worked on, unless the user has gone to one."""
        table, rows = self.query_one(LabTable), self._result.rows if self._result else ()
        running = next((row.key for row in rows if row.status == "running"), "")
        if running and not table.rows.chosen:
            table.go_to(running)

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not super().check_action(action, parameters):
            return False
        match action:
            case "check":
                return self._shown_face == VARIANTS and not self._at_work
            case "deploy":
                row = self._row
                return self._shown_face != VARIANTS and not self._at_work and bool(row and row.bytes)
            case "copy":
                return self._result is not None
        return True

    @on(Faces.Picked)
    def _picked(self, event: Faces.Picked) -> None:
        self._face = event.index
        self.set_focus(None)
        self._show()

    def action_leave(self) -> None:
        """Cancel what runs, leave the field, or go back to where the lab belongs."""
        if self._at_work:
            super().action_leave()
        elif isinstance(self.focused, Input):
            self._focus_rows()
        else:
            self.go("validate")

    def action_next_face(self) -> None:
        """The next of variants, table and plots."""
        self._face = (self._shown_face + 1) % len(FACES)
        self.set_focus(None)
        self._show()

    def action_field(self, name: str) -> None:
        """Go to a field."""
        if name != "lab-keep" and self._shown_face != VARIANTS:
            self._face = VARIANTS
            self._show()
        self.query_one(f"#{name}", Input).focus()

    def action_copy(self) -> None:
        """Copy the table."""
        if (result := self._result) is not None:
            self.app.copy_to_clipboard(markdown(result, self._called))
            self.notify("The table is copied as Markdown.")
