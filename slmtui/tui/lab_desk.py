"""What the Lab screen asks and does, in threads: the plan, what is there already, the run, the choice.

Tests hand over one of their own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from slmtui import pipeline
from slmtui.deployment import Deployment
from slmtui.events import Cancel, Failure, Service
from slmtui.lab.deploy import begin_and_put, put_in_place
from slmtui.lab.journal import NAME, load_lab
from slmtui.lab.lab import lab
from slmtui.lab.plan import LabPlan, Measures, plan_lab
from slmtui.lab.result import LabResult
from slmtui.lab.row import VariantResult
from slmtui.lab.sources import find_sources, to_fetch
from slmtui.source.model_source import ModelSource
from slmtui.tui.lab_prospect import LabProspect, LabWish, forecast, measures_of, offered, table, weighed


class LabDesk:
    """The real one; `measures` says how each variant is measured."""

    def __init__(self, measures: Measures | None = None) -> None:
        self._measures = measures

    def look(self, deployment: Deployment | None, wish: LabWish) -> LabProspect:
        """Work out what `wish` comes to; blocks for a moment."""
        usual = offered(wish)
        away = to_fetch(_named(wish))
        if away:
            return LabProspect(wish, offered=usual, away=away)
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
            return forecast(found)
        if wish.variants is None and before is not None and before.rows:
            variants = {row.variant.id: row.variant for row in before.rows}
            planned = plan_lab(sources, tuple(variants.values()), suite=suite)
        planned = dataclasses.replace(planned, measures=self._measures or measures_of(wish, before))
        found = forecast(
            LabProspect(wish, planned, offered=offered(wish, planned.variants), passed_over=passed_over)
        )
        if wish.variants == ():
            none = Failure("No variant is chosen.", "Space checks the highlighted one.")
            return dataclasses.replace(found, plan=None, failure=none)
        return weighed(dataclasses.replace(found, result=table(planned)))

    def fetch(self, names: Sequence[str], cancel: Cancel) -> Service[None]:
        """Fetch models that are not here yet."""
        for name in names:
            yield from pipeline.fetch(name, cancel)

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

    def deploy(
        self, deployment: Deployment | None, plan: LabPlan, row: VariantResult, cancel: Cancel
    ) -> Service[Deployment]:
        """Let the model of `row` be that of its source's deployment, and put it into Foundry Local.

        The model of another source than that of the deployment in hand gets a deployment of its own.
        """
        model = next(each for each in plan.models if each.name == row.source)
        output, recipe = plan.output_of(model, row.variant), row.variant.recipe()
        if deployment is None or Path(deployment.source) != model.source.path:
            return (yield from begin_and_put(model, output, recipe, cancel))
        return (yield from put_in_place(deployment, output, recipe, cancel))


def _sources(
    deployment: Deployment | None, wish: LabWish
) -> tuple[tuple[ModelSource, ...], tuple[Failure, ...]]:
    """The models that are meant, and what is passed over."""
    if wish.source:
        return find_sources(_named(wish))
    if deployment is None:
        raise Failure("No model is chosen yet.", "Name one here, or choose one on the Start screen.")
    return (pipeline.source_of(deployment),), ()


def _named(wish: LabWish) -> tuple[str, ...]:
    """The models that are typed."""
    return tuple(part for part in wish.source.split(";") if part.strip())


def _own_suite(deployment: Deployment | None) -> Path | None:
    """The questions that the user has written for this deployment's model."""
    output = deployment.step("conversion").record.get("output") if deployment else None
    path = pipeline.suite_path(Path(output)) if output else None
    return path if path is not None and path.is_file() else None
