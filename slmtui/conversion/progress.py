"""How far a conversion is, read from what Olive and the model builder print while they work."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from slmtui.conversion.stages import Stage, expected_seconds, stages
from slmtui.events import Progress

# After the last weight is quantized the model is put together anew, in silence.
_QUANTIZED = 0.6
# Before the first layer is calibrated, the whole text runs through the model, in silence.
_TEXT_READ = 0.35
# A silent stage is taken to advance with time up to here, and then ever more slowly.
_SURE, _SLOWER = 0.9, 0.5

_BAR = re.compile(r"\|\s*(\d+)/(\d+) \[")
_MODULES = re.compile(r": (\d+)mod \[")
_LAYER = re.compile(r"Reading layer (\d+)")
_QUANTIZING = re.compile(r"Quantizing /model/layers\.(\d+)/")
_PASS = re.compile(r"Running pass \S+:\S+$")
_ENTERED = (
    ("Running Olive on accelerator", "load"),
    ("Reading embedding layer", "layers"),
    ("Saving ONNX model in", "prepare"),
    ("Saving GenAI config", "finish"),
)
# The bars that count what a stage is made of: how the line begins, the stage, and what it says for people.
_BARS = (
    # A GGUF file's weights are loaded twice, into memory and from the unpacked checkpoint.
    ("Loading weights", "load", "Loading tensor {} of {}"),
    ("Converting and de-quantizing", "unpack", "Unpacking tensor {} of {}"),
    ("Processing layers", "calibrate", "Calibrating layer {} of {}"),
)


def is_bar(line: str) -> bool:
    """Whether a line is one state of a progress bar (tqdm), which is no news for a log."""
    return re.search(r"\d+%\||\|\s*\d+/\d+ \[|^\d+it \[|: \d+mod \[", line) is not None


class Tracker:
    """Follows one conversion.

    Args:
        parameters: of the source.
        layers: how many it has, None if unknown.
        passes: Olive's, as its configuration has them, in order.
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
        passes: Iterable[Mapping[str, Any]] = (),
        unpacks: bool = False,
        compares: bool = False,
        seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._passes, self._unpacks, self._compares = tuple(passes), unpacks, compares
        self._parameters, self._layers = parameters, layers
        self._clock = clock
        self._lay_out(0)
        self._index = 0
        self._part, self._counted = 0.0, False
        self._text = self._stages[0].text
        self._entered = clock()
        self._pass = 0
        self._modules = 0
        self._shown = 0.0
        # The pace: seconds taken and seconds expected, of the stages that are over. Starting up depends on
        # the disk's cache and not on the model, so it says nothing about the rest.
        self._taken = 0.0
        self._foreseen = 0.0
        # Until then, what earlier conversions took tells the time left.
        expected = expected_seconds(parameters, self._passes, unpacks=unpacks)
        self._before = seconds / expected if seconds else None

    def _lay_out(self, begun: int) -> None:
        self._stages: list[Stage] = stages(
            self._passes, unpacks=self._unpacks, compares=self._compares, begun=begun
        )
        gigabytes = 4 * self._parameters / 1e9
        self._expected = [stage.expected(gigabytes) for stage in self._stages]

    def skip(self, passes: int) -> None:
        """The first `passes` were run before, and the checkpoint is not loaded; before the work begins."""
        self._lay_out(passes)

    @property
    def stage(self) -> str:
        """The stage the work is in."""
        return self._stages[self._index].id

    def enter(self, stage: str) -> Progress:
        """The work has reached `stage`; one that lies behind is no step back."""
        later = range(self._index + 1, len(self._stages))
        self._go_to(next((i for i in later if self._stages[i].id == stage), self._index))
        return self.now()

    def _go_to(self, index: int) -> None:
        if index <= self._index:
            return
        now = self._clock()
        if self.stage != "start":
            self._taken += now - self._entered
            self._foreseen += sum(self._expected[self._index : index])
        self._index, self._entered = index, now
        self._part, self._counted = 0.0, False
        self._text = self._stages[index].text

    def part(self, stage: str, progress: Progress) -> Progress:
        """How far `stage` is by its own account: `progress` speaks of that stage alone."""
        if self.stage != stage:
            self.enter(stage)
        return self._set(stage, progress.fraction or 0.0, progress.text)

    def read(self, line: str) -> Progress | None:
        """What a line of the log says about the progress; None if nothing."""
        text = line.strip()
        if _PASS.search(text):
            return self._next_pass()
        for mark, stage in _ENTERED:
            if mark in text:
                return self.now() if self.stage == stage else self.enter(stage)
        if found := _LAYER.match(text):
            return self._layer("layers", "Reading", int(found[1]), 1.0)
        if found := _QUANTIZING.match(text):
            return self._layer("quantize", "Quantizing", int(found[1]), _QUANTIZED)
        if text.startswith("Quantizing /lm_head"):
            self._reach("quantize")
            return self._set("quantize", _QUANTIZED, "Quantizing the output layer")
        if found := _MODULES.search(text):
            return self._module(text, int(found[1]))
        if found := _BAR.search(text):
            return self._bar(text, int(found[1]), int(found[2]))
        return None

    def now(self) -> Progress:
        """Where the work is now, with the time that has passed since its last sign of life."""
        part = self._part_now(self._pace or 1.0)
        done = sum(self._expected[: self._index]) + part * self._expected[self._index]
        # Rounded, so that the same state a moment later is the same.
        self._shown = max(self._shown, round(done / sum(self._expected), 3))
        return Progress(self.stage, self._text, self._shown, self._seconds_left())

    def _next_pass(self) -> Progress:
        """Olive begins another pass; the first one loads the checkpoint, which is a stage before it."""
        self._pass += 1
        first = next((i for i, stage in enumerate(self._stages) if stage.number == self._pass), 0)
        self._go_to(first)
        return self.now()

    def _reach(self, stage: str) -> None:
        if self.stage != stage:
            self.enter(stage)

    def _layer(self, stage: str, doing: str, number: int, share: float) -> Progress:
        """At layer `number` of `stage`, counted from 0; all layers together are `share` of it."""
        self._reach(stage)
        if not self._layers:
            return self._set(stage, 0.0, f"{doing} layer {number + 1}")
        part = share * min(number / self._layers, 1.0)
        return self._set(stage, part, f"{doing} layer {number + 1} of {self._layers}")

    def _module(self, text: str, count: int) -> Progress | None:
        """Olive counts modules without saying of how many; it has counted them all once, before."""
        if text.startswith("Preparing model"):
            self._modules = max(self._modules, count)
            following = self._stages[self._index + 1].id if self.stage == "load" else ""
            return self.enter(following) if following in ("pack", "calibrate") else None
        if not text.startswith("Quantizing and packing") or not self._modules:
            return None
        if self.stage == "calibrate":
            return None  # it has them all by then, and packs them at once
        self._reach("pack")
        words = f"Quantizing module {count} of {self._modules}"
        return self._set("pack", min(count / self._modules, 1.0), words)

    def _bar(self, text: str, count: int, total: int) -> Progress | None:
        if total <= 0:
            return None
        part = min(count / total, 1.0)
        for begins, stage, words in _BARS:
            if text.startswith(begins):
                if stage == "calibrate":
                    part = _TEXT_READ + (1 - _TEXT_READ) * part
                return self._set(stage, part, words.format(count, total))
        if text.startswith("Saving") and self.stage in ("prepare", "quantize", "save"):
            self._reach("save")
            return self._set("save", part, f"Saving tensor {count} of {total}")
        return None

    def _set(self, stage: str, part: float, text: str) -> Progress:
        """`part` of `stage` is done; nothing happens if the work is in another one."""
        if self.stage == stage:
            self._part, self._counted = max(self._part, part), True
            self._text = text
        return self.now()

    @property
    def _pace(self) -> float | None:
        """Seconds a stage takes for each that it should; what was before counts as half a run's worth."""
        if self._before is None:
            return self._taken / self._foreseen if self._foreseen > 0 else None
        known = sum(self._expected) / 2
        return (self._taken + self._before * known) / (self._foreseen + known)

    def _part_now(self, pace: float) -> float:
        """How much of the stage is done: what was counted, or else what its time tells, never all of it."""
        here = pace * self._expected[self._index]
        if self._counted or here <= 0:
            return self._part
        spent = (self._clock() - self._entered) / here
        late = max(spent - _SURE, 0.0)
        return min(spent, _SURE) + (1 - _SURE) * (1 - math.exp(-late / _SLOWER)) * 0.9

    def _seconds_left(self) -> float | None:
        pace = self._pace
        if pace is None:
            return None
        part = self._part_now(pace)
        return pace * ((1 - part) * self._expected[self._index] + sum(self._expected[self._index + 1 :]))
