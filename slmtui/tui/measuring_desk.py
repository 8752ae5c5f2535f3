"""What the Validate screen asks and does, in threads: what was measured, measuring, and the suite.

Tests hand over one of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from slmtui import pipeline
from slmtui.deployment import Deployment
from slmtui.events import Cancel, Failure, Service
from slmtui.measure.bench_figures import BenchRow
from slmtui.measure.suite import Suite, SuiteLine
from slmtui.pipeline import Measurements, Wishes
from slmtui.pipeline.validation import Part
from slmtui.runtime.folder import read_folder

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a deployment's model.

    Attributes:
        model_dir: the model; None if there is none, and `failure` says why.
        found: what was measured of it.
        suite: its own questions, or its sample's; None if there are none, or `suite_failure` says why.
        own: where its own suite is, or would be.
        wishes: how it is to be measured; the usual ones where they cannot be read, and `wishes_failure` says
            why.
        context_length: of the model, in tokens; 0 if it is not known.
    """

    model_dir: Path | None = None
    found: Measurements = field(default_factory=Measurements)
    suite: Suite | None = None
    own: Path | None = None
    failure: Failure | None = None
    suite_failure: Failure | None = None
    wishes: Wishes = field(default_factory=Wishes)
    wishes_failure: Failure | None = None
    context_length: int = 0


class MeasuringDesk:
    """The real one; `changed` are fields of the plan that are not as usual."""

    def __init__(self, **changed: Any) -> None:
        self._changed = changed
        # The benchmark's rows while it runs, by their lengths: whatever screen is shown meanwhile.
        self.rows: dict[tuple[int, int], BenchRow] = {}
        # The parts that a running job is at, or has still before it.
        self.left: tuple[Part, ...] = ()

    def look(self, deployment: Deployment) -> Standing:
        """What there is; blocks for a moment."""
        try:
            model_dir = pipeline.chat_target(deployment)
        except Failure as failure:
            return Standing(failure=failure)
        suite, wrong = _read(pipeline.suite_of, model_dir)
        wishes, unread = _read(pipeline.wishes_of, model_dir)
        folder, _ = _read(read_folder, model_dir)  # what is wrong with it is said by who loads it
        return Standing(
            model_dir,
            pipeline.measurements(model_dir),
            suite,
            pipeline.suite_path(model_dir),
            suite_failure=wrong,
            wishes=wishes or Wishes(),
            wishes_failure=unread,
            context_length=folder.context_length if folder else 0,
        )

    def measure(self, deployment: Deployment, parts: Sequence[Part], cancel: Cancel) -> Service[Measurements]:
        """Measure these parts, and keep what was found."""
        self.rows.clear()
        wishes = pipeline.wishes_of(pipeline.chat_target(deployment))
        plan = pipeline.validation_plan(deployment, parts, **(wishes.of_plan() | self._changed))
        from slmtui.measure.bench import BenchMeasured  # only who measures pays for it

        service = pipeline.run_validation(plan, cancel)
        while True:
            try:
                event = next(service)
            except StopIteration as end:
                found: Measurements = end.value
                return found
            if isinstance(event, pipeline.PartStarted):
                self.left = tuple(parts[event.number - 1 :])
            if isinstance(event, BenchMeasured):
                self.rows[event.row.prompt_tokens, event.row.output_tokens] = event.row
            yield event

    def save(self, model_dir: Path, lines: Sequence[SuiteLine]) -> Suite:
        """Make these the model's own suite."""
        return pipeline.save_suite(model_dir, lines)

    def check(self, wishes: Wishes) -> None:
        """Look whether the text and the base that are named are there."""
        pipeline.check_wishes(wishes)

    def keep(self, model_dir: Path, wishes: Wishes) -> None:
        """Measure it like this from now on."""
        pipeline.keep_wishes(model_dir, wishes)


def _read(read: Callable[[Path], _T], model_dir: Path) -> tuple[_T | None, Failure | None]:
    try:
        return read(model_dir), None
    except Failure as failure:
        return None, failure
