"""A variant of a lab, deployed: its model lies there, and is recorded, given a template, and put in place."""

from __future__ import annotations

from pathlib import Path

from slmtui import deployment as deployments
from slmtui import pipeline
from slmtui.config.locations import deployments_dir
from slmtui.conversion.recipe import Recipe
from slmtui.deployment import Deployment
from slmtui.events import Cancel, Cancelled, Failure, Service
from slmtui.lab.plan import LabModel
from slmtui.lab.row import VariantResult
from slmtui.source import samples
from slmtui.source.options import NOTHING_SAID, SourceOptions


def check_free(name: str, model: LabModel) -> None:
    """Refuse a name that is none, or that a deployment of another model has.

    Raises:
        Failure: it cannot be taken.
    """
    deployments.check_name(name)
    if (deployments_dir() / f"{name}.toml").exists():
        made_from = deployments.load(name).source
        if Path(made_from) != model.source.path:
            raise Failure(
                f"A deployment called {name} exists already, made from {made_from}.",
                "Take another name, or undo that one first.",
            )


def deploy_variant(
    row: VariantResult,
    model: LabModel,
    name: str,
    cancel: Cancel,
    options: SourceOptions = NOTHING_SAID,
) -> Service[Deployment]:
    """Deploy the model that `row` speaks of under `name`, where its lab has put it: nothing is made twice.

    Raises:
        Failure: the name is taken, the model is gone, or Foundry Local does not take it.
        Cancelled: the deployment is as it was before; if there was none, there is none.
    """
    check_free(name, model)
    if row.output is None or "conversion" not in row.steps:
        raise Failure(f"{row.variant.label} is not made yet.", "Let the lab come to its end first.")
    recipe = row.variant.recipe()
    if (deployments_dir() / f"{name}.toml").exists():
        deployment = pipeline.as_it_stands(deployments.load(name))
        deployment = yield from put_in_place(deployment, row.output, recipe, cancel)
    else:
        deployment = yield from begin_and_put(model, row.output, recipe, cancel, name, options)
    if deployment.next_station() == "foundry" and deployment.step("foundry").state == "waiting":
        plan_again(deployment)  # says what is in the way
    if (station := deployment.next_station()) in ("prompt", "foundry"):
        verdicts = deployment.step(station).record.get("verdicts", [])
        said: dict[str, str] = next((each for each in verdicts if each["status"] == "fail"), {})
        raise Failure(str(said.get("evidence", f"{station} was not verified.")), str(said.get("fix", "")))
    return deployment


def begin_and_put(
    model: LabModel,
    output: Path,
    recipe: Recipe,
    cancel: Cancel,
    name: str | None = None,
    options: SourceOptions = NOTHING_SAID,
) -> Service[Deployment]:
    """As `put_in_place`, for a deployment of `model` that is begun for this.

    Raises:
        Failure: as there.
        Cancelled: the deployment is forgotten again.
    """
    sample = next((one.name for one in samples.samples() if one.path == model.source.path), None)
    deployment = yield from pipeline.begin(sample or str(model.source.path), cancel, name, options)
    try:
        return (yield from put_in_place(deployment, output, recipe, cancel))
    except Cancelled:
        deployment.delete()
        raise


def put_in_place(deployment: Deployment, output: Path, recipe: Recipe, cancel: Cancel) -> Service[Deployment]:
    """Let the model in `output` be the deployment's: recorded, given its template, deployed and verified.

    It is found again where it lies, so nothing is converted unless it was changed since, and a template that
    somebody wrote for it is kept. It goes where the deployment's model was before; where that cannot be, as
    somebody else's model is in the way, the deployment comes back with its last station waiting.

    Raises:
        Failure: the model cannot be had, and the deployment is as it was; or Foundry Local does not take it.
        Cancelled: the deployment is as it was.
    """
    before = deployment
    conversion = pipeline.conversion_plan(deployment, output=output, recipe=recipe)
    try:
        deployment = yield from pipeline.convert(deployment, conversion, cancel)
    except Failure:
        before.save()  # of the model that it has nothing has failed
        raise
    template = pipeline.template_plan(deployment)
    kept = template.existing if template.existing is not None and template.says(template.existing) else None
    deployment = pipeline.write_template(deployment, template, kept)
    if deployment.step("prompt").state != "verified":
        return deployment
    try:
        plan = plan_again(deployment)
    except Failure:
        return deployment
    try:
        return (yield from pipeline.deploy(deployment, plan, cancel))
    except Cancelled:
        before.save()  # its model is where it was
        raise


def plan_again(deployment: Deployment) -> pipeline.DeployPlan:
    """Into the cache it was in before, in the same way.

    Raises:
        Failure: it does not go there.
    """
    before = deployment.step("foundry").record
    cache = before.get("cache_dir")
    return pipeline.deploy_plan(
        deployment, Path(cache) if cache else None, before.get("method"), before.get("version")
    )
