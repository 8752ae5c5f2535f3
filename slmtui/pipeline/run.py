"""The stations in order, unattended."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, ClassVar

from slmtui import deployment as deployments
from slmtui.config import locations
from slmtui.deployment import STATIONS, Deployment, Station
from slmtui.events import Cancel, Event, Failure, Service
from slmtui.pipeline.conversion import conversion_plan, convert
from slmtui.pipeline.foundry import deploy, deploy_plan
from slmtui.pipeline.prompt import template_plan, write_template
from slmtui.pipeline.record import as_it_stands
from slmtui.pipeline.runtime import answer_once
from slmtui.pipeline.source import begin, fetch
from slmtui.source.options import NOTHING_SAID, SourceOptions


@dataclasses.dataclass(frozen=True, slots=True)
class StationStarted(Event):
    """The pipeline enters a station."""

    kind: ClassVar[str] = "station"
    station: Station
    number: int
    of: int


def run(
    source: str,
    cancel: Cancel,
    name: str | None = None,
    cache_dir: Path | None = None,
    options: SourceOptions = NOTHING_SAID,
) -> Service[Deployment]:
    """The whole path, unattended; a saved deployment of that name and source goes on where it stopped."""
    deployment = yield from _begun(source, cancel, name, options)
    for number, station in enumerate(STATIONS, 1):
        yield StationStarted(station, number, len(STATIONS))
        if deployment.step(station).state == "verified":
            continue
        cancel.check()
        if station == "source":
            record = deployment.step(station).record
            raise Failure(str(record.get("cause", "")), str(record.get("fix", "")))
        if station == "conversion":
            deployment = yield from convert(deployment, conversion_plan(deployment), cancel)
        elif station == "prompt":
            deployment = write_template(deployment, template_plan(deployment))
        elif station == "foundry":
            deployment = yield from deploy(deployment, deploy_plan(deployment, cache_dir), cancel)
        else:
            deployment = yield from answer_once(deployment, cancel)
        if deployment.step(station).state != "verified":
            verdicts = deployment.step(station).record.get("verdicts", [])
            bad: dict[str, Any] = next((v for v in verdicts if v["status"] == "fail"), {})
            raise Failure(str(bad.get("evidence", f"{station} was not verified.")), str(bad.get("fix", "")))
    return deployment


def _begun(source: str, cancel: Cancel, name: str | None, options: SourceOptions) -> Service[Deployment]:
    if name is not None and (locations.deployments_dir() / f"{name}.toml").exists():
        existing = deployments.load(name)
        path, options = yield from fetch(source, cancel, options)
        if Path(existing.source) != path:
            raise Failure(
                f"A deployment called {name} exists already, made from {existing.source}.",
                "Take another --name, or undo that one first.",
            )
        if existing.step("source").state == "verified":
            return as_it_stands(existing)
    return (yield from begin(source, cancel, name, options))
