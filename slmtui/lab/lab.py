"""The lab: each variant of each model made, measured and judged, and kept step by step."""

from __future__ import annotations

import dataclasses
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TypeAlias

import psutil

from slmtui.events import Cancel, Event, Failure, Progress, Service
from slmtui.foundry.locks import Busy, holding
from slmtui.lab.events import RowChanged
from slmtui.lab.journal import Journal, load_lab
from slmtui.lab.plan import LabPlan, forecasts
from slmtui.lab.result import LabResult, Step, VariantResult
from slmtui.lab.work import Job, StepBegan, StepDone, StepFailed, jobs, kept, work
from slmtui.units import size

Waiting: TypeAlias = "Sequence[tuple[Job, set[Step]]]"
Runner: TypeAlias = Callable[[Waiting, Cancel], Service[None]]

_POLL_SECONDS = 0.2
_SAID: dict[Step, str] = {
    "conversion": "converting",
    "bench": "benchmark",
    "quality": "quality",
    "suite": "suite",
}


def lab(plan: LabPlan, cancel: Cancel, runner: Runner | None = None) -> Service[LabResult]:
    """Do what `plan` says; what the same folder's journal has of it already is not done again.

    Yields `RowChanged` whenever a row begins, has one more step, or ends, `Progress` over the whole, and what
    the steps themselves say. `runner` does the rows' work elsewhere (`ray.py`); by default it is done here.

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
    clock = _Clock(plan, {job.key: job for job, _ in waiting})
    began: dict[str, float] = {}
    with closing(runner(waiting, cancel)) as service:
        for event in service:
            if not isinstance(event, (StepBegan, StepDone, StepFailed)):
                if isinstance(event, Progress):
                    event = clock.whole(event)
                yield event
                continue
            row = journal.row(event.key)
            if isinstance(event, StepBegan):
                began[row.key] = time.monotonic()
                clock.begin(row.key, event.step, row.variant.label)
            row = _after(row, event, time.monotonic() - began.get(row.key, time.monotonic()))
            row = _ended(row, next(job for job, _ in waiting if job.key == row.key))
            yield RowChanged(journal.put(row), number[row.key], len(rows))
    cancel.check()
    yield Progress("lab", "All variants are measured", 1.0, 0.0)
    return journal.result


def resume(plan: LabPlan) -> tuple[Journal, Waiting]:
    """The journal of `plan`, with what an earlier run left that still holds, and what is still to be done."""
    found = load_lab(plan.output)
    before = {row.key: row for row in (found.rows if found else ())}
    rows: list[VariantResult] = []
    waiting: list[tuple[Job, set[Step]]] = []
    for job in jobs(plan):
        old = before.get(job.key, VariantResult(job.model.name, job.variant))
        done = kept(job, old.steps, old.made_of)
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
    # Rows of another choice of variants stay on the disk only as models: they can be had again for nothing.
    return Journal(LabResult(tuple(rows), plan.output, machine())), waiting


def machine() -> str:
    """The machine in general terms, no names: what the figures were measured on."""
    cores = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    memory = size(psutil.virtual_memory().total)
    return f"{platform.system()} {platform.machine()}, {cores} cores, {memory} memory"


def _after(row: VariantResult, event: StepBegan | StepDone | StepFailed, seconds: float) -> VariantResult:
    """The row once `event` has happened."""
    if isinstance(event, StepBegan):
        return dataclasses.replace(row, status="running")
    row = dataclasses.replace(row, seconds=row.seconds + seconds)
    if isinstance(event, StepDone):
        return dataclasses.replace(
            row,
            steps={**row.steps, event.step: dict(event.found)},
            made_of={**row.made_of, event.step: event.made_of},
        )
    status = "failed" if event.step == "conversion" else row.status
    cause = f"{row.failure} {event.cause}".strip()
    return dataclasses.replace(row, status=status, failure=cause, fix=row.fix or event.fix)


def _ended(row: VariantResult, job: Job) -> VariantResult:
    """The row, done or failed once nothing of it is left to do."""
    if row.status != "running" or not set(job.steps) - set(row.steps):
        return dataclasses.replace(row, status="done") if row.status == "running" else row
    return row


def _here(waiting: Waiting, cancel: Cancel) -> Service[None]:
    """Do the rows' work on this machine, one after the other, and never beside another lab."""
    for job, done in waiting:
        with _alone(cancel):
            yield from work(job, done, cancel)


@contextmanager
def _alone(cancel: Cancel) -> Iterator[None]:
    """Hold this machine for one row: figures measured beside another conversion would be worth nothing."""
    while True:
        cancel.check()
        try:
            with holding("measuring on this machine", wait_seconds=_POLL_SECONDS):
                yield
                return
        except Busy:
            continue


class _Clock:
    """How far the whole lab is, from the rows' forecasts and the steps' own progress."""

    def __init__(self, plan: LabPlan, left: dict[str, Job]) -> None:
        known = {f"{each.model}/{each.variant.id}": each.seconds for each in forecasts(plan)}
        self._weights = {key: max(known.get(key, 1.0), 1.0) for key in left}
        self._steps = {key: job.steps for key, job in left.items()}
        self._done: dict[str, float] = {}
        self._now: tuple[str, Step, str] | None = None
        self._started = time.monotonic()

    def begin(self, key: str, step: Step, label: str) -> None:
        """A step begins: those before it in its row, and the row before, are over."""
        steps = self._steps[key]
        if self._now is not None and self._now[0] != key:
            self._done[self._now[0]] = 1.0
        self._done[key] = steps.index(step) / len(steps)
        self._now = (key, step, label)

    def whole(self, progress: Progress) -> Progress:
        """A step's progress as the lab's."""
        if self._now is None:
            return progress
        key, step, label = self._now
        share = (progress.fraction or 0.0) / len(self._steps[key])
        total = sum(self._weights.values()) or 1.0
        done = sum(self._weights[each] * part for each, part in self._done.items())
        fraction = min((done + self._weights[key] * share) / total, 1.0)
        elapsed = time.monotonic() - self._started
        # The forecast alone at first; the more is done, the more what it really took counts.
        left = (1 - fraction) * (fraction * elapsed / max(fraction, 1e-6) + (1 - fraction) * total)
        return Progress("lab", f"{label}, {_SAID[step]}: {progress.text}", fraction, left)


def follow_rows(event: Event, rows: dict[str, VariantResult]) -> bool:
    """Keep `rows` up to date with an event of the lab; whether it was one of theirs."""
    if isinstance(event, RowChanged):
        rows[event.row.key] = event.row
        return True
    return False
