"""The rows' work on a Ray cluster: each row is a task, and says the same as it would here.

The source has to lie at the same path on every machine. Where the lab's folder is shared, too, the models lie
there afterwards, and a lab that was stopped goes on; where not, each stays on the machine that made it.
"""

from __future__ import annotations

import logging
import os
import platform
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from slmtui.events import Cancel, Event, Failure, LogLine, Progress, Service, Usage, drain
from slmtui.lab.lab import Runner, Waiting, alone
from slmtui.lab.row import Step
from slmtui.lab.work import Job, RowEnded, StepBegan, StepFailed, work

_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 5.0


def on_ray(address: str) -> Runner:
    """Does rows on the Ray cluster at `address`; "local" starts one on this machine.

    Raises:
        Failure: Ray is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise Failure("Ray is not installed.", "Install it: pip install 'slmtui[ray]'.") from error

    def run(waiting: Waiting, cancel: Cancel) -> Service[None]:
        _refuse_silent(address)
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # slmtui sends nothing anywhere
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        if address == "local":
            quiet["include_dashboard"] = False  # a web server that nobody asked for
        try:
            ray.init(address=address, **quiet)
        except Exception as error:  # a node that does not start in time is a plain one
            if address == "local":
                raise Failure(
                    f"Ray does not start on this machine: {error}",
                    "Close what keeps it busy, and try again; without --ray the lab needs no Ray.",
                ) from error
            raise _unreachable(address, error) from error
        try:
            yield from _follow(ray, waiting, cancel)
        finally:
            ray.shutdown()

    return run


def _refuse_silent(address: str) -> None:
    """Raise if nobody answers at a host and port: Ray itself tries for minutes, and cannot be stopped."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        try:
            socket.create_connection((host, int(port)), _PATIENCE_SECONDS).close()
        except OSError as error:
            raise _unreachable(address, error) from error


def _unreachable(address: str, error: Exception) -> Failure:
    cause = f"The Ray cluster {address} cannot be reached: {error}".rstrip(".")
    return Failure(f"{cause}.", "Is it started there? `ray status` tells.")


def _follow(ray: Any, waiting: Waiting, cancel: Cancel) -> Service[None]:
    """Start a task for each row, and pass on what they say, in the order it comes."""
    task = ray.remote(num_returns="streaming", max_retries=0, scheduling_strategy="SPREAD")(on_its_machine)
    running = {task.remote(job, done): job for job, done in waiting}
    began: dict[str, Step] = {}
    try:
        while running:
            cancel.check()
            ready, _ = ray.wait(list(running), timeout=_POLL_SECONDS, fetch_local=False)
            for said in ready:
                job = running[said]
                try:
                    event = ray.get(next(said))
                except StopIteration:
                    del running[said]
                    continue
                except ray.exceptions.RayError as error:
                    del running[said]
                    yield from _broken(job, began.get(job.key, "conversion"), str(error))
                    continue
                if isinstance(event, StepBegan):
                    began[job.key] = event.step
                yield event
    finally:
        for said in running:
            ray.cancel(said, force=True)


def on_its_machine(job: Job, done: set[Step]) -> Iterator[Event]:
    """A row's work on whatever machine this is; what only a screen wants to know stays here."""
    source = job.model.source.path
    if not source.exists():
        cause = f"The machine {platform.node()} has no {source}."
        fix = "Put the source at the same path on every machine of the cluster, or on a disk they share."
        yield StepBegan(job.key, "conversion")
        yield StepFailed(job.key, "conversion", cause, fix)
        yield RowEnded(job.key)
        return
    cancel = Cancel()
    with tempfile.TemporaryDirectory(prefix="slmtui-") as reading, drain(alone(cancel)):
        for event in work(job, done, Path(reading), cancel):
            if not isinstance(event, (LogLine, Progress, Usage)):
                yield event


def _broken(job: Job, step: Step, said: str) -> Iterator[Event]:
    """A task that did not come to its end: its machine is gone, or slmtui is not installed there."""
    last = (said.strip().splitlines() or ["no reason is known"])[-1].strip()
    yield StepFailed(
        job.key, step, f"The task broke down: {last}", "Is slmtui installed on every machine of the cluster?"
    )
    yield RowEnded(job.key)
