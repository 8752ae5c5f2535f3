"""Measuring on the Validate screen: which parts are missing, what comes next, and how it is measured."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType

from slmtui.deployment import Deployment
from slmtui.pipeline import Wishes
from slmtui.pipeline.validation import PARTS, Part
from slmtui.tui.jobs import Job
from slmtui.tui.measuring_desk import MeasuringDesk
from slmtui.tui.screens.validate_suite import ValidateSuite
from slmtui.tui.widgets.suite_view import SuiteView
from slmtui.tui.widgets.verdicts import summary
from slmtui.tui.wishes_words import WISHES


class ValidateMeasuring(ValidateSuite):
    """What is done to find the figures."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "measure('bench')", "Bench", tooltip="Measure how fast it is here"),
        Binding("q", "measure('quality')", "Quality", tooltip="Read a text with it and with its source"),
        Binding("k", "measure('checklist')", "Checklist", tooltip="Go through the checklist, with its suite"),
        Binding("a", "measure_all", "All anew", show=False, tooltip="Measure all of it once more"),
        Binding("h", "wishes", "How", tooltip="How it is measured: lengths, repetitions, text, untuned base"),
    ]

    def __init__(self, desk: MeasuringDesk | None = None) -> None:
        super().__init__(desk)
        # Parts that are to be measured in another way than they were, with what was found then.
        self._outdated: dict[Part, object] = {}

    @property
    def _missing(self) -> tuple[Part, ...]:
        """The parts that are not measured yet, not to their end, or not as they are to be now."""
        found = self._standing.found
        done: dict[Part, bool] = {
            "bench": found.bench is not None and found.bench.complete,
            "quality": found.quality is not None,
            "checklist": found.checklist is not None and found.checklist.complete,
        }
        return tuple(
            part for part in PARTS if not done[part] or self._outdated.get(part, self) == getattr(found, part)
        )

    def show_next(self, job: Job[object] | None) -> None:
        """What to do next."""
        focus = not self.shows_suite
        stopped = "Stopped. " if job is not None and job.state == "cancelled" else ""
        if self.slmtui.deployment is None:
            self.set_primary("Choose a model", "No model is chosen yet.")
        elif self.at_work:
            self.set_primary("Measuring", "Esc cancels; figures stay.", enabled=False)
        elif not self.known:
            self.set_primary("Measure", "Looking", enabled=False)
        elif not self.has_model:
            self.set_primary("Go there", "There is no converted model to measure yet.")
        elif missing := self._missing:
            whole = len(missing) == len(PARTS)
            names = ", ".join(PARTS[part].lower() for part in missing)
            if whole and stopped:
                names = "all of it"  # the names have no room beside it at 80 columns
            label = "Measure all" if whole else "Measure the rest"
            self.set_primary(label, f"{stopped}Enter: {names}.", focus=focus)
        else:
            said = "Stopped; earlier figures are kept." if stopped else self._verdict()
            self.set_primary("Write the report", said, focus=focus)
        if self.shows_suite and self.has_model and self.focused in (None, self.query_one("#primary")):
            self.query_one(SuiteView).table.rows.focus()

    def _verdict(self) -> str:
        checklist = self._standing.found.checklist
        return summary([item.as_verdict() for item in checklist.items]) if checklist else ""

    def proceed(self) -> None:
        deployment = self.slmtui.deployment
        if deployment is None:
            self.go("start")
        elif not self.has_model:
            self.go(self.slmtui.next_mode())
        elif missing := self._missing:
            self._measure(deployment, missing)
        else:
            self.action_report()

    def action_measure(self, part: Part) -> None:
        """Measure one part."""
        if self.slmtui.deployment is not None:
            self._measure(self.slmtui.deployment, (part,))

    def action_measure_all(self) -> None:
        """Measure all parts once more."""
        if self.slmtui.deployment is not None:
            self._measure(self.slmtui.deployment, tuple(PARTS))

    def _measure(self, deployment: Deployment, parts: Sequence[Part]) -> None:
        self.show_figures()
        self._desk.left = tuple(parts)
        self.slmtui.start_job(
            self.MODE,
            partial(self._desk.measure, deployment, parts),
            lambda found: self.slmtui.note_measured(deployment.name, found),
        )
        self.show_state()

    def action_wishes(self) -> None:
        """Say how it is to be measured."""
        from slmtui.tui.screens.measure_wishes import WishesScreen

        standing = self._standing

        def kept(wishes: Wishes | None) -> None:
            if wishes is None or self._standing.model_dir != standing.model_dir:
                return
            before = standing.wishes
            for field in WISHES:
                if getattr(wishes, field.name) != getattr(before, field.name):
                    self._outdated[field.measures] = getattr(self._standing.found, field.measures)
            self._standing = dataclasses.replace(self._standing, wishes=wishes, wishes_failure=None)
            self.show_standing()

        self.app.push_screen(WishesScreen(self._desk, standing), kept)

    def forget_model(self) -> None:
        super().forget_model()
        self._outdated.clear()

    def show_figures(self) -> None:
        """Turn to the figures."""

    def action_report(self) -> None:
        """Write the report."""
