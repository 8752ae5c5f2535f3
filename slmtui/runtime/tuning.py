"""Finding the runtime options a model is fastest with on this machine, by a short measurement, on request.

Which number of threads is best depends on the processor, on the model and on what else runs: hyper-threads
and efficiency cores often slow a small model down. So the candidates take turns, several rounds of them,
and the best round of each counts; the ordinary options stay unless another set is clearly faster.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from slmtui.events import Cancel, Event, Progress, Service, drain
from slmtui.runtime.client import ModelHost
from slmtui.runtime.parameters import ChatParameters, Message
from slmtui.runtime.tuned import Tuned, keep

# What every candidate is asked: enough tokens to measure, few enough to be done in seconds.
_QUESTION = "Count from one to fifty in words, separated by commas, and then tell a story about it."
_TOKENS = 64
ROUNDS = 3
# A set of options has to be this much faster to be taken: less is within what two runs differ by.
CLEARLY = 1.05
# ONNX Runtime's name for threads that wait busily instead of sleeping.
_SPINNING = "session.intra_op.allow_spinning"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A set of options to try; `words` say it to people."""

    words: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Measured(Event):
    """The best of a candidate's rounds so far, in tokens per second."""

    kind = "measured"
    words: str
    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class Tuning:
    """What was measured, and what was kept: the options, and the speed before and with them."""

    measured: tuple[tuple[Candidate, float], ...]
    best: Candidate
    before: float
    after: float

    @property
    def changed(self) -> bool:
        """Whether other options than the model's own are used from now on."""
        return bool(self.best.options)


def candidates() -> tuple[Candidate, ...]:
    """What is worth trying here; the model's own options come first."""
    logical = len(_usable())
    physical = min(logical, psutil.cpu_count(logical=False) or logical)
    counts = sorted({logical, physical, max(1, physical - 1), max(1, physical // 2)})
    made = [Candidate("as the model says", {})]
    made += [Candidate(_threads(count), {"intra_op_num_threads": count}) for count in counts]
    quiet = {"intra_op_num_threads": physical, _SPINNING: "0"}
    made.append(Candidate(f"{_threads(physical)} that sleep while they wait", quiet))
    return tuple(made)


def tune(model_dir: Path, cancel: Cancel, tried: Sequence[Candidate] | None = None) -> Service[Tuning]:
    """Measure every candidate and keep the best for this model; hosts started from now on use it.

    No other host should be at work meanwhile. The model is in memory once for each candidate, one at a time.

    Raises:
        Failure: the model cannot be loaded or does not answer.
        Cancelled: `cancel` was set; nothing was changed.
    """
    tried = tuple(tried or candidates())
    best = [0.0] * len(tried)
    for turn in range(ROUNDS):
        for index, candidate in enumerate(tried):
            done = (turn * len(tried) + index) / (ROUNDS * len(tried))
            yield Progress("tune", f"Round {turn + 1} of {ROUNDS}: {candidate.words}", done)
            best[index] = max(best[index], _speed(model_dir, candidate, cancel))
            yield Measured(candidate.words, best[index])
    fastest = max(range(len(tried)), key=lambda index: best[index])
    if best[fastest] < best[0] * CLEARLY:
        fastest = 0
    keep(model_dir, Tuned(tried[fastest].options, best[0], best[fastest]))
    yield Progress("tune", f"Fastest: {tried[fastest].words}", 1.0, 0.0)
    measured = tuple(zip(tried, best, strict=True))
    return Tuning(measured, tried[fastest], best[0], best[fastest])


def _speed(model_dir: Path, candidate: Candidate, cancel: Cancel) -> float:
    parameters = ChatParameters(temperature=0.0, repetition_penalty=1.0, max_tokens=_TOKENS)
    with ModelHost(model_dir, options=candidate.options) as host, cancel.calling(host.close):
        host.load(cancel)
        answer = drain(host.chat([Message("user", _QUESTION)], parameters, cancel))
    cancel.check()
    # The median is what holds: another program's second would be in the mean.
    return 1000 / answer.tpot_ms_p50 if answer.tpot_ms_p50 > 0 else answer.decode_tokens_per_second


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def _usable() -> list[int]:
    """The cores this process may use: in a container or under an affinity mask fewer than there are."""
    every = list(range(os.cpu_count() or 1))
    if sys.platform != "darwin":  # which has no masks
        with contextlib.suppress(psutil.Error, OSError):
            return list(psutil.Process().cpu_affinity() or every)
    return every
