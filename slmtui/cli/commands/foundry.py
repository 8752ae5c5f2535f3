"""`slmtui deploy`, `undeploy` and `list`: models in Foundry Local caches."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, command
from slmtui.units import size

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.deployment import Deployment
    from slmtui.events import Cancel


def declare(commands: Commands) -> None:
    """Add `deploy`, `undeploy` and `list`."""
    deploy_parser = command(
        commands,
        "deploy",
        deploy,
        "put a converted model into Foundry Local",
        "Put a converted model into a Foundry Local cache, register it with the Foundry Local SDK, and ask\n"
        "the SDK to list and load it. Fails if the SDK does not.",
        example="slmtui deploy ./my-model-int4 --name my-model",
    )
    deploy_parser.add_argument("model_dir", metavar="MODEL_DIR", type=Path, help="a converted model's folder")
    deploy_parser.add_argument("--name", metavar="NAME", required=True, help="the name to deploy it under")
    deploy_parser.add_argument(
        "--cache-dir", metavar="DIR", type=Path, help="the cache to use (default: Foundry Local's own)"
    )
    deploy_parser.add_argument("--replace", action="store_true", help="replace a model of that name")
    add_json(deploy_parser)

    undeploy_parser = command(
        commands,
        "undeploy",
        undeploy,
        "take a model out of Foundry Local again",
        "Unregister a deployed model and remove its copy from the cache. What it was made from stays.",
        example="slmtui undeploy my-model",
    )
    undeploy_parser.add_argument("name", metavar="NAME", help="a deployed model's name (`slmtui list`)")
    add_json(undeploy_parser)

    list_parser = command(
        commands,
        "list",
        list_all,
        "list what is deployed and what is on its way",
        "List the models deployed into Foundry Local caches, and slmtui's own deployments with the station\n"
        "each has reached.",
        cancellable=False,
    )
    add_json(list_parser)


def deploy(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Deploy and say what Foundry Local makes of it."""
    report.begin(name=arguments.name, model_id=None, target=None, cache_dir=None, bytes=None, seconds=None)
    from slmtui.events import Failure
    from slmtui.foundry import deploy as foundry

    plan = foundry.plan(
        arguments.model_dir.absolute(),
        arguments.name,
        arguments.cache_dir.absolute() if arguments.cache_dir else None,
        replace=arguments.replace,
    )
    if not report.json:
        report.note(f"Deploying {size(plan.bytes)} to {plan.target}")
    result = report.follow(foundry.deploy(plan, cancel))
    report.update(
        model_id=result.model_id, target=result.target, cache_dir=result.cache_dir, bytes=plan.bytes
    )
    for verdict in result.verdicts:
        if verdict.status == "fail":
            raise Failure(verdict.evidence, verdict.fix)
    if report.json:
        report.finished()
        return 0
    report.pairs(
        [("model", result.model_id), ("folder", str(result.target)), ("cache", str(result.cache_dir))]
    )
    return 0


def undeploy(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Take a model out of its cache."""
    report.begin(name=arguments.name, model_id=None, target=None, seconds=None)
    from slmtui import deployment as deployments
    from slmtui import pipeline
    from slmtui.events import Failure
    from slmtui.foundry.deployed import find
    from slmtui.foundry.undeploy import undeploy as undeploy_model

    model = find(arguments.name)
    if model is None:
        raise Failure(f"No model called {arguments.name} is deployed.", "`slmtui list` shows those that are.")
    report.update(model_id=model.model_id, target=model.path)
    made = [d for d in deployments.saved()[0] if d.step("foundry").record.get("target") == str(model.path)]
    report.follow(pipeline.undeploy(made[0], cancel) if made else undeploy_model(model, cancel))
    if report.json:
        report.finished()
    else:
        report.line(f"{model.name} is no longer deployed; {model.path} is gone.")
    return 0


def list_all(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Say what is deployed, and what is on its way."""
    from slmtui import deployment as deployments
    from slmtui.foundry.deployed import deployed

    models = deployed()
    saved, damaged = deployments.saved()
    if report.json:
        report.object(
            {
                "models": models,
                "deployments": [_as_json(d) for d in saved],
                "problems": [{"severity": "warning", "cause": f.cause, "fix": f.fix} for f in damaged],
            }
        )
        return 0
    if models:
        report.table(
            ("deployed", "registered", "size", "folder"),
            [(m.model_id, "yes" if m.registered else "no", size(m.bytes), str(m.path)) for m in models],
        )
    else:
        report.line("No model is deployed.")
    if saved:
        report.line()
        report.table(
            ("deployment", "state", "source"),
            [(d.name, _reached(d), d.source) for d in saved],
        )
    for failure in damaged:
        report.note(f"warning: {failure.cause}\nfix: {failure.fix}")
    return 0


def _reached(deployment: Deployment) -> str:
    following = deployment.next_station()
    return f"next: {following}" if following else "verified"


def _as_json(deployment: Deployment) -> dict[str, object]:
    return {
        "name": deployment.name,
        "source": deployment.source,
        "created": deployment.created,
        "next_station": deployment.next_station(),
        "stations": {station: step.state for station, step in deployment.steps.items()},
    }
