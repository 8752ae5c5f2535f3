"""What the Environment screen looks and mends with, in threads of jobs; tests hand over one of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from slmtui.deployment import Deployment
from slmtui.environment.check import Check
from slmtui.events import Cancel, Event, Service

if TYPE_CHECKING:
    from slmtui.environment.fixes import FixPlan
    from slmtui.environment.mend import Mended, StateLeft


@dataclass(frozen=True, slots=True)
class CheckDone(Event):
    """One check has its verdict."""

    kind: ClassVar[str] = "check"
    check: Check


@dataclass(frozen=True, slots=True)
class PlanStarted(Event):
    """A plan begins, one of several."""

    kind: ClassVar[str] = "plan"
    plan: FixPlan
    number: int
    of: int


@dataclass(frozen=True, slots=True)
class ToolchainState:
    """Which interpreter runs Olive and why, and how it stands with the one that slmtui manages."""

    python: Path
    why: str
    managed: Path | None
    folder: Path
    settings: Path


@dataclass(frozen=True, slots=True)
class Survey:
    """All checks, what mends them, and the tool chain they were made for."""

    checks: tuple[Check, ...]
    plans: tuple[FixPlan, ...]
    toolchain: ToolchainState | None = None
    build: FixPlan | None = None


class Workbench:
    """The real one."""

    # What takes a moment, for the rows that stand in for it: id and title.
    slow: tuple[tuple[str, str], ...] = (
        ("cmake", "CMake"),
        ("git", "Git"),
        ("compiler", "C++ compiler"),
        ("foundry", "foundry command"),
    )

    def examine(self, deployment: Deployment | None, cancel: Cancel) -> Service[Survey]:
        """Run all checks, each told as it finishes, then work out what can be mended."""
        from slmtui.environment import doctor, fixes

        done = []
        for check in doctor.checks(cancel):
            cancel.check()
            done.append(check)
            yield CheckDone(check)
        return Survey(tuple(done), fixes.plans(done))

    def mend(self, plan: FixPlan, cancel: Cancel) -> Service[Mended]:
        """Carry one plan out."""
        from slmtui.environment import mend

        return (yield from mend.mend(plan, cancel))


class Mending:
    """Plans that were agreed to, one after the other, and what came of them, however it ended."""

    def __init__(
        self, bench: Workbench, plans: Sequence[FixPlan], before: Callable[[], None] = lambda: None
    ) -> None:
        self.plans = tuple(plans)
        self._before = before
        self.at = 0
        self.states: list[StateLeft] = []
        self.log: Path | None = None
        self._bench = bench

    @property
    def plan(self) -> FixPlan:
        """The plan that is carried out, or was last."""
        return self.plans[min(self.at, len(self.plans) - 1)]

    @property
    def changed(self) -> tuple[str, ...]:
        """What is different now."""
        return tuple(change for state in self.states for change in state.changed)

    def run(self, cancel: Cancel) -> Service[None]:
        """Carry all out; the first that fails ends it, since the next may stand on it."""
        from slmtui.environment.mend import StateLeft

        self._before()
        for number, plan in enumerate(self.plans):
            cancel.check()
            self.at = number
            yield PlanStarted(plan, number + 1, len(self.plans))
            service = self._bench.mend(plan, cancel)
            while True:
                try:
                    event = next(service)
                except StopIteration as end:
                    self.log = end.value.log
                    break
                if isinstance(event, StateLeft):
                    self.states.append(event)
                yield event
