"""`slmtui list`: what is deployed, and what is on its way."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, command
from slmtui.units import size

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.deployment import Deployment
    from slmtui.events import Cancel


def declare(commands: Commands) -> None:
    """Add `list`."""
    parser = command(
        commands,
        "list",
        list_all,
        "list what is deployed and what is on its way",
        "List the models deployed into Foundry Local caches with their last verdict, copies that were\n"
        "interrupted, and slmtui's own deployments with the station each has reached.",
        cancellable=False,
    )
    add_json(parser)


def list_all(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Say what is deployed, and what is on its way."""
    from slmtui import deployment as deployments
    from slmtui import pipeline
    from slmtui.events import jsonable

    models = pipeline.deployed_models()
    kept = pipeline.unfinished()
    saved, damaged = deployments.saved()
    if report.json:
        report.object(
            {
                "models": [jsonable(model) | {"status": model.status} for model in models],
                "unfinished": [jsonable(one) for one in kept],
                "deployments": [_as_json(d) for d in saved],
                "problems": [{"severity": "warning", "cause": f.cause, "fix": f.fix} for f in damaged],
            }
        )
        return 0
    if models:
        report.table(
            ("deployed", "registered", "size", "how", "verdict", "checked", "folder"),
            [
                (
                    model.model_id,
                    "yes" if model.registered else "no",
                    size(model.bytes),
                    model.method,
                    model.status,
                    model.checked_at[:16].replace("T", " "),
                    str(model.folder),
                )
                for model in models
            ],
        )
    else:
        report.line("No model is deployed.")
    for model in models:
        if model.missing:
            report.note(f"{model.model_id}: {model.missing}")
    if kept:
        report.line()
        report.table(
            ("interrupted copy", "copied", "since", "folder"),
            [
                (
                    one.model_id,
                    f"{size(one.bytes)} of {size(one.total_bytes) if one.total_bytes else '?'}",
                    one.at[:16].replace("T", " "),
                    str(one.folder),
                )
                for one in kept
            ],
        )
        report.note(
            "`slmtui deploy` goes on with an interrupted copy, `slmtui undeploy NAME` throws it away."
        )
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
    from slmtui.deployment import NEXT_WORDS

    following = deployment.next_station()
    return f"next: {NEXT_WORDS[following]}" if following else "verified"


def _as_json(deployment: Deployment) -> dict[str, object]:
    return {
        "name": deployment.name,
        "source": deployment.source,
        "created": deployment.created,
        "next_station": deployment.next_station(),
        "stations": {station: step.state for station, step in deployment.steps.items()},
    }
