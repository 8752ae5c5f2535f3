"""What the checks of the Environment screen have said so far, and what of it can be mended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from slmtui.environment.check import Check, CheckDone, CheckStatus
from slmtui.events import Event
from slmtui.tui.workbench import Coming, Survey, ToolchainState

if TYPE_CHECKING:
    from slmtui.environment.fix_plan import FixPlan


class Findings:
    """The checks by their ids, in the order they were told, beside those that are still looked at.

    A new look keeps the old checks until the new ones are told, so that rows keep their places.
    """

    def __init__(self) -> None:
        self.checks: dict[str, Check] = {}
        self.pending: dict[str, str] = {}  # ids and titles
        self.complete = False
        self._survey: Survey | None = None

    def note(self, events: Iterable[Event]) -> None:
        """Keep what has been told meanwhile."""
        for event in events:
            if isinstance(event, CheckDone):
                self.checks[event.check.id] = event.check
                self.pending.pop(event.check.id, None)
            elif isinstance(event, Coming):
                self.pending = dict(event.rows)

    def take(self, survey: Survey | None) -> None:
        """The checks have ended, with `survey` or without; what was not noted is in it, too."""
        self.pending = {}
        self.complete = survey is not None
        if survey is not None:
            self._survey = survey
            self.checks = {check.id: check for check in survey.checks}

    def count(self, status: CheckStatus) -> int:
        """How many checks ended like this."""
        return sum(check.status == status for check in self.checks.values())

    @property
    def toolchain(self) -> ToolchainState | None:
        """How it stands with the tool chain; None until all checks have ended once."""
        return self._survey.toolchain if self._survey else None

    @property
    def plans(self) -> tuple[FixPlan, ...]:
        """Everything that can be mended."""
        return self._survey.plans if self._survey else ()

    @property
    def needed_plans(self) -> tuple[FixPlan, ...]:
        """The plans for what stops a deployment."""
        fails = {check.id for check in self.checks.values() if check.status == "fail"}
        return tuple(plan for plan in self.plans if fails & set(plan.mends))

    def plan_for(self, check: Check | None) -> FixPlan | None:
        """What would mend this check; None where nothing of ours does."""
        return next((plan for plan in self.plans if check and check.id in plan.mends), None)
