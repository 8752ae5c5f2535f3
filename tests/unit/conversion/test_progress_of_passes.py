"""Progress over real logs: what Olive printed while it converted the tiny sample, second by second.

`logs/PRECISION-PRESET.txt` has a line for each of Olive's: seconds since the start, a tab, the text; `@gate`
and `@end` are ours. They were taken on two cores that others used too, which the bounds allow for.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from slmtui.conversion.progress import Tracker, is_bar
from slmtui.conversion.recipe import recipe
from slmtui.conversion.stages import stages
from slmtui.events import Progress

LOGS = Path(__file__).with_name("logs")
RECIPES = (
    "fp32-plain", "fp16-plain", "fp16-shared", "int8-whole", "int8-linear", "int8-dynamic", "int4-guide",
    "int4-balanced",
)  # fmt: skip
PARAMETERS, LAYERS = 1_300_000, 3
TICK = 0.25


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def log_of(name: str) -> list[tuple[float, str]]:
    lines = (LOGS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [(float(at), text) for at, _, text in (line.partition("\t") for line in lines)]


def follow(name: str, passes: Sequence[dict], *, knows: bool = False) -> list[tuple[float, Progress]]:
    """What would be shown while it runs: after each line, and four times a second."""
    clock, log = Clock(), log_of(name)
    seconds = log[-1][0] if knows else None
    tracker = Tracker(PARAMETERS, LAYERS, passes=passes, seconds=seconds, clock=clock)
    shown, tick = [(0.0, tracker.now())], TICK
    for at, text in log:
        while tick < at:
            clock.now, tick = tick, tick + TICK
            shown.append((clock.now, tracker.now()))
        clock.now = at
        found = tracker.enter(text[1:]) if text == "@gate" else tracker.read(text)
        if found is not None:
            shown.append((at, found))
    return shown


def passes_of(name: str) -> list[dict]:
    return [dict(each) for each in recipe(*name.split("-")).passes.values()]


@pytest.mark.parametrize("name", RECIPES)
def test_it_moves_smoothly_from_pass_to_pass(name: str) -> None:
    fractions = [progress.fraction or 0.0 for _, progress in follow(name, passes_of(name))]
    assert fractions == sorted(fractions)
    jumps = [after - before for before, after in pairwise(fractions)]
    assert max(jumps) < 0.1
    assert fractions[-1] > 0.9


@pytest.mark.parametrize("name", RECIPES)
def test_every_pass_is_named_while_it_runs(name: str) -> None:
    seen = dict.fromkeys(progress.stage for _, progress in follow(name, passes_of(name)))
    wanted = [stage.id for stage in stages(passes_of(name))]
    assert list(seen) == [stage for stage in wanted if stage in seen]
    assert set(wanted) - set(seen) <= {
        "mix",
        "save",
    }  # one loads and ends without a word; one may be too quick


@pytest.mark.parametrize("knows", [False, True])
@pytest.mark.parametrize("name", RECIPES)
def test_the_time_left_is_about_right(name: str, knows: bool) -> None:
    whole = log_of(name)[-1][0]
    shown = follow(name, passes_of(name), knows=knows)
    told = [
        (whole - at, progress.seconds_left) for at, progress in shown if progress.seconds_left is not None
    ]
    assert told
    assert max(abs(real - said) for real, said in told) < 0.25 * whole


def test_calibrating_takes_most_of_gptq_and_moves_as_well() -> None:
    kinds = ("Gptq", "Rtn", "ModelBuilder")
    shown = follow("gptq", [{"type": kind, "precision": "int4"} for kind in kinds])
    fractions = [progress.fraction or 0.0 for _, progress in shown]
    assert fractions == sorted(fractions)
    assert "Calibrating layer 3 of 3" in {progress.text for _, progress in shown}
    assert max(b - a for a, b in pairwise(fractions)) < 0.25


def test_what_was_run_before_is_left_out() -> None:
    passes = passes_of("fp16-plain")
    clock = Clock()
    tracker = Tracker(135_000_000, 30, passes=passes, clock=clock)
    tracker.skip(1)
    assert [stage.id for stage in stages(passes, begun=1)] == ["start", "halve", "gate"]
    tracker.read("[2026-11-24] [INFO] [engine.py:207:run] Running Olive on accelerator: cpu-cpu")
    first = tracker.read(
        "[2026-11-24] [INFO] [engine.py:665:_run_pass] Running pass halve:onnxfloattofloat16"
    )
    assert first is not None
    assert first.stage == "halve"
    clock.now = 10.0
    assert (tracker.now().fraction or 0) > (first.fraction or 0)


def test_a_pass_that_nobody_has_measured_is_a_stage_of_its_own() -> None:
    tracker = Tracker(3_000_000, 4, passes=[{"type": "ModelBuilder"}, {"type": "OnnxPeephole"}])
    tracker.read("Running pass a:modelbuilder")
    progress = tracker.read("Running pass b:onnxpeephole")
    assert progress is not None
    assert progress.text == "Running OnnxPeephole"


def test_a_count_of_modules_is_a_bar_as_well() -> None:
    assert is_bar("Quantizing and packing linear layers: 73mod [00:08,  7.98mod/s, module=lm_head]")
