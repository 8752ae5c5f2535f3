"""How soon work ends once it is asked to: a conversion at each of its stages, and an answer."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slmtui.conversion.convert import convert
from slmtui.conversion.plan import plan
from slmtui.events import Cancel, Cancelled, Event, Progress
from slmtui.runtime.answer import Token
from slmtui.runtime.client import ModelHost
from slmtui.runtime.parameters import ChatParameters, Message
from slmtui.source.inspect import inspect
from tests.benchmarks.conftest import Goals

STAGES = ("start", "load", "layers", "quantize", "save", "gate")
ROUNDS = 5
STORY = [Message("user", "Tell me a long story about a lamp.")]


def seconds_to_end(service: Iterator[Event], cancel: Cancel, when: Callable[[Event], bool]) -> float:
    """Seconds from the cancel, a tenth of a second after the awaited event, to the end of a service."""
    asked: list[float] = []

    def ask() -> None:
        asked.append(time.perf_counter())
        cancel.set()

    next(event for event in service if when(event))
    timer = threading.Timer(0.1, ask)
    timer.start()
    with contextlib.suppress(Cancelled):
        for _ in service:
            pass
    ended = time.perf_counter()
    timer.cancel()
    return ended - asked[0] if asked else 0.0


@pytest.mark.parametrize("stage", STAGES)
def test_a_cancelled_conversion(stage: str, sample_dir: Path, tmp_path: Path, goals: Goals) -> None:
    checkpoint = tmp_path / "checkpoint"
    shutil.copytree(sample_dir, checkpoint)
    cancel = Cancel()
    service = convert(plan(inspect(checkpoint), tmp_path / "out" / stage), cancel)
    took = seconds_to_end(service, cancel, lambda event: isinstance(event, Progress) and event.stage == stage)
    goals.at_most(f"a conversion cancelled at its stage {stage}: over after", took, 1, " s")


def test_a_stopped_answer(converted_smollm2: Path, goals: Goals) -> None:
    parameters = ChatParameters(temperature=0, repetition_penalty=1.0, max_tokens=400)
    took = []
    with ModelHost(converted_smollm2) as host:
        host.load()
        for _ in range(ROUNDS):
            cancel = Cancel()
            service = host.chat(STORY, parameters, cancel)
            took.append(seconds_to_end(service, cancel, lambda event: isinstance(event, Token)))
    goals.at_most("an answer that is stopped: over after, at worst", 1000 * max(took), 200, " ms")
