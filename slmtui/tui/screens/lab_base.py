"""What the Lab screen shows: a plan to choose, a run to watch, a table to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Button, Input, Static

from slmtui.events import Failure
from slmtui.lab.recommend import Recommendation
from slmtui.lab.result import LabResult
from slmtui.lab.row import VariantResult
from slmtui.tui.format import MUTED, fit, safe
from slmtui.tui.from_thread import tell
from slmtui.tui.jobs import Job
from slmtui.tui.key_words import keyed
from slmtui.tui.lab_desk import LabDesk
from slmtui.tui.lab_prospect import LabProspect, LabWish
from slmtui.tui.lab_run import LabRun
from slmtui.tui.lab_words import outlook, recommended
from slmtui.tui.station_screen import StationScreen
from slmtui.tui.widgets.faces import Faces
from slmtui.tui.widgets.hanging import Hanging
from slmtui.tui.widgets.job_panel import JobPanel
from slmtui.tui.widgets.lab_detail import LabDetail
from slmtui.tui.widgets.lab_form import LabForm
from slmtui.tui.widgets.lab_plots import LabPlots
from slmtui.tui.widgets.lab_table import LabTable
from slmtui.tui.widgets.lab_variants import VariantTable, explained
from slmtui.tui.widgets.notes import note
from slmtui.tui.widgets.verdicts import FailurePanel

if TYPE_CHECKING:
    from slmtui.lab.variants import Variant

_NOTHING = "Nothing is compared yet. What will be is chosen under Variants; Ctrl+T goes there."
FACES = ("Variants", "Table", "Plots")
VARIANTS, TABLE, PLOTS = range(3)
_LABEL = 18  # cells of a variant on a button
_HINT = 50


class LabBase(StationScreen):
    """Knows what is there, and shows it."""

    MODE = "lab"
    RAIL = "validate"
    HEADING = "Precision lab"
    CSS_PATH = "lab.tcss"
    SCROLLS = False

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
        self._fetching = False

    def compose_body(self) -> ComposeResult:
        yield Faces(FACES, "Ctrl+T", id="lab-faces")
        yield LabForm()
        yield Hanging(id="lab-passed")
        yield FailurePanel(id="lab-failure")
        yield VariantTable()
        yield Static(id="lab-about", markup=False)
        with Vertical(id="lab-results"):
            yield JobPanel(log=False, usage=False, id="lab-job")
            yield Static(id="lab-nothing", markup=False)
            with Vertical(id="lab-figures"):
                yield Static(id="lab-said", markup=False)
                yield LabTable()
                yield LabDetail()
            yield LabPlots()

    def compose_actions(self) -> ComposeResult:
        yield Button("Cancel", id="cancel", compact=True)
        yield Button("Compare anyway", id="anyway", compact=True)
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
    def _called(self) -> dict[str, str]:
        """What its models are called, by their names in the table: those are ones that folders can have."""
        plan = self._run.plan if self._at_work and self._run else self._found.plan if self._found else None
        return plan.called if plan else {}

    @property
    def _recommended(self) -> dict[str, Recommendation]:
        """What to take of each model, once there is something to choose from."""
        result = self._result
        if result is None or self._at_work:
            return {}
        constraints = self.query_one(LabForm).constraints
        return {source: result.recommend(constraints, source) for source in result.sources}

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
            wish = LabWish(self._wish.source, lengths=self._wish.lengths)
            self._shown_for, self._wish, self._face = name, wish, None
        self._look()
        self._show()

    def _heading(self) -> Content:
        """Its models, as they are called: a lab goes on, whatever deployment is in hand."""
        names = ", ".join(self._called.values())
        return Content.assemble((self.HEADING, "bold"), ("  " + safe(names) if names else "", MUTED))

    @work(thread=True, exclusive=True, group="lab-look")
    def _look(self) -> None:
        found = self._desk.look(self.slmtui.deployment, self._wish)
        tell(self, self._looked, found)

    def _looked(self, found: LabProspect) -> None:
        if found.wish != self._wish:
            return
        self._found = found
        self._show()
        self.looked()
        table = self.query_one(LabTable)
        best = next((said.row for said in self._recommended.values() if said.row), None)
        if best is not None and not table.rows.chosen:
            table.go_to(best.key)

    # What is shown

    def _show(self) -> None:
        if not self.has_body:
            return
        found, face, job = self._found, self._shown_face, self._job
        self.query_one("#heading", Static).update(self._heading())
        self.query_one("#lab-faces", Faces).show(face)
        self.query_one(LabForm).show(before=face == VARIANTS, enabled=not self._at_work)
        self.query_one(VariantTable).display = face == VARIANTS
        results = self.query_one("#lab-results")
        results.display = face != VARIANTS
        results.set_class(face == PLOTS, "-plots")
        # A run that has just ended is looked up first; whoever is in its rows shall stay there.
        some = self._run is not None or self._result is not None
        nothing = self.query_one("#lab-nothing", Static)
        nothing.display = not some
        results.set_class(not some, "-nothing")
        nothing.update(keyed(self, _NOTHING))
        self.query_one(LabTable).display = some
        self.query_one(JobPanel).show(job if self._at_work else None)
        if found is not None:
            table = self.query_one(VariantTable)
            table.show_variants(found.offered, self._chosen, found.forecasts, found.room)
            if found.plan is not None:
                self.query_one(LabForm).show_usual(found.plan.measures)
        passed_over = found.passed_over if found is not None and face == VARIANTS else ()
        self.query_one("#lab-passed").display = bool(passed_over)
        if passed_over:
            lines = (f"left out: {each.cause}" for each in passed_over)
            self.query_one("#lab-passed", Hanging).show(note("warn", lines))
        self._show_about()
        self._show_result()
        self._show_next()
        self.refresh_bindings()

    def _show_result(self) -> None:
        result, form = self._result, self.query_one(LabForm)
        best = {said.row.key for said in self._recommended.values() if said.row}
        called = self._called
        self.query_one(LabTable).show_result(result, form.constraints, best, called)
        self.query_one(LabPlots).show(result, called)
        self._show_detail()

    def _show_detail(self) -> None:
        row, result, place = self._row, self._result, self.query_one("#lab-said", Static)
        said = self._recommended.get(row.source) if row else None
        place.display = said is not None
        if row is not None and said is not None:
            several = result is not None and len(result.sources) > 1
            called = self._called.get(row.source, row.source) if several else ""
            place.update(safe(recommended(said, called)))
        self.query_one(LabDetail).show(row, result, said)

    def _show_about(self) -> None:
        """What the highlighted variant does to the model: in its row there is no room for it."""
        found, table, place = self._found, self.query_one(VariantTable), self.query_one("#lab-about", Static)
        offered = found.offered if found is not None else ()
        words = next((explained(each) for each in offered if each.id == table.highlighted), "")
        place.display = table.display
        place.update(words, layout=False)  # its height is always the same

    def _show_next(self) -> None:
        found, job, at_work = self._found, self._job, self._at_work
        failure = job.failure if job is not None and not at_work else None
        failure = failure or self._failure or (found.failure if found else None)
        # To have chosen nothing yet is no failure: what comes next is said beside the button.
        self.query_one(FailurePanel).show(None if at_work or self._no_model else failure)
        some = found is not None and (found.begun or found.damaged is not None) and not at_work
        failed = found is not None and bool(found.failed) and not found.left and not at_work
        self.query_one("#cancel").display = at_work
        self.query_one("#anyway").display = found is not None and found.short is not None and not at_work
        self.query_one("#again").display = failed
        self.query_one("#anew").display = some and self._shown_face != PLOTS
        self.set_class(failed and self._shown_face != PLOTS, "-crowded")
        self.set_primary(*self._next(found), enabled=self._can_proceed(found), focus=False)
        if self.is_current and not isinstance(self.focused, (Input, Button, LabDetail)):
            self._focus_rows()

    def _focus_rows(self) -> None:
        """The rows take the focus: Enter on them is the next step as well."""
        face = self._shown_face
        if face == PLOTS:
            self.query_one("#primary").focus()
        else:
            rows = self.query_one(VariantTable if face == VARIANTS else LabTable).rows
            if not rows.has_focus:
                rows.focus()

    def _next(self, found: LabProspect | None) -> tuple[str, str]:
        """The label of the next step, and a word on it."""
        if self._fetching:
            return "Fetching", "Esc cancels."
        if self._at_work:
            return (
                ("Measuring", "Esc cancels; what is done is kept.")
                if self._run
                else ("Deploying", "Esc cancels.")
            )
        if found is None:
            return "Compare", "Looking"
        if self._no_model:
            return "Choose a model", "Enter goes to Start; s names one here."
        if found.away:
            return "Fetch", fit(f"Enter fetches {safe(', '.join(found.away))}.", _HINT)
        if found.plan is None or found.failure is not None:
            return "Compare", "This cannot start yet."
        if found.left:
            return "Go on" if found.begun else "Compare", outlook(found)
        row = self._row
        if self._shown_face == VARIANTS:
            return "See the table", "All of them are measured."
        if row is None or row.bytes is None:
            return "Deploy", "There is no model of this row."
        return f"Deploy {fit(row.variant.label, _LABEL)}", "Enter deploys it."

    def _can_proceed(self, found: LabProspect | None) -> bool:
        if self._at_work or found is None:
            return False
        if found.plan is None or found.failure is not None:
            return self._no_model or bool(found.away)
        row = self._row
        made = row is not None and row.bytes is not None
        return bool(found.left) or made or self._shown_face == VARIANTS

    @property
    def _no_model(self) -> bool:
        return self.slmtui.deployment is None and not self._wish.source
