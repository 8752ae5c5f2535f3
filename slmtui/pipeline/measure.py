"""The measure station: benchmark and comparison with the source, kept beside the model's other figures."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

from slmtui.events import Cancel, Failure, Service
from slmtui.measure.bench_figures import BenchPlan, BenchResult
from slmtui.measure.quality_figures import Quality
from slmtui.measure.source_reading import is_read
from slmtui.pipeline.measurements import keep, keep_whole, measurements
from slmtui.pipeline.plain_source import plain_source
from slmtui.source.model_source import ModelSource

_NOT_KEPT = "These figures are not kept: an earlier benchmark that was not stopped is, for the report."


def run_bench(
    model_dir: Path, plan: BenchPlan, cancel: Cancel, *, replace: bool = True
) -> Service[BenchResult]:
    """Measure how fast the model is here; what a stopped benchmark has measured is returned.

    It is kept unless a whole benchmark is kept already; a note says so. Without `replace` a whole one does
    not take the place of an earlier one either: the lab's, of few lengths, that of a benchmark at leisure.

    Raises:
        Failure: as `bench`.
    """
    from slmtui.measure.bench import bench  # only who measures pays for it

    found = yield from bench(model_dir, plan, cancel)
    earlier = None if replace else measurements(model_dir).bench
    if earlier is not None and earlier.complete:
        return found
    try:
        if not found.rows or keep_whole(model_dir, found):
            return found
        note = _NOT_KEPT
    except Failure as problem:  # they took minutes, and can be read all the same
        note = f"These figures are not kept: {problem.cause} {problem.fix}"
    return dataclasses.replace(found, notes=(*found.notes, note))


def run_quality(
    model_dir: Path,
    source: ModelSource | None,
    text: Path | None,
    cancel: Cancel,
    *,
    reading: Path | None = None,
    replace: bool = True,
) -> Service[Quality]:
    """Read a text with the model and its source of any kind: an adapter is merged, a GGUF file unpacked.

    `reading` is as in `quality`: with it, the source of several models is read once. Without `replace`, what
    an earlier reading beside the source has found stays kept.

    Raises:
        Failure: as `quality`, or the source cannot be made plain.
        Cancelled: nothing is kept.
    """
    from slmtui.measure.quality import quality

    with tempfile.TemporaryDirectory(prefix="slmtui-", ignore_cleanup_errors=True) as folder:
        if source is not None and not is_read(reading):
            source = yield from plain_source(source, Path(folder), cancel)
        found = yield from quality(model_dir, source, text, cancel, reading=reading)
    earlier = None if replace else measurements(model_dir).quality
    if earlier is None or not earlier.against_source:
        keep(model_dir, found)
    return found
