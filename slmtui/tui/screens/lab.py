"""Precision lab: variants of a model made, measured and compared, and one of them taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.timer import Timer
from textual.widgets import Button, Input, OptionList, Static

from slmtui.events import Cancel, Service
from slmtui.lab.recommend import Recommendation
from slmtui.lab.result import LabResult, VariantResult
from slmtui.tui.format import safe
from slmtui.tui.jobs import Job, JobChanged
from slmtui.tui.lab_desk import LabDesk, LabProspect, LabRun, LabWish
from slmtui.tui.lab_words import HELP, outlook
from slmtui.tui.station_screen import StationScreen
from slmtui.tui.widgets.faces import Faces
from slmtui.tui.widgets.job_panel import JobPanel
from slmtui.tui.widgets.lab_detail import LabDetail
from slmtui.tui.widgets.lab_form import LabForm
from slmtui.tui.widgets.lab_table import STAR, LabTable
from slmtui.tui.widgets.lab_variants import VariantTable
from slmtui.tui.widgets.verdicts import FailurePanel

if TYPE_CHECKING:
    from slmtui.deployment import Deployment
    from slmtui.lab.variants import Variant

_TYPING_SECONDS = 0.4
VARIANTS, TABLE = range(2)


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

    def compose_body(self) -> ComposeResult:
        yield Faces(("Variants", "Table"), "Ctrl+T", id="lab-faces")
        yield LabForm()
        yield FailurePanel(id="lab-failure")
        yield VariantTable()
        with Vertical(id="lab-results"):
            yield JobPanel(log=False, id="lab-job")
            yield Static(id="lab-said", markup=False)
            yield LabTable()
            yield LabDetail()

    def compose_actions(self) -> ComposeResult:
        yield Button("Cancel", id="cancel", compact=True)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.action_leave()

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
        result = self._result
        if result is None or len(result.sources) != 1:
            return None
        return result.recommend(self.query_one(LabForm).constraints)

    @property
    def _row(self) -> VariantResult | None:
        result, key = self._result, self.query_one(LabTable).highlighted
        return next((row for row in result.rows if row.key == key), None) if result else None

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

    @work(thread=True, exclusive=True, group="lab-look")
    def _look(self) -> None:
        found = self._desk.look(self.slmtui.deployment, self._wish)
        self.app.call_from_thread(self._looked, found)

    def _looked(self, found: LabProspect) -> None:
        if found.wish.source == self._wish.source:
            self._found = found
            self._show()

    # What is shown

    def _show(self) -> None:
        if not self._has_body:
            return
        face, job = self._shown_face, self._job
        self.query_one("#lab-faces", Faces).show(face)
        self.query_one(LabForm).set_class(face != VARIANTS, "-table")
        self.query_one(VariantTable).display = face == VARIANTS
        self.query_one("#lab-results").display = face != VARIANTS
        self.query_one("#cancel").display = self._at_work
        self.query_one(JobPanel).show(job if self._at_work else None)
        if self._found is not None:
            self.query_one(VariantTable).show_variants(
                self._found.offered, self._found.chosen, self._found.forecasts
            )
        self._show_result()
        self._show_failure()
        self._show_next()
        self.refresh_bindings()

    def _show_result(self) -> None:
        said = self._recommended
        self.query_one(LabTable).show_result(
            self._result, self.query_one(LabForm).constraints, said.row.key if said and said.row else ""
        )
        place = self.query_one("#lab-said", Static)
        place.display = said is not None and not self._at_work
        if said is not None:
            place.update(safe(f"{STAR} {said.reason}" if said.row else said.reason))
        self._show_detail()

    def _show_detail(self) -> None:
        self.query_one(LabDetail).show(self._row, self._result, self._recommended)

    def _show_failure(self) -> None:
        job, found = self._job, self._found
        failure = job.failure if job is not None and not job.running else None
        self.query_one(FailurePanel).show(failure or (found.failure if found else None))

    def _show_next(self) -> None:
        found, row = self._found, self._row
        busy = isinstance(self.focused, (Input, OptionList))
        if self._at_work:
            self.set_primary("Measuring", "Esc cancels; what is done is kept.", enabled=False)
        elif found is None:
            self.set_primary("Compare", "Looking", enabled=False)
        elif found.plan is None and self.slmtui.deployment is None and not self._wish.source:
            self.set_primary("Choose a model", "No model is chosen yet.", focus=not busy)
        elif found.plan is None or found.failure is not None:
            self.set_primary("Compare", "This cannot start yet.", enabled=False)
        elif found.left:
            self.set_primary("Go on" if found.begun else "Compare", outlook(found), focus=not busy)
        elif row is not None and row.bytes is not None:
            self.set_primary(
                "Use it", f"{row.variant.label} becomes this deployment's model.", focus=not busy
            )
        else:
            self.set_primary("Use it", "Nothing was made.", enabled=False)

    # What the user chooses

    @on(VariantTable.Toggled)
    def _toggled(self, event: VariantTable.Toggled) -> None:
        found = self._found
        if found is None or self._at_work:
            return
        kept = [each for each in found.chosen if each.id != event.variant]
        if len(kept) == len(found.chosen):
            kept = [each for each in found.offered if each in kept or each.id == event.variant]
        self._choose(tuple(kept))

    def _choose(self, variants: tuple[Variant, ...], added: tuple[Variant, ...] = ()) -> None:
        self._wish = LabWish(self._wish.source, variants, (*self._wish.added, *added))
        self._look()

    def action_check(self) -> None:
        """Check the highlighted variant, or take its mark away."""
        table = self.query_one(VariantTable)
        if table.rows.has_focus:
            self._toggled(VariantTable.Toggled(table.highlighted))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        form = self.query_one(LabForm)
        if event.input.id == "lab-keep":
            form.read_constraints()
            self._show_result()
        elif event.input.id == "lab-add":
            form.read_variant()
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
            found = self.query_one(LabForm).read_variant(take=True)
            if found and self._found is not None:
                chosen = {each.id: each for each in (*self._found.chosen, *found)}
                self._choose(tuple(chosen.values()), found)
            return
        self.query_one("#primary").focus()

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        self._show_detail()
        if not self._at_work:
            self._show_next()
        self.refresh_bindings()

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self.action_proceed()

    # What is done

    def proceed(self) -> None:
        found = self._found
        if found is None or found.plan is None:
            self.go("start")
        elif found.left:
            self._start(found)
        else:
            self.action_take()

    def _start(self, found: LabProspect) -> None:
        assert found.plan is not None
        run = LabRun(found.plan, found.result)
        self._run, self._face = run, TABLE

        def service(cancel: Cancel) -> Service[LabResult]:
            return run.run(self._desk.run(run.plan, cancel))

        self.slmtui.start_job(self.MODE, service)
        self._show()

    def action_take(self) -> None:
        """Make the highlighted variant the model of the deployment."""
        found, row = self._found, self._row
        if found is None or found.plan is None or row is None or self._at_work:
            return
        plan, deployment = found.plan, self.slmtui.deployment

        def service(cancel: Cancel) -> Service[Deployment]:
            return self._desk.take(deployment, plan, row, cancel)

        self._run = None
        self.slmtui.start_job(self.MODE, service, self._taken)
        self._show()

    def _taken(self, deployment: Deployment) -> None:
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
        return True

    @on(Faces.Picked)
    def _picked(self, event: Faces.Picked) -> None:
        self._face = event.index
        self._show()

    def action_next_face(self) -> None:
        """The next of variants, table and plots."""
        self._face = (self._shown_face + 1) % 2
        self._show()

    def action_field(self, name: str) -> None:
        """Go to a field."""
        if name != "lab-keep" and self._shown_face != VARIANTS:
            self._face = VARIANTS
            self._show()
        self.query_one(f"#{name}", Input).focus()
