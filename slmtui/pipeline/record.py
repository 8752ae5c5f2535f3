"""What a deployment's record says of its stations, and what of it is still there."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from slmtui import deployment as deployments
from slmtui.deployment import Deployment, Station
from slmtui.events import Cancelled, Failure, Verdict, jsonable

# What each station leaves on the disk, by its key in the record.
_MADE: tuple[tuple[Station, str], ...] = (
    ("conversion", "output"),
    ("prompt", "file"),
    ("foundry", "target"),
)


def model_dir(deployment: Deployment) -> Path:
    """The converted model's folder.

    Raises:
        Failure: it is not converted yet, or the folder is gone.
    """
    output = deployment.step("conversion").record.get("output")
    if deployment.step("conversion").state != "verified" or not output:
        raise Failure(f"{deployment.name} is not converted yet.", "Convert it first.")
    if not Path(output).is_dir():
        raise Failure(f"The converted model {output} is gone.", "Convert it again.")
    return Path(output)


def as_it_stands(deployment: Deployment) -> Deployment:
    """The deployment without what was recorded but is gone: folders can be deleted behind our back."""
    for station, key in _MADE:
        made = deployment.step(station).record.get(key)
        if deployment.step(station).state == "verified" and not (made and Path(made).exists()):
            return deployment.with_step(station, "waiting").save()
    return deployment


def record_deployed(
    deployment: Deployment,
    model_id: str,
    target: Path,
    cache_dir: Path,
    method: str,
    version: int,
    verdicts: tuple[Verdict, ...],
) -> Deployment:
    """The deployment with what was deployed where, and what was found of it; not saved yet."""
    return deployment.with_step(
        "foundry",
        state_of(verdicts),
        target=str(target),
        model_id=model_id,
        cache_dir=str(cache_dir),
        method=method,
        version=version,
        verdicts=jsonable(verdicts),
    )


def state_of(verdicts: tuple[Verdict, ...]) -> deployments.State:
    """A station with a failed verdict has failed; a warning or an unchecked one is no failure."""
    return "failed" if any(verdict.status == "fail" for verdict in verdicts) else "verified"


@contextmanager
def recording_failure(deployment: Deployment, station: Station) -> Generator[None, Any, None]:
    """Save a station's failure with its cause and fix; a cancelled one stays as it was before."""
    try:
        yield
    except Cancelled:
        raise
    except Failure as failure:
        log = str(failure.log) if failure.log else None
        deployment.with_step(station, "failed", cause=failure.cause, fix=failure.fix, log=log).save()
        raise
