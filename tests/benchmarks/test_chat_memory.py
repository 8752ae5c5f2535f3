"""500 turns: how the memory of the model host and of the app's own process grows."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import psutil

from slmtui.events import Cancel, drain
from slmtui.runtime import conversation as change
from slmtui.runtime.client import ModelHost
from slmtui.runtime.parameters import ChatParameters
from slmtui.runtime.talk import talk

TURNS = 900
# The runtime's arena grows until it has seen a full context at most lengths, and stays so: measured, 70 MB at
# the start, 92 after 300 turns, 93.5 after 450, 93.7 after 1,350. The slope is that of the 500 turns after.
WARM = 400
# Bytes a turn. A conversation of 500 turns is itself a few hundred KB in the app.
HOST_LIMIT, APP_LIMIT = 20_000, 20_000


def slope(values: list[int]) -> float:
    """The straight line through them: bytes a turn."""
    middle = (len(values) - 1) / 2
    mean = sum(values) / len(values)
    spread = sum((at - middle) ** 2 for at in range(len(values)))
    return sum((at - middle) * (value - mean) for at, value in enumerate(values)) / spread


def test_500_turns_leak_nothing(converted_sample: Path, sample_dir: Path) -> None:
    lines = (sample_dir.parent / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["trained"][0] for line in lines]
    parameters = ChatParameters(temperature=0, repetition_penalty=1.0, max_tokens=64)
    conversation = change.new("sample", str(converted_sample), parameters)
    app = psutil.Process()
    host_bytes, app_bytes = [], []
    with ModelHost(converted_sample) as host:
        host.load()
        for number in range(TURNS):
            asked = change.ask(conversation, questions[number % len(questions)])
            conversation = drain(talk(host, asked, Cancel(), keep=lambda _: None))
            assert conversation.turns[-1].problem is None
            host_bytes.append(host.usage()[0])
            if number % 50 == 0:
                gc.collect()
            app_bytes.append(app.memory_info().rss)
    host_slope, app_slope = slope(host_bytes[WARM:]), slope(app_bytes[WARM:])
    print(
        f"\nhost {host_bytes[WARM] / 1e6:.1f} → {host_bytes[-1] / 1e6:.1f} MB, {host_slope:.0f} bytes a turn;"
        f" app {app_bytes[WARM] / 1e6:.1f} → {app_bytes[-1] / 1e6:.1f} MB, {app_slope:.0f} bytes a turn"
    )
    assert conversation.forgotten > 300
    assert host_slope < HOST_LIMIT
    assert app_slope < APP_LIMIT
