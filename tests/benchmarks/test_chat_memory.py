"""Over 500 turns: how the memory of the model host and of the app's own process grows."""

from __future__ import annotations

import gc
import json
import math
from dataclasses import dataclass
from pathlib import Path

import psutil

from slmtui.events import Cancel, drain
from slmtui.runtime import conversation as change
from slmtui.runtime.client import ModelHost
from slmtui.runtime.conversation import Conversation
from slmtui.runtime.parameters import ChatParameters
from slmtui.runtime.talk import talk
from tests.benchmarks.conftest import Goals

# The runtime's arena grows in steps, the last of them when it first reads half a context anew, and stays so:
# measured, 84 MB after 100 turns, 95.3 after 400, 95.6 after 500 and 700. The slope is that of the 500 after.
WARM, TURNS = 450, 500
# Bytes a turn, more than the uncertainty: a leak of one copy of a turn's tokens or text would be seen. A turn
# itself, kept in the conversation, is 1.2 KB in the app.
HOST_LIMIT, APP_LIMIT = 2_000, 4_000


@dataclass(frozen=True)
class Line:
    """The straight line through values, by least squares: `slope` a turn, and its standard `error`."""

    slope: float
    error: float

    @classmethod
    def through(cls, values: list[int]) -> Line:
        count = len(values)
        middle, mean = (count - 1) / 2, sum(values) / count
        spread = sum((at - middle) ** 2 for at in range(count))
        slope = sum((at - middle) * (value - mean) for at, value in enumerate(values)) / spread
        off = sum((value - mean - slope * (at - middle)) ** 2 for at, value in enumerate(values))
        return cls(slope, math.sqrt(off / (count - 2) / spread))

    def __str__(self) -> str:
        return f"{self.slope:.0f} ± {2 * self.error:.0f} bytes a turn"


def test_a_line_is_found_again_with_its_uncertainty() -> None:
    exact = Line.through([1000 + 7 * at for at in range(100)])
    assert (round(exact.slope, 6), round(exact.error, 6)) == (7, 0)
    noisy = Line.through([1000 + 7 * at + (at * 7919) % 101 for at in range(100)])
    assert abs(noisy.slope - 7) < 3 * noisy.error < 1


def test_500_turns(converted_sample: Path, sample_dir: Path, goals: Goals) -> None:
    lines = (sample_dir.parent / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["trained"][0] for line in lines]
    parameters = ChatParameters(temperature=0, repetition_penalty=1.0, max_tokens=24)
    conversation = change.new("sample", str(converted_sample), parameters)
    app = psutil.Process()
    host_bytes, app_bytes = list[int](), list[int]()
    with ModelHost(converted_sample) as host:
        host.load()
        for number in range(WARM + TURNS):
            conversation = asked(host, conversation, questions[number % len(questions)])
            host_bytes.append(host.usage()[0])
            if number % 50 == 0:
                gc.collect()
            app_bytes.append(app.memory_info().rss)
    in_host, in_app = Line.through(host_bytes[WARM:]), Line.through(app_bytes[WARM:])
    for name, line, values in (("host", in_host, host_bytes), ("app", in_app, app_bytes)):
        print(
            f"\n{name} {values[WARM] / 1e6:.2f} → {values[-1] / 1e6:.2f} MB in {TURNS} turns, {line}", end=""
        )
    print()
    assert conversation.forgotten > 300
    goals.at_most("memory of the host, bytes a turn", in_host.slope, HOST_LIMIT)
    goals.at_most("memory of the app, bytes a turn", in_app.slope, APP_LIMIT)


def asked(host: ModelHost, conversation: Conversation, question: str) -> Conversation:
    done = drain(talk(host, change.ask(conversation, question), Cancel(), keep=lambda _: None))
    assert done.turns[-1].problem is None
    return done
