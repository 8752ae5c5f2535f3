"""Olive in its worker process, seen from the app: events out, what was made as the result."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from slmtui.config import toolchain
from slmtui.conversion import checkpoints, warm
from slmtui.conversion.beginning import Beginning
from slmtui.conversion.checkpoints import runs_code
from slmtui.conversion.config import olive_config
from slmtui.conversion.config_file import OlivePlan
from slmtui.conversion.diagnosis import diagnose, unloaded_weights
from slmtui.conversion.progress import Tracker, is_bar
from slmtui.conversion.recipe import Recipe
from slmtui.environment import container
from slmtui.events import Cancel, Failure, LogLine, Progress, Service, Usage
from slmtui.process import Child
from slmtui.process_tree import Meter
from slmtui.source.model_source import ModelSource
from slmtui.units import size

WORKER = warm.WORKER
# The folder of the result, in the staging folder.
MODEL = "model"
# How often the worker's pipe is left to look at the clock and at the wish to cancel, and how often memory,
# CPU and progress are told, in seconds.
_POLL = 0.1
_USAGE_EVERY = 1.0
_PROGRESS_EVERY = 0.1
# What Olive writes beside the model about its own run.
_BY_PRODUCTS = ("footprint.json", "output_footprint.json", "run_history.txt", "model_config.json")
_LINES_KEPT = 5000


@dataclass(frozen=True, slots=True)
class Made:
    """What Olive made: the folder, from which checkpoint (the source itself, or what was unpacked or merged),
    what its ONNX files hold (`onnx_inventory`), weights it had not, peak memory."""

    model: Path
    checkpoint: Path
    inventories: Mapping[str, Any]
    unloaded: list[str]
    peak_rss_bytes: int


def run_olive(
    source: ModelSource,
    recipe: Recipe,
    staging: Path,
    tracker: Tracker,
    log: Path,
    cancel: Cancel,
    brought: OlivePlan | None = None,
    python: Path | None = None,
    begun: Beginning | None = None,
) -> Service[Made]:
    """Convert `source` inside the folder `staging`; all by-products stay in it, Olive's cache too.

    A configuration that the user `brought` is run in place of the one for `recipe`. Where the first passes
    were `begun` by an earlier conversion, only the others are run.

    The cache is never used twice: Olive's keys know nothing of the releases it ran with, so that an old
    result could come back after an upgrade.

    Raises:
        Failure: no model came out, with the cause as far as the log tells it.
        Cancelled: the worker's whole process tree is gone.
    """
    model = staging / MODEL
    for folder in (model, staging / "tmp"):
        folder.mkdir()
    origin, steps = checkpoints.steps(source, staging)
    cache, run_code = staging / "olive-cache", runs_code(source)
    if brought is not None:
        config = brought.run_config(origin, model, cache, run_code=run_code)
    else:
        config = olive_config(origin, recipe, model, cache, run_code=run_code)
    if begun is not None:
        yield LogLine(f"The first of {len(recipe.passes)} passes was run before: {begun.output}")
        config = begun.config(config)
    request = {"steps": steps, "config": config, "temporary": str(staging / "tmp")}
    run = _Run(tracker, log)
    python = python or toolchain.current().python
    with warm.take(WORKER, python) as worker:
        child = worker.child
        child.log_to(log)
        meter = Meter(child.pid)
        child.send(request)
        yield tracker.now()
        for message in child.messages(timeout=_POLL):
            cancel.check()
            if isinstance(message, LogLine):
                if not is_bar(message.text):
                    run.lines.append(message.text)
                    yield message
                if progress := run.due(tracker.read(message.text)):
                    yield progress
            elif message is not None:
                yield from run.take(message, tracker)
            if run.usage_is_due():
                run.rss_bytes, cpu = meter.sample()
                yield Usage(run.rss_bytes, cpu)
                yield tracker.now()
        cancel.check()
        reply = run.result(child)
    _remove_by_products(model)
    peak = max(meter.peak_rss_bytes, int(reply["peak_rss_bytes"]))
    return Made(model, origin, reply["files"], unloaded_weights(run.lines), peak)


def _remove_by_products(model: Path) -> None:
    """Keep to what the model needs: no paths of this machine, and no code that lay beside the weights."""
    for path in [*(model / name for name in _BY_PRODUCTS), *model.glob("*.py")]:
        path.unlink(missing_ok=True)


class _Run:
    """What is remembered while the worker runs."""

    def __init__(self, tracker: Tracker, log: Path) -> None:
        self.lines: deque[str] = deque(maxlen=_LINES_KEPT)
        self.reply: dict[str, Any] | None = None
        self.rss_bytes = 0
        self._killed_before = container.processes_killed()
        self._log = log
        self._stage = tracker.stage
        self._progress_at = self._usage_at = 0.0

    def due(self, progress: Progress | None) -> Progress | None:
        """`progress`, unless the last one was just now and of the same stage."""
        now = time.monotonic()
        if progress is None or (progress.stage == self._stage and now - self._progress_at < _PROGRESS_EVERY):
            return None
        self._stage, self._progress_at = progress.stage, now
        return progress

    def take(self, message: dict[str, Any], tracker: Tracker) -> Iterator[Progress]:
        """What the worker itself says: a stage, or its last word."""
        if message["event"] == "stage":
            yield tracker.enter(message["stage"])
        else:
            self.reply = message

    def usage_is_due(self) -> bool:
        """Whether it is time to look at memory and CPU again."""
        now = time.monotonic()
        if now - self._usage_at < _USAGE_EVERY:
            return False
        self._usage_at = now
        return True

    def result(self, child: Child) -> dict[str, Any]:
        """The worker's last reply, if it converted something.

        Raises:
            Failure: it did not.
        """
        if self.reply is None:
            raise self._killed(child)
        if self.reply["event"] == "crashed" or not self.reply["files"]:
            raise diagnose(self.lines, self._log)
        return self.reply

    def _killed(self, child: Child) -> Failure:
        """The failure of a worker that ended without a word: mostly, memory was short."""
        death = child.death()
        if child.process.returncode == 1:  # Python itself could not start it
            return diagnose(self.lines, self._log)
        memory = psutil.virtual_memory()
        limit = container.memory()
        total = min(memory.total, limit.total) if limit else memory.total
        free = min(memory.available, limit.free) if limit else memory.available
        held = f"It held {size(self.rss_bytes)} of memory; this computer has {size(total)}, of which"
        held += f" {size(free)} are free now."
        if container.processes_killed() > self._killed_before:
            return Failure(
                f"Memory ran out, and the system ended the worker for it (out-of-memory killer). {held}",
                "Close other programs, choose a preset that takes less memory, or take a smaller model; in a"
                " container, raise its memory limit.",
                self._log,
            )
        return Failure(f"{death.cause} {held}", death.fix, self._log)
