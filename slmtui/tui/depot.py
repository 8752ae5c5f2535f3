"""What the Deploy screens ask and do, in threads: caches, plans, what is deployed, why one is not listed.

Tests hand over one of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from slmtui import pipeline
from slmtui.deployment import Deployment
from slmtui.events import Cancel, Failure, Service, Verdict
from slmtui.foundry.cache import CacheFolder

if TYPE_CHECKING:
    from slmtui.foundry.deploy import DeployPlan
    from slmtui.foundry.deployed import DeployedModel
    from slmtui.foundry.methods import Method
    from slmtui.foundry.unfinished import Unfinished
    from slmtui.foundry.why import Why


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asks for; None is slmtui's own choice (a cache that is not named yet has none)."""

    cache: Path | None = None
    method: Method | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Prospect:
    """What comes of a wish: a plan, or why there is none; `versions` are there already."""

    wish: Wish
    plan: DeployPlan | None = None
    failure: Failure | None = None
    versions: tuple[int, ...] = ()


class Depot:
    """The real one. Its imports are made by the threads that need them: no screen waits for them."""

    def caches(self) -> tuple[CacheFolder, ...]:
        """The known cache folders, the default first; asks the `foundry` command, if there is one."""
        return pipeline.cache_folders()

    def look(self, deployment: Deployment, wish: Wish) -> Prospect:
        """Work out what `wish` comes to; blocks for a moment."""
        versions: tuple[int, ...] = ()
        try:
            if deployment.step("prompt").state != "verified":
                raise Failure("The prompt template is not written yet.", "Write it on the Template screen.")
            if wish.cache is None:
                raise Failure("Which folder?", "Name one, or choose one that is known with ←.")
            versions = tuple(
                sorted(
                    model.version
                    for model in pipeline.deployed_models()
                    if model.name == deployment.name and model.cache_dir == wish.cache
                )
            )
            plan = pipeline.deploy_plan(
                deployment, wish.cache, method=wish.method, version=wish.version, replace=True
            )
        except Failure as failure:
            return Prospect(wish, failure=failure, versions=versions)
        if plan.exists and plan.version not in versions:
            versions = tuple(sorted((*versions, plan.version)))  # somebody else put it there
        return Prospect(wish, plan, None, versions)

    def deploy(self, deployment: Deployment, plan: DeployPlan, cancel: Cancel) -> Service[Deployment]:
        """Do it; whoever calls has asked about what it replaces."""
        return pipeline.deploy(deployment, plan, cancel)

    def undeploy(self, deployment: Deployment, cancel: Cancel) -> Service[Deployment]:
        """Take the deployment's model out of the cache again."""
        return pipeline.undeploy(deployment, cancel)

    def deployed(self) -> tuple[DeployedModel, ...]:
        """What slmtui has deployed, as it is now."""
        return pipeline.deployed_models()

    def unfinished(self) -> tuple[Unfinished, ...]:
        """The copies that were interrupted and are kept to go on from."""
        return pipeline.unfinished()

    def go_on(self, one: Unfinished, cancel: Cancel) -> Service[None]:
        """Go on with such a copy."""
        return pipeline.go_on(one, cancel)

    def throw_away(self, one: Unfinished, cancel: Cancel) -> Service[None]:
        """Delete such a copy."""
        return pipeline.throw_away(one, cancel)

    def verify(self, deployment: Deployment, cancel: Cancel) -> Service[Deployment]:
        """Ask scanner, command and SDK about the deployment's model once more."""
        return pipeline.verify(deployment, cancel)

    def verify_model(self, model: DeployedModel, cancel: Cancel) -> Service[tuple[Verdict, ...]]:
        """Ask them about any deployed model."""
        return pipeline.verify_named(model, cancel)

    def undeploy_model(self, model: DeployedModel, cancel: Cancel) -> Service[None]:
        """Take any deployed model out of its cache."""
        return pipeline.undeploy_named(model, cancel)

    def serve(self, model: DeployedModel, cancel: Cancel) -> Service[None]:
        """Serve it to other programs until `cancel`; tells the address in a `Serving`."""
        return pipeline.serve(model, cancel)

    def deployment_of(self, model: DeployedModel) -> Deployment:
        """The deployment to chat with it under: its own, or one made up for it."""
        return pipeline.deployment_of(model)

    def why_all(self, cache_dir: Path) -> tuple[Why, ...]:
        """Every folder below a cache's root: whether it is listed, and why not."""
        return pipeline.why_all(cache_dir)

    def why(self, folder: Path) -> Why:
        """The same of any one folder.

        Raises:
            Failure: there is no such folder.
        """
        return pipeline.why(folder)
