"""Benchmark: how fast a converted model is on this machine, and what it takes.

Every pair of lengths is run once to warm up, the shortest first: that run tells its memory, because the
runtime keeps what it has once claimed, so that later a short one would seem to take what a long one did. Then
come the runs that count, in a random order. Between them the same small piece of work is done again and
again: how much it differs is the machine's noise. While a run is timed, this process only waits.

A prompt is read in one piece, as by the runtime's own examples. The chat reads a long one in pieces, to be
able to stop: that is about as fast, and takes less memory. Making the generator, which the chat does ahead,
is in no figure.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from slmtui.config import toolchain
from slmtui.config.locations import log_dir
from slmtui.events import Cancel, Cancelled, Event, Failure, LogLine, Progress, Service, Usage
from slmtui.measure.bench_figures import BenchPlan, BenchResult, BenchRow
from slmtui.measure.bench_runs import SEED, Lengths, fitting, shuffled
from slmtui.measure.bench_samples import RowSamples, noise, noise_note, piece
from slmtui.measure.machine import machine
from slmtui.measure.quality_text import read_text
from slmtui.process import Child
from slmtui.process_tree import Meter
from slmtui.runtime.diagnosis import broke_down, died, hangs
from slmtui.runtime.folder import read_folder
from slmtui.runtime.tuned import tuned
from slmtui.runtime.watching import Pulse

__all__ = ["STAGE", "BenchMeasured", "BenchPlan", "bench"]

STAGE = "bench"
WORKER = "slmtui.measure.bench_worker"
# How often memory is looked at during a warm-up, and a hanging worker looked for, in seconds.
_POLL = 0.1


@dataclass(frozen=True, slots=True)
class BenchMeasured(Event):
    """One run was measured, of so many: its row as it stands."""

    kind: ClassVar[str] = "bench_row"
    row: BenchRow
    number: int
    of: int

    def as_json(self) -> dict[str, Any]:
        """The row as in the result."""
        return {"event": self.kind, "row": self.row.to_json(), "number": self.number, "of": self.of}


def bench(model_dir: Path, plan: BenchPlan, cancel: Cancel) -> Service[BenchResult]:
    """Measure a converted model; yields `Progress`, `LogLine`, `Usage` and `BenchMeasured`.

    It is loaded as the chat loads it, with what the tuning found best. No other program should be at work.
    Setting `cancel` ends it within a second; what was measured by then is returned, as not complete.

    Raises:
        Failure: the plan makes no sense, or the model cannot be loaded or run.
        Cancelled: before anything was measured.
    """
    context_length = read_folder(model_dir).context_length
    lengths, notes = fitting(plan, context_length)
    work = _Work(lengths, plan.repetitions)
    cancel.check()
    yield Progress(STAGE, "Loading the model", 0.0)
    with _worker(model_dir, cancel) as worker:
        try:
            yield from work.run(worker, context_length)
        except Failure:
            if not cancel.is_set:  # whoever cancels ends the worker
                raise
        if cancel.is_set and not work.measured:
            raise Cancelled
    found = work.result(notes)
    if found.complete:
        yield Progress(STAGE, "Measured", 1.0, 0.0)
    return found


class _Worker:
    """The worker process, and a conversation with it.

    A wish to cancel ends the process, which ends whoever waits for its reply with a `Failure`.
    """

    def __init__(self, child: Child, model_dir: Path) -> None:
        self._child = child
        self._meter = Meter(child.pid)
        self.log = child.log
        self._load = {
            "model": str(model_dir),
            "options": dict(tuned(model_dir)),
            "text": read_text(None)[1],
        }

    def load(self) -> Service[float]:
        """Load the model; returns the seconds it took."""
        return float((yield from self._ask(self._load, patient=True))["seconds"])

    def run(self, lengths: Lengths) -> Service[dict[str, Any]]:
        """One run; while it lasts, only its reply is waited for."""
        request = {"prompt_tokens": lengths.prompt, "output_tokens": lengths.output}
        return (yield from self._ask(request))

    def warm_up(self, lengths: Lengths) -> Service[tuple[dict[str, Any], int]]:
        """One run that is not counted, and the most memory that it took."""
        self._meter.peak_rss_bytes = 0
        request = {"prompt_tokens": lengths.prompt, "output_tokens": lengths.output}
        ran = yield from self._ask(request, metered=True)
        self._meter.sample()
        return ran, self._meter.peak_rss_bytes

    def usage(self) -> Usage:
        """What it takes now, and the processor time since this was last asked."""
        return Usage(*self._meter.sample())

    def _ask(
        self, request: dict[str, Any], *, patient: bool = False, metered: bool = False
    ) -> Service[dict[str, Any]]:
        self._child.send(request)
        pulse = Pulse(self._child.pid)
        for message in self._child.messages(timeout=_POLL):
            if isinstance(message, LogLine):
                yield message
            elif message is None:
                if metered:
                    self._meter.sample()
                if not patient and pulse.hangs():
                    raise hangs(self.log)
            elif message["event"] == "failed":
                raise Failure(message["cause"], message["fix"], self.log)
            elif message["event"] == "crashed":
                raise broke_down(message, self.log)
            else:
                return message
        raise died(self._child.death())


@contextmanager
def _worker(model_dir: Path, cancel: Cancel) -> Iterator[_Worker]:
    log = log_dir() / f"bench-{model_dir.name}.log"
    with (
        Child(WORKER, python=toolchain.current().python, log=log) as child,
        cancel.calling(child.kill),
    ):
        yield _Worker(child, model_dir)


class _Work:
    """The runs, and what they have found so far."""

    def __init__(self, lengths: tuple[Lengths, ...], repetitions: int) -> None:
        self._samples = {each: RowSamples(each) for each in lengths}
        self._order = shuffled(lengths, repetitions)
        self._repetitions = repetitions
        self._number = 0
        self._pieces: list[float] = []
        self._load_seconds = 0.0
        self._at = datetime.now(UTC)
        self._started = time.monotonic()

    @property
    def measured(self) -> bool:
        """Whether anything was."""
        return self._number > 0

    def run(self, worker: _Worker, context_length: int) -> Service[None]:
        """Load, warm up and measure."""
        self._load_seconds = yield from worker.load()
        for lengths, samples in self._samples.items():
            yield self._progress(f"Warming up with {lengths} tokens")
            ran, samples.peak_rss_bytes = yield from worker.warm_up(lengths)
            samples.expected_seconds = float(ran["seconds"])
            yield worker.usage()
        small = piece(ran, context_length)
        yield from worker.run(small)  # its own warm-up
        yield from self._piece(worker, small)
        for number, lengths in enumerate(self._order, 1):
            samples = self._samples[lengths]
            yield self._progress(f"Run {number} of {len(self._order)}: {lengths} tokens")
            samples.add((yield from worker.run(lengths)))
            yield worker.usage()
            self._number = number
            yield from self._piece(worker, small)
            yield BenchMeasured(samples.row(), number, len(self._order))

    def _piece(self, worker: _Worker, small: Lengths) -> Service[None]:
        self._pieces.append(float((yield from worker.run(small))["seconds"]))

    def _progress(self, text: str) -> Progress:
        # Until a length has been run, its tokens tell how long that may take: five of a prompt are read in
        # the time in which one is generated.
        cost = {each: each.prompt / 5 + each.output for each in self._samples}
        known = [each for each, samples in self._samples.items() if samples.expected_seconds]
        whole = (self._repetitions + 1) * sum(cost.values())
        done = sum(cost[each] for each in (*known, *self._order[: self._number]))
        if not known:
            return Progress(STAGE, text, 0.0)
        pace = sum(self._samples[each].expected_seconds for each in known) / sum(cost[each] for each in known)
        left = [each for each in self._samples if each not in known] + list(self._order[self._number :])
        seconds = (self._samples[each].expected_seconds or cost[each] * pace for each in left)
        return Progress(STAGE, text, done / whole, sum(seconds))

    def result(self, notes: tuple[str, ...]) -> BenchResult:
        """What was found so far."""
        found, of = noise(self._pieces), len(self._order)
        ordered = sorted(self._samples, key=lambda each: (each.prompt, each.output))
        said = [*notes, f"Every length was warmed up once; the runs came in random order (seed {SEED})."]
        if self._repetitions == 1:
            said.append("Each length was measured once: there is no knowing how far its figures scatter.")
        if self._number < of:
            said.append(f"It was stopped after {self._number} of {of} runs.")
        return BenchResult(
            rows=tuple(self._samples[each].row() for each in ordered if self._samples[each].measured),
            load_seconds=self._load_seconds,
            noise=found,
            notes=(*said, *noise_note(found)),
            complete=self._number == of,
            at=self._at.isoformat(timespec="seconds"),
            seconds=time.monotonic() - self._started,
            machine=machine(),
        )
