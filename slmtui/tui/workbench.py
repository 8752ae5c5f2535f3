"""What the Environment screen looks and mends with, in threads of jobs; tests hand over one of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from slmtui.deployment import Deployment
from slmtui.environment.check import Check
from slmtui.events import Cancel, Event, Failure, Service

if TYPE_CHECKING:
    from slmtui.environment.fix_plan import FixPlan
    from slmtui.environment.mend import StateLeft
    from slmtui.pipeline import Chosen


@dataclass(frozen=True, slots=True)
class Coming(Event):
    """Ids and titles of the checks that take a moment."""

    kind: ClassVar[str] = "coming"
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ToolchainState:
    """Which interpreter runs Olive and why, and how it stands with the tool chain that slmtui manages."""

    python: Path
    why: str
    folder: Path
    has_managed: bool
    build: FixPlan


@dataclass(frozen=True, slots=True)
class Survey:
    """All checks, what mends them, and the tool chain they are about."""

    checks: tuple[Check, ...]
    plans: tuple[FixPlan, ...]
    toolchain: ToolchainState | None = None


class Workbench:
    """The real one. Its imports are made by the threads that need them: no screen waits for them."""

    def examine(self, deployment: Deployment | None, cancel: Cancel) -> Service[Survey]:
        """Run all checks, each told as it finishes, then work out what can be mended."""
        from slmtui import pipeline
        from slmtui.environment import doctor

        source = _chosen(deployment)
        yield Coming(doctor.pending(source.model_on_hub if source else None))
        return _survey((yield from pipeline.examine(cancel, source)))

    def mend(
        self, plans: Sequence[FixPlan], deployment: Deployment | None, cancel: Cancel
    ) -> Service[Survey]:
        """Carry the plans out, one after the other, and look at everything again."""
        from slmtui import pipeline

        return _survey((yield from pipeline.mend(plans, cancel, _chosen(deployment))))

    def remove_toolchain(self, deployment: Deployment | None, cancel: Cancel) -> Service[Survey]:
        """Remove the tool chain that slmtui manages, and look at everything again."""
        from slmtui import pipeline
        from slmtui.environment.mend import StateLeft

        folders = yield from pipeline.remove_toolchain()
        removed = tuple(f"{folder} is removed" for folder in folders)
        yield StateLeft("The tool chain is removed all the same.", removed)
        return (yield from self.examine(deployment, cancel))


def _chosen(deployment: Deployment | None) -> Chosen | None:
    """What the deployment in hand asks of the machine; one whose source is gone asks nothing here."""
    from slmtui import pipeline

    try:
        return pipeline.chosen_for(deployment) if deployment else None
    except Failure:
        return None


def _survey(checks: Sequence[Check]) -> Survey:
    from slmtui.environment import fixes

    return Survey(tuple(checks), fixes.plans(checks), _toolchain())


def _toolchain() -> ToolchainState:
    from slmtui.config import locations, toolchain
    from slmtui.environment import fixes

    now = toolchain.current()
    why = {
        "own": "slmtui itself runs with it, and nothing else is set.",
        "managed": "slmtui made it, and proved it by converting a small model.",
        "chosen": f"[toolchain] python names it in {locations.settings_file()}.",
    }
    has_managed = toolchain.managed() is not None
    return ToolchainState(
        now.python, why[now.kind], toolchain.managed_dir(), has_managed, fixes.toolchain_plan()
    )


class Mending:
    """What was agreed to, and what has come of it so far; a job's thread writes it, the screen reads it.

    `words` say it while it is done and when it is done: `Mending`, `Mended`.
    """

    def __init__(
        self,
        words: tuple[str, str],
        titles: Sequence[str],
        service: Callable[[Cancel], Service[Survey]],
        before: Callable[[], None],
    ) -> None:
        self.words = words
        self.titles = tuple(titles)
        self.at = 0
        self.states: list[StateLeft] = []
        self._service = service
        self._before = before

    @property
    def changed(self) -> tuple[str, ...]:
        """What is different now."""
        return tuple(change for state in self.states for change in state.changed)

    def run(self, cancel: Cancel) -> Service[Survey]:
        """Do it."""
        from slmtui.environment.mend import StateLeft
        from slmtui.pipeline import PlanStarted

        self._before()
        service = self._service(cancel)
        while True:
            try:
                event = next(service)
            except StopIteration as end:
                survey: Survey = end.value
                return survey
            if isinstance(event, PlanStarted):
                self.at = event.number - 1
            elif isinstance(event, StateLeft):
                self.states.append(event)
            yield event
