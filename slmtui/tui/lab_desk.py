"""What the Lab screen asks and does, in threads: the plan, what is there already, the run, the choice.

Tests hand over one of their own.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from slmtui import pipeline
from slmtui.conversion.recipe import presets
from slmtui.deployment import Deployment
from slmtui.events import Cancel, Failure, Service
from slmtui.lab.events import RowChanged
from slmtui.lab.journal import NAME, load_lab
from slmtui.lab.lab import lab, machine, resume
from slmtui.lab.plan import LabPlan, RowForecast, forecasts, plan_lab
from slmtui.lab.result import LabResult
from slmtui.lab.row import VariantResult
from slmtui.lab.variants import Variant, default_variants
from slmtui.source.model_source import ModelSource
from slmtui.source.samples import samples


@dataclass(frozen=True, slots=True)
class LabWish:
    """What the user asks for: the models as typed ("" is the one in hand), and the variants.

    Without `variants`, those of an earlier run are meant, else the usual ones. `added` are offered besides.
    """

    source: str = ""
    variants: tuple[Variant, ...] | None = None
    added: tuple[Variant, ...] = ()


@dataclass(frozen=True, slots=True)
class LabProspect:
    """What comes of a wish: the plan or why there is none, what each variant would take, what is there.

    `offered` are all variants that can be chosen. `result` is the table as far as an earlier run came; `left`
    counts its rows that are neither done nor failed, and `seconds` and `bytes` are what those will take.
    `damaged` is the journal, if it cannot be read; `passed_over` says what in a folder cannot be compared.
    """

    wish: LabWish
    plan: LabPlan | None = None
    failure: Failure | None = None
    offered: tuple[Variant, ...] = ()
    forecasts: Mapping[str, RowForecast] = field(default_factory=dict)
    result: LabResult | None = None
    left: int = 0
    seconds: float = 0.0
    bytes: int = 0
    free_bytes: int = 0
    damaged: Path | None = None
    passed_over: tuple[Failure, ...] = ()

    @property
    def chosen(self) -> tuple[Variant, ...]:
        """The variants that would be compared."""
        return self.plan.variants if self.plan else self.wish.variants or ()

    @property
    def begun(self) -> bool:
        """Whether anything was measured before."""
        return self.result is not None and any(row.steps or row.failure for row in self.result.rows)

    @property
    def failed(self) -> int:
        """How many rows have something that did not work."""
        return sum(bool(row.failure) for row in self.result.rows) if self.result else 0


class LabRun:
    """A lab at work; its job's thread writes the rows, screens read them."""

    def __init__(self, plan: LabPlan, before: LabResult | None = None) -> None:
        self.plan = plan
        self._rows = {row.key: row for row in (before.rows if before else ())}

    @property
    def result(self) -> LabResult:
        """The table now."""
        return LabResult(tuple(self._rows.values()), self.plan.output, machine())

    def run(self, service: Service[LabResult]) -> Service[LabResult]:
        """Pass on what `service` says, and keep the rows."""
        while True:
            try:
                event = next(service)
            except StopIteration as end:
                found: LabResult = end.value
                return found
            if isinstance(event, RowChanged):
                self._rows = {**self._rows, event.row.key: event.row}
            yield event


class LabDesk:
    """The real one."""

    def look(self, deployment: Deployment | None, wish: LabWish) -> LabProspect:
        """Work out what `wish` comes to; blocks for a moment."""
        usual = offered(wish)
        try:
            sources, passed_over = _sources(deployment, wish)
            suite = _own_suite(deployment) if not wish.source else None
            planned = plan_lab(sources, wish.variants or None, suite=suite)
        except Failure as failure:
            return LabProspect(wish, failure=failure, offered=usual)
        try:
            before = load_lab(planned.output)
        except Failure as failure:
            found = LabProspect(wish, planned, failure, usual, damaged=planned.output / NAME)
            return _forecast(found)
        if wish.variants is None and before is not None and before.rows:
            variants = {row.variant.id: row.variant for row in before.rows}
            planned = plan_lab(sources, tuple(variants.values()), suite=suite)
        found = _forecast(
            LabProspect(wish, planned, offered=offered(wish, planned.variants), passed_over=passed_over)
        )
        if wish.variants == ():
            none = Failure("No variant is chosen.", "Space checks the highlighted one.")
            return dataclasses.replace(found, plan=None, failure=none)
        return _weighed(dataclasses.replace(found, result=_table(planned)))

    def run(self, plan: LabPlan, cancel: Cancel) -> Service[LabResult]:
        """Measure what is not measured yet."""
        return lab(plan, cancel)

    def forget(self, output: Path) -> None:
        """Let everything be measured anew; the models stay, and are found again.

        Raises:
            Failure: the journal cannot be deleted.
        """
        try:
            (output / NAME).unlink(missing_ok=True)
        except OSError as error:
            raise Failure(
                f"{output / NAME} cannot be deleted: {error.strerror or error}.", "Delete it yourself."
            ) from error

    def take(
        self, deployment: Deployment | None, plan: LabPlan, row: VariantResult, cancel: Cancel
    ) -> Service[Deployment]:
        """Let the model of `row` be the converted model of its source's deployment.

        It is found again where it lies, so nothing is converted unless it was changed since. The model of
        another source than that of the deployment in hand gets a deployment of its own.
        """
        model = next(each for each in plan.models if each.name == row.source)
        if deployment is None or Path(deployment.source) != model.source.path:
            sample = next((one.name for one in samples() if one.path == model.source.path), None)
            deployment = yield from pipeline.begin(sample or str(model.source.path), cancel)
        output = plan.output_of(model, row.variant)
        conversion = pipeline.conversion_plan(deployment, output=output, recipe=row.variant.recipe())
        return (yield from pipeline.convert(deployment, conversion, cancel))


def _sources(
    deployment: Deployment | None, wish: LabWish
) -> tuple[tuple[ModelSource, ...], tuple[Failure, ...]]:
    """The models that are meant, and what is passed over."""
    from slmtui.lab.sources import find_sources

    if wish.source:
        return find_sources(part for part in wish.source.split(";") if part.strip())
    if deployment is None:
        raise Failure("No model is chosen yet.", "Name one here, or choose one on the Start screen.")
    return (pipeline.source_of(deployment),), ()


def _own_suite(deployment: Deployment | None) -> Path | None:
    """The questions that the user has written for this deployment's model."""
    output = deployment.step("conversion").record.get("output") if deployment else None
    path = pipeline.suite_path(Path(output)) if output else None
    return path if path is not None and path.is_file() else None


def offered(wish: LabWish, chosen: tuple[Variant, ...] = ()) -> tuple[Variant, ...]:
    """What can be chosen: the usual ones, those of the presets, and those that were typed."""
    of_presets = (Variant(preset.precision, preset.name) for preset in presets())
    every = (*default_variants(), *of_presets, *(wish.variants or ()), *wish.added, *chosen)
    found = {variant.id: variant for variant in every}
    order = {"fp32": 0, "fp16": 1, "int8": 2, "int4": 3}
    return tuple(sorted(found.values(), key=lambda variant: order[variant.precision]))


def _forecast(found: LabProspect) -> LabProspect:
    """With what all variants that are offered would take, and the room there is."""
    assert found.plan is not None
    return dataclasses.replace(
        found, forecasts=_forecasts(found.plan, found.offered), free_bytes=_free(found.plan.output)
    )


def _forecasts(plan: LabPlan, offered: tuple[Variant, ...]) -> dict[str, RowForecast]:
    """What each variant takes for all models together: room and time added up, the most memory of one."""
    found: dict[str, RowForecast] = {}
    for row in forecasts(dataclasses.replace(plan, variants=offered)):
        before = found.get(row.variant.id)
        if before is not None:
            row = dataclasses.replace(
                row,
                output_bytes=before.output_bytes + row.output_bytes,
                memory_bytes=max(before.memory_bytes, row.memory_bytes),
                seconds=before.seconds + row.seconds,
                failure=before.failure or row.failure,
            )
        found[row.variant.id] = row
    return found


def _table(plan: LabPlan) -> LabResult:
    """The journal's rows that still hold; what has failed says so until it is tried again."""
    journal, _ = resume(plan)
    before = load_lab(plan.output)
    failed = {row.key: row for row in (before.rows if before else ()) if row.failure}

    def as_it_ended(row: VariantResult) -> VariantResult:
        old = failed.get(row.key)
        if old is None or set(old.steps) - set(row.steps):
            return row
        return dataclasses.replace(row, status=old.status, failure=old.failure, fix=old.fix)

    return dataclasses.replace(journal.result, rows=tuple(map(as_it_ended, journal.result.rows)))


def _weighed(found: LabProspect) -> LabProspect:
    """With what is left to be done, and whether there is room for it."""
    plan, result = found.plan, found.result
    assert plan is not None
    assert result is not None
    todo = {row.key for row in result.rows if row.status not in ("done", "failed")}
    unmade = {row.key for row in result.rows if row.key in todo and "conversion" not in row.steps}
    each = {f"{row.model}/{row.variant.id}": row for row in forecasts(plan)}
    needed = sum(each[key].output_bytes for key in unmade)
    failure = None
    if needed > found.free_bytes:
        from slmtui.units import size

        failure = Failure(
            f"There is too little room for {len(unmade)} models: they take about {size(needed)},"
            f" {size(found.free_bytes)} are free.",
            "Free some room, or compare fewer variants.",
        )
    return dataclasses.replace(
        found,
        left=len(todo),
        seconds=sum(each[key].seconds for key in todo),
        bytes=needed,
        failure=failure,
    )


def _free(folder: Path) -> int:
    """Free bytes where `folder` will be."""
    for parent in (folder, *folder.parents):
        if parent.is_dir():
            return shutil.disk_usage(parent).free
    return 0
