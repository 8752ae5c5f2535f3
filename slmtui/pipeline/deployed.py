"""From a deployed model back to a deployment, so that one can chat with whatever is deployed."""

from __future__ import annotations

from slmtui import deployment as deployments
from slmtui.deployment import Deployment
from slmtui.events import Failure
from slmtui.foundry.deployed import DeployedModel
from slmtui.pipeline.record import record_deployed


def deployment_of(model: DeployedModel) -> Deployment:
    """The deployment whose model this is; one that speaks of it is made up where there is none.

    A deployment speaks of what it deployed last. For another version, or for a model that the command line
    deployed, a new one is returned under a free name; it is saved once the model has answered.

    Raises:
        Failure: the model's folder is gone.
    """
    if not model.folder.is_dir():
        fix = f"Undeploy it, then deploy it again: slmtui undeploy {model.model_id}"
        raise Failure(f"{model.folder} is gone.", fix)
    saved, _ = deployments.saved()
    own = next((one for one in saved if _speaks_of(one, model)), None)
    if own is not None:
        return own
    kin = next((one for one in saved if one.name == model.name), None)
    source = dict(kin.step("source").record) if kin else {}
    made = Deployment.new(deployments.free_name(model.name), kin.source if kin else model.model_dir)
    made = made.with_step("source", "verified", **source)
    made = made.with_step("conversion", "verified", output=str(model.folder), bytes=model.bytes)
    made = made.with_step("prompt", "verified", file=str(model.folder / "inference_model.json"))
    return record_deployed(
        made, model.model_id, model.folder, model.cache_dir, model.method, model.version, model.verdicts
    )


def _speaks_of(deployment: Deployment, model: DeployedModel) -> bool:
    record = deployment.step("foundry").record
    places = (str(model.path), str(model.folder))
    return record.get("model_id") == model.model_id and record.get("target") in places
