"""`slmtui doctor --fix`: show the plans, ask for a yes, carry them out, and check everything again."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from slmtui.cli.ask import can_ask, confirm
from slmtui.cli.commands.doctor import say_check, say_verdict, with_plans, write_bundle

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.environment.check import Check
    from slmtui.environment.fixes import FixPlan
    from slmtui.events import Cancel, Event

# What was mended can lay open what could not be seen before: a new interpreter has packages of its own.
_ROUNDS = 3


def mend(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Mend what can be mended; the exit code is that of the last check, 2 if there is nobody to ask."""
    report.begin(ready=None, checks=[], plans=[], changed=[], seconds=None)
    visit = _Visit(arguments, report, cancel)
    try:
        return visit.take_place()
    finally:
        if arguments.report and visit.found:  # it is wanted most where mending has failed
            write_bundle(arguments.report, visit.found, report)


class _Visit:
    """What was found, what was agreed to, and what came of it."""

    def __init__(self, arguments: argparse.Namespace, report: Report, cancel: Cancel) -> None:
        from slmtui import pipeline

        self._arguments = arguments
        self._report = report
        self._cancel = cancel
        self._source = pipeline.chosen(arguments.source) if arguments.source is not None else None
        self.found: Sequence[Check] = ()
        self._agreed: list[FixPlan] = []
        self._changed: list[str] = []

    def take_place(self) -> int:
        """Look, ask and mend until nothing is left that can be mended."""
        from slmtui import pipeline
        from slmtui.environment.doctor import ready

        report = self._report
        self.found = report.follow(pipeline.examine(self._cancel, self._source), self._say)
        for _ in range(_ROUNDS):
            offered = self._offered()
            report.update(
                ready=ready(self.found),
                checks=with_plans(self.found, offered),
                plans=[*self._agreed, *offered],
            )
            if not offered:
                break
            show(offered, report)
            if not self._arguments.yes and not can_ask(report):
                return _nobody(report)
            if not self._arguments.yes and not confirm("Do this?", report, self._cancel):
                break
            self._agreed += offered
            self.found = report.follow(pipeline.mend(offered, self._cancel, self._source), self._say)
        good = ready(self.found)
        report.update(ready=good)
        if report.json:
            report.finished()
            return 0 if good else 1
        if not self._agreed:
            report.line("\nThere is nothing to mend here." if not offered else "\nNothing was done.")
        say_verdict(self.found, report)
        return 0 if good else 1

    def _offered(self) -> list[FixPlan]:
        """What can be mended and was not tried yet."""
        from slmtui.environment.fixes import plans

        from_source = self._arguments.from_source and not self._agreed
        return [plan for plan in plans(self.found, from_source=from_source) if plan not in self._agreed]

    def _say(self, event: Event) -> None:
        from slmtui import pipeline
        from slmtui.environment.check import CheckDone
        from slmtui.environment.mend import StateLeft
        from slmtui.events import LogLine

        if isinstance(event, StateLeft):
            self._changed.extend(event.changed)
            self._report.update(changed=self._changed)
        if not self._report.json:
            if isinstance(event, CheckDone):
                say_check(event.check, self._report)
            elif isinstance(event, pipeline.PlanStarted):
                self._report.note(f"\n[{event.number}/{event.of}] {event.plan.title}")
            elif isinstance(event, StateLeft | LogLine):
                self._report.note(event.text)
        self._report.event(event)


def show(plans: Sequence[FixPlan], report: Report) -> None:
    """Show people what would be done, word for word."""
    if report.json:
        return
    for plan in plans:
        report.line(f"\n{plan.title}")
        for label, text in (
            ("mends", ", ".join(plan.mends)),
            ("python", str(plan.interpreter or "")),
            *(("runs", step.line) for step in plan.steps),
            ("gets", plan.downloads),
            ("changes", plan.changes),
        ):
            if text:
                report.line(f"  {label + ':':<9}{text}")
    report.line()


def _nobody(report: Report) -> int:
    from slmtui.events import Failure

    cause = "Nothing was done: there is nobody to ask for a yes."
    report.failed(Failure(cause, "`slmtui doctor --fix --yes` does it without asking."))
    return 2
