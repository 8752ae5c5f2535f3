"""The conversion station: the model made, proved, compared with its source, and recorded."""

from __future__ import annotations

from pathlib import Path

from slmtui.config import locations
from slmtui.conversion import convert as conversion
from slmtui.conversion.config_file import OlivePlan
from slmtui.conversion.convert import ConversionResult
from slmtui.conversion.olive import Made
from slmtui.conversion.plan import ConversionPlan
from slmtui.conversion.plan import plan as plan_conversion
from slmtui.conversion.proof import Proof
from slmtui.conversion.recipe import Recipe
from slmtui.deployment import Deployment
from slmtui.events import Cancel, Service, jsonable
from slmtui.measure.parity import parity as compare
from slmtui.pipeline.record import recording_failure
from slmtui.pipeline.source import source_of

DEFAULT_PRECISION = "int4"


def conversion_plan(
    deployment: Deployment,
    precision: str = DEFAULT_PRECISION,
    output: Path | None = None,
    *,
    recipe: Recipe | None = None,
    config: OlivePlan | None = None,
    override: bool = False,
) -> ConversionPlan:
    """What converting would do; our own folder of this very deployment may be replaced.

    `recipe`, `config` and `override` are as in `conversion.plan.plan`.

    Raises:
        Failure: the source cannot be converted, or its result cannot be put there.
    """
    own = default_output(deployment, precision)
    output = output or own
    return plan_conversion(
        source_of(deployment),
        output,
        precision,
        recipe=recipe,
        replace=output == own,
        config=config,
        override=override,
    )


def default_output(deployment: Deployment, precision: str = DEFAULT_PRECISION) -> Path:
    """Where a conversion goes unless the user says otherwise."""
    return locations.models_dir() / deployment.name / precision


def make_model(
    plan: ConversionPlan,
    cancel: Cancel,
    *,
    parity: bool = True,
    probe: str | None = None,
    anew: bool = False,
    reading: Path | None = None,
) -> Service[ConversionResult]:
    """Convert, prove that the runtime loads the result, and compare it with its source.

    `probe` is the text that both read, in place of the built-in one. What the source says of it is kept in
    the folder `reading`, if one is given, for other models made of that source. Without `parity` nothing is
    compared, and the result is marked as unverified. A conversion that was made before is found again, unless
    it is to be made `anew`.
    """
    if not anew and probe is None:
        before = yield from conversion.again(plan, cancel, compared=parity)
        if before is not None:
            return before

    def prove(made: Made, log: Path, cancel: Cancel) -> Service[Proof]:
        work = reading or made.model.with_name("parity")
        found = yield from compare(
            plan.source,
            made.model,
            plan.precision,
            cancel,
            text=probe,
            checkpoint=made.checkpoint,
            log=log,
            work=work,
            keep=reading is not None,
        )
        return Proof(found.as_verdict(), found.as_record())

    return (yield from conversion.convert(plan, cancel, prove if parity else None, anew=anew))


def convert(
    deployment: Deployment, plan: ConversionPlan, cancel: Cancel, *, parity: bool = True, anew: bool = False
) -> Service[Deployment]:
    """`make_model`, and record it."""
    with recording_failure(deployment, "conversion"):
        result = yield from make_model(plan, cancel, parity=parity, anew=anew)
    return deployment.with_step(
        "conversion",
        "verified",
        output=str(result.output),
        precision=plan.precision,
        recipe="a configuration of your own" if plan.config and not plan.config.recipe else plan.recipe.title,
        bytes=result.bytes,
        seconds=round(result.seconds, 2),
        peak_rss_bytes=result.peak_rss_bytes,
        parity={key: value for key, value in result.parity.items() if value is not None},
        cached=result.cached,
        log=str(result.log),
        verdicts=jsonable(result.verdicts),
    ).save()
