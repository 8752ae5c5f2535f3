"""Environment: one row a check, with what was found, what is needed, and the plan that mends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widgets import Button, OptionList, Static

from slmtui.environment.check import Check, CheckDone
from slmtui.events import Cancel, Event, Service
from slmtui.tui.format import icon, safe
from slmtui.tui.jobs import Job, JobChanged
from slmtui.tui.station_screen import StationScreen
from slmtui.tui.widgets.check_list import CheckList
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.mending import MendingPanel, OutcomePanel
from slmtui.tui.widgets.plan_facts import check_rows, commands, plan_rows
from slmtui.tui.widgets.rail import Rail
from slmtui.tui.workbench import Coming, Mending, Survey, Workbench

if TYPE_CHECKING:
    from slmtui.environment.fix_plan import FixPlan


class EnvironmentScreen(StationScreen):
    """What this machine has, against what a deployment needs."""

    MODE = "environment"
    HEADING = "Is this machine ready?"
    CSS_PATH = "environment.tcss"
    SCROLLS = False
    HELP = """\
## Environment

Every row is one check. ✓ is fine, ! works but could be better, ✗ stops a deployment, – was not needed here,
● is still being looked at. Move to a row to read why it matters and how to mend it.

**Mending** (`f`, or Enter on a row) shows first what would be done: the exact commands, for which Python,
what is downloaded, what changes. It runs only after a yes, can be cancelled with Esc, and ends with a new
look at everything.

The packages are compared with the **tested version set**: with others, Olive and ONNX Runtime GenAI report
success and produce nothing. Where your Python belongs to someone else or cannot hold that set, slmtui makes a
**tool chain** of its own (`t`): a virtual environment in its data folder, which is proved with a small model
before it is used. The rest of your machine stays as it is.

The `foundry` command is not needed; without it, slmtui deploys through the Foundry Local SDK, which is part
of the version set.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "again", "Recheck", tooltip="Run all checks once more"),
        Binding("f", "mend", "Mend", tooltip="Show what would mend the highlighted check, and ask"),
        Binding("a", "mend_all", "All", tooltip="Show everything that can be mended, and ask"),
        Binding(
            "t", "toolchain", "Tool chain", tooltip="The Python that runs Olive; make one of slmtui's own"
        ),
        Binding("l", "log", "Log", show=False, tooltip="Show or hide the output of the last fix"),
        Binding("c", "copy_fix", "Copy fix", show=False, tooltip="Copy the highlighted check's fix"),
        Binding(
            "y", "copy_row", "Copy row", show=False, tooltip="Copy all that is known of the highlighted check"
        ),
    ]

    def __init__(self, bench: Workbench | None = None) -> None:
        super().__init__()
        self._bench = bench or Workbench()
        self._checks: dict[str, Check] = {}
        self._pending: dict[str, str] = {}
        self._survey: Survey | None = None
        self._complete = False
        self._shown: tuple[Check | None, FixPlan | None] | None = None
        self._looked_for: str | None = None
        self._mending: Mending | None = None
        self._mending_job: Job[Survey] | None = None
        self._looked_after = True
        self._shows_log = False

    def compose_body(self) -> ComposeResult:
        yield OutcomePanel(id="outcome")
        with Container(id="findings"):
            yield CheckList(id="table")
            with VerticalScroll(id="detail"):
                yield Static(id="detail-title")
                yield Facts(id="facts")
        yield MendingPanel(id="mending")

    def compose_actions(self) -> ComposeResult:
        yield Button("Cancel", id="cancel", compact=True)
        yield Button("Mend", id="mend", compact=True)
        yield Button("Continue anyway", id="anyway", compact=True)

    def body_ready(self) -> None:
        self._look()

    # What is shown

    @property
    def _table(self) -> CheckList:
        return self.query_one(CheckList)

    @property
    def _busy(self) -> bool:
        job = self.slmtui.job(self.MODE)
        return job is not None and job.running

    @property
    def _mends_now(self) -> bool:
        return self._mending_job is not None and self._mending_job.running

    def show_state(self) -> None:
        super().show_state()
        job = self.slmtui.job(self.MODE)
        if job is not None and not job.running:
            self._take(job)  # it may have ended while another screen was shown
        if not self._busy and (not self._looked_after or self._looked_for != self._source):
            self._look()
        self._show()

    @property
    def _source(self) -> str:
        """Which model the checks of memory and disk are about."""
        deployment = self.slmtui.deployment
        return deployment.name if deployment else ""

    async def on_job(self, message: JobChanged) -> None:
        job = message.job
        if job is not self.slmtui.job(self.MODE):
            return
        if job is self._mending_job and job.running and message.events:
            assert self._mending is not None
            self.query_one(MendingPanel).show(self._mending, job, message.events)
            return
        if job is not self._mending_job:
            self._note(message.events)
        if not job.running:
            self._take(job)
            if not self._looked_after:
                self._look()
        self._show()

    def _note(self, events: list[Event]) -> None:
        """Keep what the checks have said so far."""
        for event in events:
            if isinstance(event, CheckDone):
                self._checks[event.check.id] = event.check
                self._pending.pop(event.check.id, None)
            elif isinstance(event, Coming):
                self._pending = dict(event.rows)

    def _take(self, job: Job[Survey]) -> None:
        """The checks have ended; what was told while another screen was shown is in the result, too."""
        self._pending = {}
        self._complete = job.result is not None
        if job.result is not None:
            self._survey = job.result
            self._checks = {check.id: check for check in job.result.checks}
            self._looked_after = True

    def _show(self) -> None:
        """Bring the body up to date: the findings, or a fix at work."""
        mending = self._mends_now or self._shows_log
        self.query_one("#findings").display = not mending
        panel = self.query_one(MendingPanel)
        panel.display = mending
        if mending and self._mending is not None and self._mending_job is not None:
            panel.show(self._mending, self._mending_job)
        self.query_one(OutcomePanel).show(self._mending, self._mending_job)
        if not self._mends_now:
            self._table.show(self._checks.values(), self._pending)
            self._show_detail()
        self._show_next()
        self.refresh_bindings()

    def _show_next(self) -> None:
        """What to do next, and what else can be done."""
        job = self.slmtui.job(self.MODE)
        cancel, mend, anyway = (self.query_one(name, Button) for name in ("#cancel", "#mend", "#anyway"))
        cancel.display = self._mends_now
        mend.display = anyway.display = False
        if self._mends_now:
            doing = self._mending.words[0] if self._mending else ""
            self.set_primary(doing, "Esc cancels.", enabled=False)
        elif job is None or job.running:
            self.set_primary("Continue", "Checking", enabled=False)
        elif not self._complete:
            self.set_primary("Check again", "Not everything was checked.")
        else:
            self._show_verdict(mend, anyway)
        self.query_one(Rail).refresh_states()

    def _show_verdict(self, mend: Button, anyway: Button) -> None:
        counts = {s: sum(c.status == s for c in self._checks.values()) for s in ("fail", "warn")}
        fails, warnings = counts["fail"], counts["warn"]
        plans = self._needed_plans
        mend.display = bool(self._plans) and not fails
        anyway.display = bool(plans)
        if not fails:
            self.slmtui.environment_state = "verified"
            words = "Ready." if not warnings else f"Ready, with {warnings} to look at (!)."
            reading = self.focused is self._table.rows and self._table.rows.chosen
            self.set_primary("Continue", words, focus=not reading)
            return
        self.slmtui.environment_state = "failed"
        words = f"✗ {fails} {'stops' if fails == 1 else 'stop'} a deployment."
        self.set_primary("Mend" if plans else "Continue anyway", words, focus=False)
        self._table.rows.focus()

    @on(OptionList.OptionHighlighted, "#checks")
    def _highlighted(self) -> None:
        self._show_detail()
        self.refresh_bindings()

    def _show_detail(self) -> None:
        check = self._highlighted_check
        plan = self._plan_for(check) if check else None
        if self._shown == (check, plan):
            return
        self._shown = check, plan
        title = Content.assemble(icon(check.status), " ", (safe(check.title), "bold")) if check else ""
        self.query_one("#detail-title", Static).update(title)
        rows = check_rows(check, plan) if check else [("", "Still looking.")]
        self.query_one("#facts", Facts).show(rows)
        self.query_one("#detail").scroll_home(animate=False)

    # What is known

    @property
    def _highlighted_check(self) -> Check | None:
        return self._checks.get(self._table.highlighted)

    @property
    def _plans(self) -> tuple[FixPlan, ...]:
        return self._survey.plans if self._survey else ()

    @property
    def _needed_plans(self) -> tuple[FixPlan, ...]:
        """The plans for what stops a deployment."""
        fails = {check.id for check in self._checks.values() if check.status == "fail"}
        return tuple(plan for plan in self._plans if fails & set(plan.mends))

    def _plan_for(self, check: Check) -> FixPlan | None:
        return next((plan for plan in self._plans if check.id in plan.mends), None)

    # What can be done

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not super().check_action(action, parameters):
            return False
        check = self._highlighted_check
        match action:
            case "again" | "toolchain" | "mend" | "mend_all" | "copy_fix" | "copy_row" if self._mends_now:
                return False
            # These stay while the checks run: a footer that changes all the time is laid out all the time.
            case "mend":
                return bool(self._plans)
            case "mend_all":
                return len(self._plans) > 1
            case "log":
                return self._mending is not None and not self._mends_now
            case "copy_fix":
                return True if check is not None and check.fix else None
        return True

    def action_again(self) -> None:
        """Run all checks; what the last fix did has been read by now."""
        if self._busy:
            return
        self._mending = self._mending_job = None
        self._shows_log = False
        self._table.rows.chosen = False
        self._look()
        self._show()

    def _look(self) -> None:
        """Start the checks; rows keep their places meanwhile."""
        self._looked_after = True
        self._looked_for = self._source
        self._complete = False
        deployment = self.slmtui.deployment
        self.slmtui.start_job(self.MODE, partial(self._bench.examine, deployment))

    def proceed(self) -> None:
        if not self._complete:
            self.action_again()
        elif self._needed_plans:
            self._ask(self._needed_plans)
        else:
            self._continue()

    @on(Button.Pressed, "#anyway")
    def _continue(self) -> None:
        if self.slmtui.deployment is None:
            self.go("start")
            self.notify("Choose a model first.")
        else:
            self.go(self.slmtui.next_mode())

    @on(OptionList.OptionSelected, "#checks")
    def _selected(self) -> None:
        """Enter on a row: mend it if it can be, else do what comes next."""
        check = self._highlighted_check
        if check is not None and self._plan_for(check) is not None and not self._busy:
            self.action_mend()
        else:
            self.action_proceed()

    def action_mend(self) -> None:
        """Ask whether the highlighted check's plan shall be carried out."""
        check = self._highlighted_check
        plan = self._plan_for(check) if check else None
        if plan is not None:
            self._ask([plan])
        elif check is not None and check.status in ("fail", "warn"):
            self.notify("slmtui cannot mend this one; its fix says what you can do.")
        else:
            self.notify("There is nothing to mend in this row.")

    @on(Button.Pressed, "#mend")
    def action_mend_all(self) -> None:
        """Ask whether all plans shall be carried out."""
        self._ask(self._plans)

    def action_toolchain(self) -> None:
        """Show the tool chain, and build or remove one of slmtui's own."""
        from slmtui.tui.screens.ask import AskScreen, Section
        from slmtui.tui.screens.toolchain import ToolchainScreen

        state = self._survey.toolchain if self._survey else None
        if state is None:
            self.notify("One moment: the checks have not got there yet.")
            return
        title = "Remove slmtui's own tool chain"
        rows = (
            ("deletes", str(state.folder)),
            ("changes", "Olive runs with the Python of the settings, else with slmtui's own."),
        )

        def removed(yes: bool | None) -> None:
            if yes:
                self._start(
                    ("Removing", "Removed"),
                    [title],
                    partial(self._bench.remove_toolchain, self.slmtui.deployment),
                )

        def answered(answer: str | None) -> None:
            if answer and not self._may_start():
                return
            if answer == "build":
                self._mend([state.build], ("Building", "Built"))
            elif answer == "remove":
                self.app.push_screen(AskScreen("Remove it?", [Section(title, rows)], "Remove"), removed)

        self.app.push_screen(ToolchainScreen(state), answered)

    def _may_start(self) -> bool:
        """Whether nothing works with the packages right now; else it is said what does."""
        if self._busy:
            return False
        at_work = self.slmtui.at_work()
        if at_work:
            words = f"{at_work} is at work with these packages. Wait for it, or cancel it first."
            self.notify(words, severity="warning")
        return not at_work

    def _ask(self, plans: Sequence[FixPlan]) -> None:
        from slmtui.tui.screens.ask import AskScreen, Section

        if not self._may_start():
            return
        sections = [Section(plan.title, tuple(plan_rows(plan)), commands(plan)) for plan in plans]
        question = "Mend this?" if len(plans) == 1 else f"Mend these {len(plans)}?"

        def answered(yes: bool | None) -> None:
            if yes:
                self._mend(plans)

        self.app.push_screen(AskScreen(question, sections, "Mend now"), answered)

    def _mend(self, plans: Sequence[FixPlan], words: tuple[str, str] = ("Mending", "Mended")) -> None:
        titles = [plan.title for plan in plans]
        self._start(words, titles, partial(self._bench.mend, plans, self.slmtui.deployment))

    def _start(
        self, words: tuple[str, str], titles: Sequence[str], service: Callable[[Cancel], Service[Survey]]
    ) -> None:
        """Begin what was agreed to."""
        self._mending = Mending(words, titles, service, self.slmtui.free_runtime)
        self._looked_after = self._shows_log = False
        self._table.rows.chosen = False
        self._mending_job = self.slmtui.start_job(self.MODE, self._mending.run)
        self._show()

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.action_leave()

    def action_log(self) -> None:
        """Show the last fix's output, or the checks again."""
        self._shows_log = not self._shows_log
        self._show()

    def action_copy_fix(self) -> None:
        """Copy the fix of the highlighted check."""
        check = self._highlighted_check
        if check is not None and check.fix:
            self.app.copy_to_clipboard(check.fix)
            self.notify("The fix is copied.")

    def action_copy_row(self) -> None:
        """Copy everything about the highlighted check."""
        check = self._highlighted_check
        if check is not None:
            rows = (("check", check.title), ("status", check.status), ("found", check.found))
            more = (("needed", check.needed), ("why", check.reason), ("fix", check.fix))
            self.app.copy_to_clipboard("\n".join(f"{name}: {text}" for name, text in (*rows, *more) if text))
            self.notify("The row is copied.")
