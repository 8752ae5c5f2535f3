"""The foundry station: the model deployed, undeployed, and recorded."""

from __future__ import annotations

from pathlib import Path

from slmtui.deployment import Deployment
from slmtui.events import Cancel, Failure, Service, jsonable
from slmtui.foundry import deploy as foundry
from slmtui.foundry.deploy import DeployPlan
from slmtui.foundry.deployed import find as find_deployed
from slmtui.foundry.undeploy import undeploy as undeploy_model
from slmtui.pipeline.record import model_dir, recording_failure, state_of


def deploy_plan(deployment: Deployment, cache_dir: Path | None = None) -> DeployPlan:
    """What deploying would do; a deployment of this very name that slmtui made is replaced."""
    made = deployment.step("foundry").record.get("target")
    plan = None
    try:
        plan = foundry.plan(model_dir(deployment), deployment.name, cache_dir)
    except Failure:
        # Only what this deployment put there itself may be put there again without a question.
        plan = foundry.plan(model_dir(deployment), deployment.name, cache_dir, replace=True)
        if made is None or str(plan.target) != made:
            raise
    return plan


def deploy(deployment: Deployment, plan: DeployPlan, cancel: Cancel) -> Service[Deployment]:
    """Put the model into the Foundry Local cache, register it, and ask the SDK to list and load it."""
    with recording_failure(deployment, "foundry"):
        result = yield from foundry.deploy(plan, cancel)
    return deployment.with_step(
        "foundry",
        state_of(result.verdicts),
        target=str(result.target),
        model_id=result.model_id,
        cache_dir=str(result.cache_dir),
        verdicts=jsonable(result.verdicts),
    ).save()


def undeploy(deployment: Deployment, cancel: Cancel) -> Service[Deployment]:
    """Take the model out of the cache it was deployed into; the converted model stays."""
    model = find_deployed(deployment.name)
    if model is not None:
        yield from undeploy_model(model, cancel)
    return deployment.with_step("foundry", "waiting").save()
