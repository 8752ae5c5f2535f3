"""The lab: each variant of each model made, measured and judged, and kept step by step."""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

from slmtui.events import Cancel, Event, Failure, Progress, Service
from slmtui.foundry.locks import Busy, holding
from slmtui.lab.clock import STAGE, Clock
from slmtui.lab.events import RowChanged
from slmtui.lab.journal import Journal, load_lab
from slmtui.lab.plan import LabPlan
from slmtui.lab.result import LabResult
from slmtui.lab.row import Step, VariantResult
from slmtui.lab.work import Job, RowEnded, StepBegan, StepDone, StepFailed, jobs, kept, work
from slmtui.measure.machine import machine

__all__ = ["Runner", "Waiting", "alone", "lab", "machine", "resume"]

Waiting: TypeAlias = Sequence[tuple[Job, set[Step]]]
Runner: TypeAlias = Callable[[Waiting, Cancel], Service[None]]

_POLL_SECONDS = 0.2
_READING = ".source"
WAITS = "Waiting until another lab on this machine is through with a variant"


def lab(plan: LabPlan, cancel: Cancel, runner: Runner | None = None) -> Service[LabResult]:
    """Do what `plan` says; what the same folder's journal has of it already is not done again.

    Yields `RowChanged` whenever a row begins, has one more step, or ends, `Progress` over the whole, and what
    the steps themselves say. `runner` does the rows' work elsewhere (`cluster.py`); by default it is done
    here.

    Raises:
        Failure: another slmtui is at this lab, or its journal cannot be written. A row that fails is no
            failure of the lab.
        Cancelled: what was done is kept.
    """
    try:
        with holding(f"lab {plan.output}"):
            return (yield from _lab(plan, cancel, runner or _here))
    except Busy as busy:
        raise Failure(
            f"Another slmtui is at work on the lab {plan.output}.",
            "Wait for it to end, or choose another output folder.",
        ) from busy


def _lab(plan: LabPlan, cancel: Cancel, runner: Runner) -> Service[LabResult]:
    journal, waiting = resume(plan)
    journal.save()
    rows = journal.result.rows
    number = {row.key: at for at, row in enumerate(rows, 1)}
    for row in rows:
        yield RowChanged(row, number[row.key], len(rows))
    clock, began = Clock(plan, waiting), dict[str, float]()
    with closing(runner(waiting, cancel)) as service:
        for event in service:
            if isinstance(event, Progress):
                yield clock.whole(event)
            elif isinstance(event, (StepBegan, StepDone, StepFailed, RowEnded)):
                row = journal.row(event.key)
                if isinstance(event, StepBegan):
                    began[row.key] = time.monotonic()
                    yield clock.begin(row.key, event.step, row.variant.label)
                elif isinstance(event, RowEnded):
                    yield clock.end(row.key)
                else:
                    clock.done(row.key, event.step)
                row = journal.put(_after(row, event, began.get(row.key, time.monotonic())))
                yield RowChanged(row, number[row.key], len(rows))
            else:
                yield event
    cancel.check()
    yield Progress(STAGE, "All variants are measured", 1.0, 0.0)
    return journal.result


def resume(plan: LabPlan) -> tuple[Journal, Waiting]:
    """The journal of `plan`, with what an earlier run left that still holds, and what is still to be done."""
    found = load_lab(plan.output)
    before = {row.key: row for row in (found.rows if found else ())}
    rows: list[VariantResult] = []
    waiting: list[tuple[Job, set[Step]]] = []
    for job in jobs(plan):
        old = before.pop(job.key, VariantResult(job.model.name, job.variant))
        done = kept(job, old.made_of)
        whole = set(job.steps) <= done
        rows.append(
            dataclasses.replace(
                old,
                status="done" if whole else "waiting",
                output=job.output,
                steps={step: old.steps[step] for step in job.steps if step in done},
                made_of={step: old.made_of[step] for step in job.steps if step in done},
                failure="",
                fix="",
            )
        )
        if not whole:
            waiting.append((job, done))
    result = LabResult(tuple(rows), plan.output, machine(), measures=plan.measures)
    return Journal(result, others=tuple(before.values())), waiting


def _after(row: VariantResult, event: Event, began: float) -> VariantResult:
    """The row once `event` has happened, in a step that began then (`time.monotonic`)."""
    if isinstance(event, StepBegan):
        return dataclasses.replace(row, status="running")
    if isinstance(event, RowEnded):
        return dataclasses.replace(row, status="done" if "conversion" in row.steps else "failed")
    row = dataclasses.replace(row, seconds=row.seconds + time.monotonic() - began)
    if isinstance(event, StepDone):
        return dataclasses.replace(
            row,
            steps={**row.steps, event.step: dict(event.found)},
            made_of={**row.made_of, event.step: event.made_of},
        )
    if isinstance(event, StepFailed):
        cause = f"{row.failure} {event.cause}".strip()
        return dataclasses.replace(row, failure=cause, fix=row.fix or event.fix)
    return row


def _here(waiting: Waiting, cancel: Cancel) -> Service[None]:
    """Do the rows' work on this machine, one after the other, and never beside another lab."""
    for folder, rows in groupby(waiting, lambda each: each[0].output.parent):
        with _emptied(folder / _READING) as reading:
            for job, done in rows:
                with (yield from alone(cancel)):
                    yield from work(job, done, reading, cancel)


@contextmanager
def _emptied(folder: Path) -> Iterator[Path]:
    """The folder, empty at first and gone at last; a lab that was killed may have left it."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def alone(cancel: Cancel) -> Service[ExitStack]:
    """Hold this machine for one row: figures measured beside another conversion would be worth nothing.

    Says so while another lab holds it; returns what lets it go.
    """
    told = False
    while True:
        cancel.check()
        held = ExitStack()
        try:
            held.enter_context(holding("measuring on this machine", wait_seconds=_POLL_SECONDS))
        except Busy:
            if not told:
                yield Progress(STAGE, WAITS)
            told = True
        else:
            return held
