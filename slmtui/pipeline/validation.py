"""The Validate station: benchmark, comparison with the source and checklist, one after the other."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeAlias

from slmtui.deployment import Deployment
from slmtui.events import Cancel, Cancelled, Event, Failure, Progress, Service
from slmtui.measure.bench_figures import BenchPlan
from slmtui.measure.checklist import AT_LEAST, TURNS
from slmtui.measure.suite import Suite
from slmtui.pipeline.checklist import run_checklist, suite_of
from slmtui.pipeline.measure import run_bench, run_quality
from slmtui.pipeline.measurements import Measurements, measurements
from slmtui.pipeline.runtime import chat_target
from slmtui.pipeline.source import named_source, source_of
from slmtui.source.model_source import ModelSource

Part: TypeAlias = Literal["bench", "quality", "checklist"]
PARTS: Mapping[Part, str] = {"bench": "Benchmark", "quality": "Quality", "checklist": "Checklist"}
# Shares of the whole that the parts take, for the bar, where nothing was measured before. The checklist asks
# the source the same questions, and transformers takes its time.
_SHARES: Mapping[Part, float] = {"bench": 0.15, "quality": 0.1, "checklist": 0.75}
# A time left is told from this share on: before, the pace is not known.
_KNOWN = 0.1


@dataclasses.dataclass(frozen=True, slots=True)
class ValidationPlan:
    """What is measured of which model, against which source.

    Attributes:
        model_dir: the converted model.
        parts: in the order in which they run.
        bench: the lengths of the benchmark.
        source: what it was converted from; None if that cannot be read, and `without_source` says why.
        text: the file that it and its source read; None for the built-in one.
        suite: the questions of its domain, if there are any.
        base: an untuned model that is asked them, too (a path, a sample's name or a hub id); "" for none.
        turns, at_least: as `measure.checklist.checklist` takes them.
    """

    model_dir: Path
    parts: tuple[Part, ...] = tuple(PARTS)
    bench: BenchPlan = dataclasses.field(default_factory=BenchPlan)
    source: ModelSource | None = None
    without_source: str = ""
    text: Path | None = None
    suite: Suite | None = None
    base: str = ""
    turns: int = TURNS
    at_least: float = AT_LEAST


@dataclasses.dataclass(frozen=True, slots=True)
class PartStarted(Event):
    """A part of the validation begins."""

    kind: ClassVar[str] = "validation_part"
    part: Part
    number: int
    of: int


def validation_plan(
    deployment: Deployment, parts: Sequence[Part] = tuple(PARTS), **changed: Any
) -> ValidationPlan:
    """What measuring a deployment's model comes to; `changed` are other fields of the plan.

    Raises:
        Failure: there is no model, or its suite cannot be read where the checklist needs it.
    """
    model_dir = chat_target(deployment)
    source, why = None, ""
    try:
        source = source_of(deployment)
    except Failure as failure:
        why = failure.cause
    suite = suite_of(model_dir) if "checklist" in parts else None
    plan = ValidationPlan(model_dir, tuple(parts), source=source, without_source=why, suite=suite)
    return dataclasses.replace(plan, **changed)


def run_validation(plan: ValidationPlan, cancel: Cancel) -> Service[Measurements]:
    """Measure what the plan says; each part is kept as soon as it is done.

    A part that fails does not keep the next ones from being measured.

    Raises:
        Failure: a part has failed; the cause names it, where there were several.
        Cancelled: what was measured by then is kept.
    """
    failures: list[tuple[Part, Failure]] = []
    bar = _Bar(plan.parts, measurements(plan.model_dir))
    for number, part in enumerate(plan.parts, 1):
        yield PartStarted(part, number, len(plan.parts))
        try:
            yield from bar.over(part, _service(plan, part, cancel))
        except Failure as failure:
            if cancel.is_set:
                raise Cancelled from failure
            failures.append((part, failure))
        cancel.check()
    if failures:
        raise _all_of(plan, failures)
    return measurements(plan.model_dir)


def _service(plan: ValidationPlan, part: Part, cancel: Cancel) -> Service[object]:
    if part == "bench":
        return run_bench(plan.model_dir, plan.bench, cancel)
    if part == "quality":
        return run_quality(plan.model_dir, plan.source, plan.text, cancel)
    return _checked(plan, cancel)


def _checked(plan: ValidationPlan, cancel: Cancel) -> Service[object]:
    base = None
    if plan.base and plan.suite is not None:
        base = yield from named_source(plan.base, cancel)
    return (
        yield from run_checklist(
            plan.model_dir,
            cancel,
            suite=plan.suite,
            source=plan.source,
            base=base,
            turns=plan.turns,
            at_least=plan.at_least,
        )
    )


def _all_of(plan: ValidationPlan, failures: Sequence[tuple[Part, Failure]]) -> Failure:
    """One failure that says them all, each cause once."""
    first = failures[0][1]
    if len(plan.parts) == 1:
        return first
    causes = dict.fromkeys(failure.cause for _, failure in failures)
    if len(causes) == 1:
        said = first.cause
    else:
        said = "\n".join(f"{PARTS[part]}: {failure.cause}" for part, failure in failures)
    return Failure(said, first.fix, first.log)


class _Bar:
    """How far the whole is, from how far its parts are."""

    def __init__(self, parts: Sequence[Part], before: Measurements) -> None:
        self._parts = tuple(parts)
        took = {part: getattr(before, part).seconds for part in parts if getattr(before, part) is not None}
        self._shares = took if len(took) == len(parts) and all(took.values()) else _SHARES
        self._whole = sum(self._shares[part] for part in parts)
        self._begun = 0.0
        self._started = time.monotonic()

    def over(self, part: Part, service: Service[object]) -> Service[None]:
        """The events of a part, its progress as that of the whole."""
        share = self._shares[part] / self._whole
        try:
            for event in service:
                yield self._scaled(part, event, share) if isinstance(event, Progress) else event
        finally:
            self._begun += share

    def _scaled(self, part: Part, event: Progress, share: float) -> Progress:
        if len(self._parts) == 1:
            return event
        fraction, left = None, None
        if event.fraction is not None:
            fraction = min(1.0, self._begun + share * event.fraction)
            if fraction > _KNOWN:
                left = (time.monotonic() - self._started) * (1 - fraction) / fraction
        number, title = self._parts.index(part) + 1, PARTS[part]
        said = event.text if event.text.startswith(title) else f"{title}: {event.text}"
        text = f"{number} of {len(self._parts)}, {said}"
        return Progress(event.stage, text, fraction, left)
