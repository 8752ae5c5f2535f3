"""Environment: one row a check, with what was found, what is needed, and the plan that mends it."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Button, OptionList

from slmtui.environment.check import Check
from slmtui.tui.findings import Findings
from slmtui.tui.jobs import Job, JobChanged
from slmtui.tui.screens.mender import Mender
from slmtui.tui.station_screen import StationScreen
from slmtui.tui.widgets.check_detail import CheckDetail
from slmtui.tui.widgets.check_list import CheckList
from slmtui.tui.widgets.mending import MendingPanel, OutcomePanel
from slmtui.tui.widgets.rail import Rail
from slmtui.tui.workbench import Survey, Workbench


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
        Binding("l", "log", "Log", tooltip="Show or hide the output of the last fix"),
        Binding("c", "copy_fix", "Copy fix", show=False, tooltip="Copy the highlighted check's fix"),
        Binding(
            "y", "copy_row", "Copy row", show=False, tooltip="Copy all that is known of the highlighted check"
        ),
    ]

    def __init__(self, bench: Workbench | None = None) -> None:
        super().__init__()
        self._bench = bench or Workbench()
        self._findings = Findings()
        self._mender = Mender(self, self._bench, self._begun)
        self._looked_for: str | None = None
        self._looked_after = True
        self._shows_log = False

    def compose_body(self) -> ComposeResult:
        yield OutcomePanel(id="outcome")
        with Container(id="findings"):
            yield CheckList(id="table")
            yield CheckDetail(id="detail")
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
    def _highlighted_check(self) -> Check | None:
        return self._findings.checks.get(self._table.highlighted)

    @property
    def _busy(self) -> bool:
        job = self.slmtui.job(self.MODE)
        return job is not None and job.running

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
        if job is self._mender.job and job.running and message.events:
            assert self._mender.mending is not None
            self.query_one(MendingPanel).show(self._mender.mending, job, message.events)
            return
        if job is not self._mender.job:
            self._findings.note(message.events)
        if not job.running:
            self._take(job)
            if not self._looked_after:
                self._look()
        self._show()

    def _take(self, job: Job[Survey]) -> None:
        self._findings.take(job.result)
        self._looked_after = self._looked_after or job.result is not None

    def _show(self) -> None:
        """Bring the body up to date: the findings, or a fix at work."""
        mending, job = self._mender.mending, self._mender.job
        shows_mending = self._mender.at_work or self._shows_log
        self.query_one("#findings").display = not shows_mending
        panel = self.query_one(MendingPanel)
        panel.display = shows_mending
        if shows_mending and mending is not None and job is not None:
            panel.show(mending, job)
        self.query_one(OutcomePanel).show(mending, job)
        if not self._mender.at_work:
            self._table.show(self._findings.checks.values(), self._findings.pending)
            self._show_detail()
        self._show_next()
        self.refresh_bindings()

    def _show_next(self) -> None:
        """What to do next, and what else can be done."""
        job = self.slmtui.job(self.MODE)
        cancel, mend, anyway = (self.query_one(name, Button) for name in ("#cancel", "#mend", "#anyway"))
        cancel.display = self._mender.at_work
        mend.display = anyway.display = False
        if self._mender.at_work:
            doing = self._mender.mending.words[0] if self._mender.mending else ""
            self.set_primary(doing, "Esc cancels.", enabled=False)
        elif job is None or job.running:
            self.set_primary("Continue", "Checking", enabled=False)
        elif not self._findings.complete:
            self.set_primary("Check again", "Not everything was checked.")
        else:
            self._show_verdict(mend, anyway)
        self.query_one(Rail).refresh_states()

    def _show_verdict(self, mend: Button, anyway: Button) -> None:
        fails, warnings = self._findings.count("fail"), self._findings.count("warn")
        plans = self._findings.needed_plans
        mend.display = bool(self._findings.plans) and not fails
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
        self.query_one(CheckDetail).show(check, self._findings.plan_for(check))

    # What can be done

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not super().check_action(action, parameters):
            return False
        check = self._highlighted_check
        match action:
            case "again" | "toolchain" | "mend" | "mend_all" | "copy_fix" | "copy_row" if (
                self._mender.at_work
            ):
                return False
            # These stay while the checks run: a footer that changes all the time is laid out all the time.
            case "mend" if self._findings.plans:
                # Dimmed, not gone: the keys beside it stay where they are while the highlight moves.
                return True if self._findings.plan_for(check) is not None else None
            case "mend":
                return False
            case "mend_all":
                return len(self._findings.plans) > 1
            case "log":
                job = self._mender.job
                return job is not None and not job.running and bool(job.log)
            case "copy_fix":
                return True if check is not None and check.fix else None
        return True

    def action_again(self) -> None:
        """Run all checks; what the last fix did has been read by now."""
        if self._busy:
            return
        self._mender.forget()
        self._shows_log = False
        self._table.rows.chosen = False
        self._look()
        self._show()

    def _look(self) -> None:
        """Start the checks; rows keep their places meanwhile."""
        self._looked_after = True
        self._looked_for = self._source
        self._findings.complete = False
        deployment = self.slmtui.deployment
        self.slmtui.start_job(self.MODE, partial(self._bench.examine, deployment))

    def proceed(self) -> None:
        if not self._findings.complete:
            self.action_again()
        elif self._findings.needed_plans:
            self._mender.ask(self._findings.needed_plans)
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
        if self._findings.plan_for(check) is not None and not self._busy:
            self.action_mend()
        else:
            self.action_proceed()

    def action_mend(self) -> None:
        """Ask whether the highlighted check's plan shall be carried out."""
        check = self._highlighted_check
        self._mender.ask_for(check, self._findings.plan_for(check))

    @on(Button.Pressed, "#mend")
    def action_mend_all(self) -> None:
        """Ask whether all plans shall be carried out."""
        self._mender.ask(self._findings.plans)

    def action_toolchain(self) -> None:
        """Show the tool chain, and build or remove one of slmtui's own."""
        state = self._findings.toolchain
        if state is None:
            self.notify("One moment: the checks have not got there yet.")
        else:
            self._mender.show_toolchain(state)

    def _begun(self) -> None:
        """What was agreed to is being done; the checks run again after it."""
        self._looked_after = self._shows_log = False
        self._table.rows.chosen = False
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
        self.query_one(CheckDetail).copy_fix()

    def action_copy_row(self) -> None:
        """Copy everything about the highlighted check."""
        self.query_one(CheckDetail).copy_all()
