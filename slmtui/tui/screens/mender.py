"""The Environment screen's hand: shows what would be done, asks, and begins it after a yes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from slmtui.environment.check import Check
from slmtui.events import Cancel, Service
from slmtui.tui.jobs import Job
from slmtui.tui.widgets.plan_facts import commands, plan_rows
from slmtui.tui.workbench import Mending, Survey, ToolchainState, Workbench

if TYPE_CHECKING:
    from slmtui.environment.fix_plan import FixPlan
    from slmtui.tui.app import SlmtuiApp
    from slmtui.tui.station_screen import StationScreen

Words = tuple[str, str]  # what it is called while it is done, and when it is done


class Mender:
    """What was agreed to last, and the job of `screen` that does it; `begun` is called when there is one."""

    def __init__(self, screen: StationScreen, bench: Workbench, begun: Callable[[], None]) -> None:
        self.mending: Mending | None = None
        self.job: Job[Survey] | None = None
        self._screen = screen
        self._bench = bench
        self._begun = begun

    @property
    def _app(self) -> SlmtuiApp:
        return self._screen.slmtui

    @property
    def at_work(self) -> bool:
        """Whether something is being mended now."""
        return self.job is not None and self.job.running

    def forget(self) -> None:
        """What the last fix did has been read."""
        self.mending = self.job = None

    def ask_for(self, check: Check | None, plan: FixPlan | None) -> None:
        """Mend this check by its plan after a yes; where there is none, say so."""
        if plan is not None:
            self.ask([plan])
        elif check is not None and check.status in ("fail", "warn"):
            self._app.notify("slmtui cannot mend this one; its fix says what you can do.")
        else:
            self._app.notify("There is nothing to mend in this row.")

    def ask(self, plans: Sequence[FixPlan]) -> None:
        """Show these plans, and carry them out after a yes."""
        from slmtui.tui.screens.ask import AskScreen, Section

        if not self._may_begin():
            return
        sections = [Section(plan.title, tuple(plan_rows(plan)), commands(plan)) for plan in plans]
        question = "Mend this?" if len(plans) == 1 else f"Mend these {len(plans)}?"

        def answered(yes: bool | None) -> None:
            if yes:
                self._mend(plans)

        self._app.push_screen(AskScreen(question, sections, "Mend now"), answered)

    def show_toolchain(self, state: ToolchainState) -> None:
        """Show the tool chain, and build or remove one of slmtui's own."""
        from slmtui.tui.screens.toolchain import ToolchainScreen

        def answered(answer: str | None) -> None:
            if answer and not self._may_begin():
                return
            if answer == "build":
                self._mend([state.build], ("Building", "Built"))
            elif answer == "remove":
                self._ask_removal(state)

        self._app.push_screen(ToolchainScreen(state), answered)

    def _ask_removal(self, state: ToolchainState) -> None:
        from slmtui.tui.screens.ask import AskScreen, Section

        title = "Remove slmtui's own tool chain"
        rows = (
            ("deletes", str(state.folder)),
            ("changes", "Olive runs with the Python of the settings, else with slmtui's own."),
        )

        def answered(yes: bool | None) -> None:
            if yes:
                service = partial(self._bench.remove_toolchain, self._app.deployment)
                self._begin(("Removing", "Removed"), [title], service)

        self._app.push_screen(AskScreen("Remove it?", [Section(title, rows)], "Remove"), answered)

    def _may_begin(self) -> bool:
        """Whether nothing works with the packages right now; else it is said what does."""
        job = self._app.job(self._screen.MODE)
        if job is not None and job.running:
            return False
        at_work = self._app.at_work()
        if at_work:
            words = f"{at_work} is at work with these packages. Wait for it, or cancel it first."
            self._app.notify(words, severity="warning")
        return not at_work

    def _mend(self, plans: Sequence[FixPlan], words: Words = ("Mending", "Mended")) -> None:
        titles = [plan.title for plan in plans]
        self._begin(words, titles, partial(self._bench.mend, plans, self._app.deployment))

    def _begin(
        self, words: Words, titles: Sequence[str], service: Callable[[Cancel], Service[Survey]]
    ) -> None:
        """Begin what was agreed to."""
        self.mending = Mending(words, titles, service, self._app.free_runtime)
        self.job = self._app.start_job(self._screen.MODE, self.mending.run)
        self._begun()
