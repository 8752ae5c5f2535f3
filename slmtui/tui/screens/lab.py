"""Precision lab: variants of a model made, measured and compared, and one of them taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Button, Input, OptionList, Static

from slmtui.events import Cancel, Failure, Service
from slmtui.lab.recommend import Recommendation
from slmtui.lab.result import LabResult
from slmtui.lab.row import VariantResult
from slmtui.lab.table import markdown
from slmtui.tui.format import MUTED, safe
from slmtui.tui.jobs import Job, JobChanged
from slmtui.tui.lab_desk import LabDesk, LabProspect, LabRun, LabWish
from slmtui.tui.lab_words import HELP, ask_to_measure_anew, outlook
from slmtui.tui.station_screen import StationScreen
from slmtui.tui.widgets.faces import Faces
from slmtui.tui.widgets.job_panel import JobPanel
from slmtui.tui.widgets.lab_detail import LabDetail
from slmtui.tui.widgets.lab_form import LabForm
from slmtui.tui.widgets.lab_plots import LabPlots
from slmtui.tui.widgets.lab_table import STAR, LabTable
from slmtui.tui.widgets.lab_variants import VariantTable
from slmtui.tui.widgets.verdicts import FailurePanel

if TYPE_CHECKING:
    from slmtui.deployment import Deployment
    from slmtui.lab.variants import Variant

_TYPING_SECONDS = 0.4
_FACES = ("Variants", "Table", "Plots")
VARIANTS, TABLE, PLOTS = range(3)


class LabScreen(StationScreen):
    """A plan to choose, a run to watch, a table to choose from."""

    MODE = "lab"
    RAIL = "validate"
    HEADING = "Precision lab"
    CSS_PATH = "lab.tcss"
    SCROLLS = False
    HELP = HELP
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "next_face", "View", tooltip="Variants, table, plots"),
        Binding("space", "check", "Check", tooltip="Compare the highlighted variant, or leave it out"),
        Binding("k", "field('lab-keep')", "Keep", tooltip="Say what a variant has to keep"),
        Binding("a", "field('lab-add')", "Add", tooltip="Add a variant of your own"),
        Binding("s", "field('lab-source')", "Model", tooltip="Name another model, several, or a folder"),
        Binding("d", "take", "Use it", tooltip="Make the highlighted variant this deployment's model"),
        Binding("y", "copy", "Copy", tooltip="Copy the table as Markdown"),
    ]

    def __init__(self, desk: LabDesk | None = None) -> None:
        super().__init__()
        self._desk = desk or LabDesk()
        self._wish = LabWish()
        self._found: LabProspect | None = None
        self._run: LabRun | None = None
        self._face: int | None = None
        self._shown_for: str | None = None
        self._timer: Timer | None = None
        self._failure: Failure | None = None

    def compose_body(self) -> ComposeResult:
        yield Faces(_FACES, "Ctrl+T", id="lab-faces")
        yield LabForm()
        yield FailurePanel(id="lab-failure")
        yield VariantTable()
        with Vertical(id="lab-results"):
            yield JobPanel(log=False, usage=False, id="lab-job")
            with Vertical(id="lab-figures"):
                yield Static(id="lab-said", markup=False)
                yield LabTable()
                yield LabDetail()
            yield LabPlots()

    def compose_actions(self) -> ComposeResult:
        yield Button("Cancel", id="cancel", compact=True)
        yield Button("Try again", id="again", compact=True)
        yield Button("Measure anew", id="anew", compact=True)

    # What is there

    @property
    def _job(self) -> Job[Any] | None:
        return self.slmtui.job(self.MODE)

    @property
    def _at_work(self) -> bool:
        return (job := self._job) is not None and job.running

    @property
    def _result(self) -> LabResult | None:
        """The table: of the run, or as an earlier one left it."""
        if self._at_work and self._run is not None:
            return self._run.result
        return self._found.result if self._found is not None and self._found.begun else None

    @property
    def _recommended(self) -> Recommendation | None:
        """What to take, once there is something to choose from."""
        result = self._result
        if result is None or len(result.sources) != 1 or self._at_work:
            return None
        return result.recommend(self.query_one(LabForm).constraints)

    @property
    def _row(self) -> VariantResult | None:
        result, key = self._result, self.query_one(LabTable).highlighted
        return next((row for row in result.rows if row.key == key), None) if result else None

    @property
    def _chosen(self) -> tuple[Variant, ...]:
        """The variants that have their check mark, even before their plan is made."""
        if self._wish.variants is not None or self._found is None:
            return self._wish.variants or ()
        return self._found.chosen

    @property
    def _shown_face(self) -> int:
        if self._face is not None:
            return self._face
        return TABLE if self._result is not None else VARIANTS

    def show_state(self) -> None:
        super().show_state()
        name = self.slmtui.deployment.name if self.slmtui.deployment else ""
        if name != self._shown_for:
            self._shown_for, self._wish, self._face = name, LabWish(self._wish.source), None
        self._look()
        self._show()

    def _heading(self) -> Content:
        """Its models: a lab goes on, whatever deployment is in hand."""
        plan = self._run.plan if self._at_work and self._run else self._found.plan if self._found else None
        names = ", ".join(model.name for model in plan.models) if plan else ""
        return Content.assemble((self.HEADING, "bold"), ("  " + safe(names) if names else "", MUTED))

    @work(thread=True, exclusive=True, group="lab-look")
    def _look(self) -> None:
        found = self._desk.look(self.slmtui.deployment, self._wish)
        self.app.call_from_thread(self._looked, found)

    def _looked(self, found: LabProspect) -> None:
        if found.wish != self._wish:
            return
        self._found = found
        self._show()
        said, table = self._recommended, self.query_one(LabTable)
        if said is not None and said.row is not None and not table.rows.chosen:
            table.go_to(said.row.key)

    # What is shown

    def _show(self) -> None:
        if not self._has_body:
            return
        found, face, job = self._found, self._shown_face, self._job
        self.query_one("#heading", Static).update(self._heading())
        self.query_one("#lab-faces", Faces).show(face)
        self.query_one(LabForm).show(before=face == VARIANTS, enabled=not self._at_work)
        self.query_one(VariantTable).display = face == VARIANTS
        results = self.query_one("#lab-results")
        results.display = face != VARIANTS
        results.set_class(face == PLOTS, "-plots")
        self.query_one(JobPanel).show(job if self._at_work else None)
        if found is not None:
            self.query_one(VariantTable).show_variants(found.offered, self._chosen, found.forecasts)
        self._show_result()
        self._show_next()
        self.refresh_bindings()

    def _show_result(self) -> None:
        result, said, form = self._result, self._recommended, self.query_one(LabForm)
        star = said.row.key if said and said.row else ""
        self.query_one(LabTable).show_result(result, form.constraints, star)
        self.query_one(LabPlots).show(result)
        place = self.query_one("#lab-said", Static)
        place.display = said is not None
        if said is not None:
            place.update(safe(f"{STAR} {said.reason}" if said.row else said.reason))
        self._show_detail()

    def _show_detail(self) -> None:
        self.query_one(LabDetail).show(self._row, self._result, self._recommended)

    def _show_next(self) -> None:
        found, job, at_work = self._found, self._job, self._at_work
        failure = job.failure if job is not None and not at_work else None
        failure = failure or self._failure or (found.failure if found else None)
        self.query_one(FailurePanel).show(None if at_work else failure)
        some = found is not None and (found.begun or found.damaged is not None) and not at_work
        failed = found is not None and bool(found.failed) and not found.left and not at_work
        self.query_one("#cancel").display = at_work
        self.query_one("#again").display = failed
        self.query_one("#anew").display = some and self._shown_face != PLOTS
        self.set_primary(*self._next(found), enabled=self._can_proceed(found), focus=False)
        if self.focused in (None, self.query_one("#primary")) and self.is_current:
            self._focus_rows()

    def _focus_rows(self) -> None:
        """The rows take the focus: Enter on them is the next step as well."""
        face = self._shown_face
        if face == PLOTS:
            self.query_one("#primary").focus()
        else:
            self.query_one(VariantTable if face == VARIANTS else LabTable).rows.focus()

    def _next(self, found: LabProspect | None) -> tuple[str, str]:
        """The label of the next step, and a word on it."""
        if self._at_work:
            return ("Measuring", "Esc cancels; what is done is kept.") if self._run else ("Taking it", "")
        if found is None:
            return "Compare", "Looking"
        if self._no_model:
            return "Choose a model", "No model is chosen yet."
        if found.plan is None or found.failure is not None:
            return "Compare", "This cannot start yet."
        if found.left:
            return "Go on" if found.begun else "Compare", outlook(found)
        row = self._row
        if row is None or row.bytes is None:
            return "Use it", "There is no model of this row."
        return "Use it", f"{row.variant.label} becomes this deployment's model."

    def _can_proceed(self, found: LabProspect | None) -> bool:
        if self._at_work or found is None:
            return False
        if found.plan is None or found.failure is not None:
            return self._no_model
        row = self._row
        return bool(found.left or (row is not None and row.bytes is not None))

    @property
    def _no_model(self) -> bool:
        return self.slmtui.deployment is None and not self._wish.source

    # What the user chooses

    @on(VariantTable.Toggled)
    def _toggled(self, event: VariantTable.Toggled) -> None:
        found, chosen = self._found, {each.id for each in self._chosen}
        if found is not None and not self._at_work:
            chosen ^= {event.variant}
            self._choose(tuple(each for each in found.offered if each.id in chosen))

    def _choose(self, variants: tuple[Variant, ...], added: tuple[Variant, ...] = ()) -> None:
        self._wish = LabWish(self._wish.source, variants, (*self._wish.added, *added))
        self._look()
        self._show()

    def action_check(self) -> None:
        """Check the highlighted variant, or take its mark away."""
        self._toggled(VariantTable.Toggled(self.query_one(VariantTable).highlighted))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        form = self.query_one(LabForm)
        if event.input.id == "lab-keep":
            form.read_constraints()
            self._show_result()
        elif event.input.id == "lab-add":
            form.read_variants()
        elif self._timer is not None:
            self._timer.reset()
        else:
            self._timer = self.set_timer(_TYPING_SECONDS, self._source_typed)

    def _source_typed(self) -> None:
        self._timer = None
        self._wish = LabWish(self.query_one(LabForm).source)
        self._look()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if event.input.id == "lab-add":
            found = self.query_one(LabForm).read_variants(take=True)
            if found:
                chosen = {each.id: each for each in (*self._chosen, *found)}
                self._choose(tuple(chosen.values()), found)
                return
        self._focus_rows()

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
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
        elif found is not None and found.left:
            self._start()
        else:
            self.action_take()

    @on(Button.Pressed, "#again")
    def _start(self) -> None:
        """Measure what is not measured yet; what has failed is tried again."""
        found = self._found
        if found is None or found.plan is None or self._at_work:
            return
        run = LabRun(found.plan, found.result)
        self._run, self._face, self._failure = run, TABLE, None

        def service(cancel: Cancel) -> Service[LabResult]:
            return run.run(self._desk.run(run.plan, cancel))

        self.slmtui.start_job(self.MODE, service)
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
        self._wish = LabWish(self._wish.source, self._found.plan.variants, self._wish.added)
        self._face = VARIANTS
        self._look()

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.action_leave()

    def action_take(self) -> None:
        """Make the highlighted variant the model of the deployment."""
        found, row = self._found, self._row
        if found is None or found.plan is None or row is None or self._at_work:
            return
        plan, deployment = found.plan, self.slmtui.deployment

        def service(cancel: Cancel) -> Service[Deployment]:
            return self._desk.take(deployment, plan, row, cancel)

        self._run, self._failure = None, None
        self.slmtui.start_job(self.MODE, service, self._taken)
        self._show()

    def _taken(self, deployment: Deployment) -> None:
        """It goes on where every converted model does."""
        self.slmtui.use(deployment)
        if self.slmtui.current_mode == self.MODE:
            self.go("template")

    async def on_job(self, message: JobChanged) -> None:
        job = message.job
        if job is not self._job:
            return
        if job.running:
            self.query_one(JobPanel).show(job, message.events)
            self._show_result()
        else:
            self.slmtui.reload_deployment()
            self._look()
            self._show()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not super().check_action(action, parameters):
            return False
        match action:
            case "check":
                return self._shown_face == VARIANTS and not self._at_work
            case "take":
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

    def action_next_face(self) -> None:
        """The next of variants, table and plots."""
        self._face = (self._shown_face + 1) % len(_FACES)
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
            self.app.copy_to_clipboard(markdown(result))
            self.notify("The table is copied as Markdown.")
