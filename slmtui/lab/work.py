"""One row's work: convert and prove, benchmark, compare with the source, ask the suite."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

from slmtui import pipeline
from slmtui.conversion.manifest import NAME as MANIFEST
from slmtui.conversion.manifest import source_files
from slmtui.conversion.plan import plan as plan_conversion
from slmtui.events import Cancel, Event, Failure, Service
from slmtui.lab.plan import LabModel, LabPlan, Measures
from slmtui.lab.row import STEPS, Step
from slmtui.lab.variants import Variant
from slmtui.measure.bench_figures import BenchPlan
from slmtui.measure.suite_file import read_suite
from slmtui.pipeline.questions import ask_suite


@dataclass(frozen=True, slots=True)
class Job:
    """What a row needs: the model, the variant, where it goes, how it is measured; `override`: the plan's."""

    model: LabModel
    variant: Variant
    output: Path
    measures: Measures
    override: bool = False

    @property
    def key(self) -> str:
        """The key of its row."""
        return f"{self.model.name}/{self.variant.id}"

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that are wanted, in order."""
        wanted = {
            "conversion": True,
            "bench": self.measures.bench,
            "quality": self.measures.quality,
            "suite": self.measures.suite and self.model.suite is not None,
        }
        return tuple(step for step in STEPS if wanted[step])


@dataclass(frozen=True, slots=True)
class StepBegan(Event):
    """A step of the row `key` has begun."""

    kind: ClassVar[str] = "step_began"
    key: str
    step: Step


@dataclass(frozen=True, slots=True)
class StepDone(Event):
    """A step of the row `key` has `found` this; `made_of` names what it was measured on."""

    kind: ClassVar[str] = "step_done"
    key: str
    step: Step
    found: Mapping[str, Any]
    made_of: str


@dataclass(frozen=True, slots=True)
class StepFailed(Event):
    """A step of the row `key` could not be done."""

    kind: ClassVar[str] = "step_failed"
    key: str
    step: Step
    cause: str
    fix: str


@dataclass(frozen=True, slots=True)
class RowEnded(Event):
    """All that could be done of the row `key` is done."""

    kind: ClassVar[str] = "row_ended"
    key: str


def jobs(plan: LabPlan) -> tuple[Job, ...]:
    """The rows' work, in the plan's order."""
    return tuple(
        Job(model, variant, plan.output_of(model, variant), plan.measures, plan.override)
        for model in plan.models
        for variant in plan.variants
    )


def kept(job: Job, made_of: Mapping[str, str]) -> set[Step]:
    """The steps done before that still say something: of the same source, model, lengths, text and suite."""
    found: set[Step] = set()
    for step in job.steps:
        if step != "conversion" and "conversion" not in found:
            break
        if made_of.get(step) and made_of[step] == fingerprint(job, step):
            found.add(step)
    return found


def work(job: Job, done: set[Step], reading: Path, cancel: Cancel) -> Service[None]:
    """Do the steps of `job` that are not `done`; yields their own events, and how each of them ends.

    A model that cannot be made ends it; a measurement that fails leaves the others to be done. The folder
    `reading` keeps what the source says of a text, for all variants of one model.
    """
    for step in job.steps:
        if step in done:
            continue
        cancel.check()
        yield StepBegan(job.key, step)
        try:
            found = yield from _do(job, step, reading, cancel)
            cancel.check()
            yield StepDone(job.key, step, found, fingerprint(job, step))
        except Failure as failure:
            cancel.check()
            yield StepFailed(job.key, step, failure.cause, failure.fix)
            if step == "conversion":
                break
    yield RowEnded(job.key)


def fingerprint(job: Job, step: Step) -> str:
    """What a step's figures depend on, in a short name; "" if that is gone."""
    measures = asdict(job.measures)
    try:
        named: list[Any] = [(job.output / MANIFEST).read_text(encoding="utf-8")]
        if step == "conversion":
            named = [job.variant.to_json(), _files(job)]
        elif step == "bench":
            named += [measures[key] for key in ("prompt_tokens", "output_tokens", "repetitions")]
        elif step == "quality":
            named.append(_digest(job.measures.text))
        elif step == "suite":
            named.append(_digest(job.model.suite))
    except OSError:
        return ""
    return hashlib.sha256(json.dumps([step, *named], sort_keys=True).encode()).hexdigest()[:20]


def _files(job: Job) -> list[tuple[str, int, int]]:
    """The source's files by size and time: their content was read when the model was made."""
    source = job.model.source
    files = [*source_files(source), *(source_files(source.base) if source.base else ())]
    return [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]


def _digest(file: Path | None) -> str:
    return "" if file is None else hashlib.sha256(file.read_bytes()).hexdigest()


def _do(job: Job, step: Step, reading: Path, cancel: Cancel) -> Service[dict[str, Any]]:
    """One step; returns what it has found, as plain JSON."""
    measures = job.measures
    if step == "conversion":
        return (yield from _convert(job, reading / "probe", cancel))
    if step == "bench":
        wanted = BenchPlan(measures.prompt_tokens, measures.output_tokens, measures.repetitions)
        return (yield from pipeline.run_bench(job.output, wanted, cancel, replace=False)).to_json()
    if step == "quality":
        source = job.model.source
        read = reading / "text"
        return (
            yield from pipeline.run_quality(
                job.output, source, measures.text, cancel, reading=read, replace=False
            )
        ).to_json()
    # No control: the FP32 row is one, and was compared with the source when it was made. The rest of the
    # checklist is a matter of the runtime, not of the precision.
    suite = read_suite(Path(job.model.suite or ""))
    return {"suite": (yield from ask_suite(job.output, suite, cancel)).to_json(), "suite_name": suite.name}


def _convert(job: Job, reading: Path, cancel: Cancel) -> Service[dict[str, Any]]:
    # What lies there is replaced if it is a model that slmtui made.
    ours = (job.output / MANIFEST).is_file()
    planned = plan_conversion(
        job.model.source, job.output, recipe=job.variant.recipe(), replace=ours, override=job.override
    )
    made = yield from pipeline.make_model(planned, cancel, reading=reading)
    return {
        "bytes": made.bytes,
        "seconds": round(made.seconds, 2),
        "peak_rss_bytes": made.peak_rss_bytes,
        "parity": dict(made.parity),
        "cached": made.cached,
    }
