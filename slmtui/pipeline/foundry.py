"""The foundry station: the model deployed, verified, served, undeployed, and recorded."""

from __future__ import annotations

from dataclasses import replace as altered
from pathlib import Path

from slmtui.config.files import files_below
from slmtui.deployment import Deployment, saved
from slmtui.events import Cancel, Failure, Service, Verdict, jsonable
from slmtui.foundry import deploy as foundry
from slmtui.foundry import ledger
from slmtui.foundry.cache import CacheFolder
from slmtui.foundry.cache import cache_folders as known_cache_folders
from slmtui.foundry.deploy import DeployPlan, DeployResult
from slmtui.foundry.deployed import DeployedModel
from slmtui.foundry.deployed import deployed as list_deployed
from slmtui.foundry.deployed import find as find_model
from slmtui.foundry.methods import FIRST_VERSION, Method
from slmtui.foundry.serve import Serving
from slmtui.foundry.serve import serve as serve_model
from slmtui.foundry.undeploy import undeploy as undeploy_model
from slmtui.foundry.unfinished import Unfinished, find_unfinished, throw_away, unfinished
from slmtui.foundry.verify import verify as verify_model
from slmtui.foundry.why import Why
from slmtui.foundry.why import why as ask_why
from slmtui.foundry.why import why_all as ask_why_all
from slmtui.pipeline.record import model_dir, record_deployed, recording_failure, state_of

__all__ = [
    "CacheFolder",
    "DeployPlan",
    "DeployedModel",
    "Method",
    "Serving",
    "Unfinished",
    "Why",
    "cache_folders",
    "deploy",
    "deploy_folder",
    "deploy_plan",
    "deployed_models",
    "find_deployed",
    "find_unfinished",
    "folder_plan",
    "go_on",
    "serve",
    "throw_away",
    "undeploy",
    "undeploy_named",
    "unfinished",
    "verify",
    "verify_named",
    "why",
    "why_all",
]


def cache_folders() -> tuple[CacheFolder, ...]:
    """The cache folders of this machine, the default first; may ask the `foundry` command, for a second."""
    return known_cache_folders()


def deploy_plan(
    deployment: Deployment,
    cache_dir: Path | None = None,
    method: Method | None = None,
    version: int | None = None,
    *,
    replace: bool = False,
) -> DeployPlan:
    """What deploying would do; a deployment of this very name that slmtui made is replaced.

    With `replace`, somebody else's model makes way, too: show the plan's `diff` and ask before that.
    """
    made = deployment.step("foundry").record.get("target")
    model, wanted = model_dir(deployment), version or FIRST_VERSION

    def planned(*, replacing: bool) -> DeployPlan:
        return foundry.plan(
            model, deployment.name, cache_dir, method=method, version=wanted, replace=replacing
        )

    if replace:
        return planned(replacing=True)
    try:
        return planned(replacing=False)
    except Failure:
        # Only what this deployment put there itself may be put there again without a question.
        plan = planned(replacing=True)
        if made not in (str(plan.target), str(plan.folder)) or not _still_ours(plan.target):
            raise
        return plan


def _still_ours(target: Path) -> bool:
    """Whether slmtui's model is still what stands there: it may have been taken out since, or deleted."""
    entry = ledger.read().at(target, "deployed")
    if entry is None:
        return False
    ours = {name for name, _ in entry.digests}
    there = (path for path, _ in files_below(target) if not path.name.startswith("."))
    return not ours or all(path.relative_to(target).as_posix() in ours for path in there)


def folder_plan(
    model_dir: Path,
    name: str,
    cache_dir: Path | None = None,
    method: Method | None = None,
    version: int | None = None,
    *,
    replace: bool = False,
) -> DeployPlan:
    """What deploying a converted model's folder would do, whether or not a deployment speaks of it."""
    return foundry.plan(
        model_dir, name, cache_dir, method=method, version=version or FIRST_VERSION, replace=replace
    )


def deploy_folder(plan: DeployPlan, cancel: Cancel) -> Service[DeployResult]:
    """Carry out the plan for a folder."""
    return (yield from foundry.deploy(plan, cancel))


def find_deployed(name: str) -> DeployedModel | None:
    """The deployed model called `name` (or `name:2`), the one deployed last if there are several."""
    return find_model(name)


def deploy(deployment: Deployment, plan: DeployPlan, cancel: Cancel) -> Service[Deployment]:
    """Put the model into the Foundry Local cache, register it, and ask the SDK to list and load it."""
    with recording_failure(deployment, "foundry"):
        result = yield from foundry.deploy(plan, cancel)
    return record_deployed(
        deployment,
        result.model_id,
        result.target,
        result.cache_dir,
        plan.method,
        plan.version,
        result.verdicts,
    ).save()


def go_on(one: Unfinished, cancel: Cancel) -> Service[None]:
    """Go on with a copy that was interrupted; whoever replaced a model with it has said yes to that."""
    plan = folder_plan(one.model_dir, one.name, one.cache_dir, one.method, one.version, replace=True)
    made = [d for d in saved()[0] if d.name == one.name and _made_from(d) == one.model_dir]
    if made:
        yield from deploy(made[0], plan, cancel)
    else:
        yield from deploy_folder(plan, cancel)


def _made_from(deployment: Deployment) -> Path | None:
    try:
        return model_dir(deployment)
    except Failure:
        return None


def verify(deployment: Deployment, cancel: Cancel) -> Service[Deployment]:
    """Ask again whether the deployed model is found, loads and answers, and record what comes out."""
    step = deployment.step("foundry")
    verdicts = yield from verify_model(_deployed(deployment), cancel)
    record = {**step.record, "verdicts": jsonable(verdicts), "verified_at": ledger.now()}
    now = altered(step, state=state_of(verdicts), record=record)
    # Nothing was made anew, so what later stations have proved still holds.
    return altered(deployment, steps={**deployment.steps, "foundry": now}).save()


def verify_named(model: DeployedModel | str, cancel: Cancel) -> Service[tuple[Verdict, ...]]:
    """Ask again about any deployed model, one of a forgotten deployment, too."""
    return (yield from verify_model(model, cancel))


def undeploy(deployment: Deployment, cancel: Cancel) -> Service[Deployment]:
    """Take the model out of the cache it was deployed into; the converted model stays."""
    model = find_model(str(deployment.step("foundry").record.get("model_id", deployment.name)))
    if model is not None:
        yield from undeploy_model(model, cancel)
    return deployment.with_step("foundry", "waiting").save()


def undeploy_named(model: DeployedModel, cancel: Cancel) -> Service[None]:
    """Take any deployed model out; a saved deployment that speaks of it is told so."""
    made = [d for d in saved()[0] if d.step("foundry").record.get("model_id") == model.model_id]
    yield from undeploy_model(model, cancel)
    for deployment in made:
        if deployment.step("foundry").record.get("target") in (str(model.path), str(model.folder)):
            deployment.with_step("foundry", "waiting").save()


def deployed_models() -> tuple[DeployedModel, ...]:
    """Everything slmtui has deployed, by name and version, with the last verdicts; starts nothing heavy."""
    return list_deployed()


def why(folder: Path, root: Path | None = None) -> Why:
    """Whether Foundry Local lists this folder, and why not."""
    return ask_why(folder, root)


def why_all(cache_dir: Path) -> tuple[Why, ...]:
    """Every folder below a cache's root: whether it is listed, and why not."""
    return ask_why_all(cache_dir)


def serve(model: DeployedModel | str, cancel: Cancel, port: int = 0) -> Service[None]:
    """Serve a deployed model to other programs until `cancel` is set; yields `Serving` with its address."""
    yield from serve_model(model, cancel, port=port)


def _deployed(deployment: Deployment) -> DeployedModel:
    model = find_model(str(deployment.step("foundry").record.get("model_id", deployment.name)))
    if model is None:
        raise Failure(f"{deployment.name} is not deployed.", "Deploy it first.")
    return model
