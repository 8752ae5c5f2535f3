"""How far a conversion is, read from what Olive and the model builder print while they work.

Each stage has a share of the whole that grows with the model: `fixed + per_gb × FP32 gigabytes`, in seconds
on the machine they were measured on. Only their ratios matter: what a stage really takes, against what it
should, gives the pace by which the time left is told.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from slmtui.events import Progress


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the work: identifier, what people read, and its measured share."""

    id: str
    text: str
    fixed: float
    per_gb: float

    def expected(self, gigabytes: float) -> float:
        """Seconds it takes for that many FP32 gigabytes of weights."""
        return self.fixed + self.per_gb * gigabytes


# Measured with the fernlight sample (0.013 GB in FP32) and SmolLM2-135M (0.54 GB).
STAGES = (
    Stage("start", "Starting Olive", 3.7, 0.0),
    Stage("unpack", "Unpacking the checkpoint", 3.0, 7.5),
    Stage("load", "Loading the checkpoint", 1.3, 1.3),
    Stage("layers", "Building the graph", 0.05, 1.4),
    Stage("prepare", "Preparing the weights", 0.15, 1.8),
    Stage("quantize", "Quantizing", 0.05, 5.0),
    Stage("save", "Saving", 0.0, 0.6),
    Stage("finish", "Finishing", 0.25, 1.5),
    Stage("gate", "Checking the result", 0.35, 1.8),
    Stage("parity", "Comparing with the source", 4.5, 8.0),
)


def expected_seconds(parameters: int, *, unpacks: bool = False) -> float:
    """What a conversion without the comparison takes on the machine the stages were measured on."""
    left_out = {"parity"} if unpacks else {"parity", "unpack"}
    return sum(stage.expected(4 * parameters / 1e9) for stage in STAGES if stage.id not in left_out)


# After the last weight is quantized the model is put together anew, in silence.
_QUANTIZED = 0.6

_BAR = re.compile(r"\|\s*(\d+)/(\d+) \[")
_LAYER = re.compile(r"Reading layer (\d+)")
_QUANTIZING = re.compile(r"Quantizing /model/layers\.(\d+)/")
_ENTERED = (
    ("Running Olive on accelerator", "load"),
    ("Reading embedding layer", "layers"),
    ("Saving ONNX model in", "prepare"),
    ("Saving GenAI config", "finish"),
)


def is_bar(line: str) -> bool:
    """Whether a line is one state of a progress bar (tqdm), which is no news for a log."""
    return re.search(r"\d+%\||\|\s*\d+/\d+ \[|^\d+it \[", line) is not None


class Tracker:
    """Follows one conversion.

    Args:
        parameters: of the source.
        layers: how many it has, None if unknown.
        unpacks: whether a plain checkpoint has to be made of the source first, one stage more.
        compares: whether the result is compared with its source, one stage more, too.
        seconds: what it took before on this machine, without the comparison; None if it was never done.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        parameters: int,
        layers: int | None,
        *,
        unpacks: bool = False,
        compares: bool = False,
        seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        gigabytes = 4 * parameters / 1e9
        without = {name for name, wanted in (("unpack", unpacks), ("parity", compares)) if not wanted}
        self._stages = [stage for stage in STAGES if stage.id not in without]
        self._expected = [stage.expected(gigabytes) for stage in self._stages]
        self._layers = layers
        self._clock = clock
        self._index = 0
        self._part = 0.0
        self._text = self._stages[0].text
        self._entered = clock()
        # The pace: seconds taken and seconds expected, of the stages that are over. Starting up depends on
        # the disk's cache and not on the model, so it says nothing about the rest.
        self._taken = 0.0
        self._foreseen = 0.0
        # Until then, what earlier conversions took tells the time left.
        self._before = seconds / expected_seconds(parameters, unpacks=unpacks) if seconds else None

    @property
    def stage(self) -> str:
        """The stage the work is in."""
        return self._stages[self._index].id

    def enter(self, stage: str) -> Progress:
        """The work has reached `stage`; one that lies behind is no step back."""
        index = next((i for i, known in enumerate(self._stages) if known.id == stage), self._index)
        if index > self._index:
            now = self._clock()
            if self.stage != "start":
                self._taken += now - self._entered
                self._foreseen += sum(self._expected[self._index : index])
            self._index, self._part, self._entered = index, 0.0, now
            self._text = self._stages[index].text
        return self.now()

    def part(self, stage: str, progress: Progress) -> Progress:
        """How far `stage` is by its own account: `progress` speaks of that stage alone."""
        self.enter(stage)
        return self._set(stage, progress.fraction or 0.0, progress.text)

    def read(self, line: str) -> Progress | None:
        """What a line of the log says about the progress; None if nothing."""
        text = line.strip()
        for mark, stage in _ENTERED:
            if mark in text:
                return self.enter(stage)
        if found := _LAYER.match(text):
            self.enter("layers")
            return self._layer("layers", "Reading", int(found[1]), 1.0)
        if found := _QUANTIZING.match(text):
            self.enter("quantize")
            return self._layer("quantize", "Quantizing", int(found[1]), _QUANTIZED)
        if text.startswith("Quantizing /lm_head"):
            self.enter("quantize")
            return self._set("quantize", _QUANTIZED, "Quantizing the output layer")
        if found := _BAR.search(text):
            return self._bar(text, int(found[1]), int(found[2]))
        return None

    def now(self) -> Progress:
        """Where the work is now, with the time that has passed since its last sign of life."""
        done = sum(self._expected[: self._index]) + self._part * self._expected[self._index]
        return Progress(self.stage, self._text, done / sum(self._expected), self._seconds_left())

    def _layer(self, stage: str, doing: str, number: int, share: float) -> Progress:
        """At layer `number` of `stage`, counted from 0; all layers together are `share` of it."""
        if not self._layers:
            return self._set(stage, 0.0, f"{doing} layer {number + 1}")
        part = share * min(number / self._layers, 1.0)
        return self._set(stage, part, f"{doing} layer {number + 1} of {self._layers}")

    def _bar(self, text: str, count: int, total: int) -> Progress | None:
        if total <= 0:
            return None
        part = min(count / total, 1.0)
        if text.startswith("Loading weights"):
            # A GGUF file's weights are loaded twice, into memory and from the unpacked checkpoint.
            return self._set("load", part, f"Loading tensor {count} of {total}")
        if text.startswith("Converting and de-quantizing"):
            return self._set("unpack", part, f"Unpacking tensor {count} of {total}")
        if text.startswith("Saving") and self.stage in ("quantize", "save"):
            self.enter("save")
            return self._set("save", part, f"Saving tensor {count} of {total}")
        return None

    def _set(self, stage: str, part: float, text: str) -> Progress:
        """`part` of `stage` is done; nothing happens if the work is in another one."""
        if self.stage == stage:
            self._part = max(self._part, part)
            self._text = text
        return self.now()

    def _seconds_left(self) -> float | None:
        pace = self._taken / self._foreseen if self._foreseen > 0 else self._before
        if pace is None:
            return None
        spent = self._clock() - self._entered
        here = pace * self._expected[self._index]
        # A silent stage is taken to advance with time, but never to be over before it says so.
        part = max(self._part, min(spent / here, 0.9) if here > 0 else 0.0)
        return pace * ((1 - part) * self._expected[self._index] + sum(self._expected[self._index + 1 :]))
