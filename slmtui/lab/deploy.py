"""A variant of a lab, deployed: its model lies there, and is recorded, given a template, and put in place."""

from __future__ import annotations

from pathlib import Path

from slmtui import deployment as deployments
from slmtui import pipeline
from slmtui.config.locations import deployments_dir
from slmtui.deployment import Deployment
from slmtui.events import Cancel, Failure, Service
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
        Cancelled: what was recorded stays.
    """
    check_free(name, model)
    if row.output is None or "conversion" not in row.steps:
        raise Failure(f"{row.variant.label} is not made yet.", "Let the lab come to its end first.")
    if (deployments_dir() / f"{name}.toml").exists():
        deployment = pipeline.as_it_stands(deployments.load(name))
    else:
        sample = next((one.name for one in samples.samples() if one.path == model.source.path), None)
        deployment = yield from pipeline.begin(sample or str(model.source.path), cancel, name, options)
    plan = pipeline.conversion_plan(deployment, output=row.output, recipe=row.variant.recipe())
    deployment = yield from pipeline.convert(deployment, plan, cancel)
    deployment = pipeline.write_template(deployment, pipeline.template_plan(deployment))
    deployment = yield from pipeline.deploy(deployment, pipeline.deploy_plan(deployment), cancel)
    for verdict in deployment.step("foundry").record.get("verdicts", []):
        if verdict["status"] == "fail":
            raise Failure(verdict["evidence"], verdict["fix"])
    return deployment
