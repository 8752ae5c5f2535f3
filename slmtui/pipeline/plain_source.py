"""A source as a plain checkpoint, for whoever reads it with transformers: merged, unpacked, or as it is."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from slmtui.conversion import checkpoints
from slmtui.events import Cancel, Progress, Service
from slmtui.measure.workers import Part, offline, work
from slmtui.source.inspect import inspect
from slmtui.source.model_source import ModelSource

WORKER = "slmtui.conversion.checkpoint_worker"
STAGE = "unpack"


def plain_source(
    source: ModelSource, folder: Path, cancel: Cancel, log: Path | None = None
) -> Service[ModelSource]:
    """`source` itself if transformers can read it, else the plain checkpoint made of it below `folder`.

    The folder must not hold one already; it is the caller's to delete, when nothing reads it any more.

    Raises:
        Failure: no checkpoint could be made of it.
        Cancelled: the worker is gone.
    """
    path, steps = checkpoints.steps(source, folder)
    if not steps:
        return source
    part = Part(STAGE, "Unpacking", "worker", 0.0, 1.0, 1.0, "the checkpoint")
    yield from work(WORKER, part, {"steps": steps}, cancel, log, offline(folder))
    yield Progress(STAGE, "The checkpoint is unpacked", 1.0, 0.0)
    made = inspect(path)
    return dataclasses.replace(made, name=source.name, code=(source.base or source).code)
