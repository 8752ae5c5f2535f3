"""The managed tool chain, made for real: installed, proved, used, removed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slmtui import pipeline
from slmtui.config import toolchain
from slmtui.conversion import warm
from slmtui.conversion.convert import convert
from slmtui.conversion.plan import plan
from slmtui.environment import managed
from slmtui.events import Cancel, Failure, Progress, drain
from slmtui.source.inspect import inspect


@pytest.mark.timeout(900)
def test_it_is_built_proved_and_converts_the_sample(sample_dir: Path, tmp_path: Path) -> None:
    service = pipeline.build_toolchain(Cancel())
    stages: list[str] = []
    while True:
        try:
            event = next(service)
        except StopIteration as end:
            made = end.value
            break
        if isinstance(event, Progress) and event.stage not in stages:
            stages.append(event.stage)
    assert stages[0] == "begin"
    assert {"collect", "install", "prove"} <= set(stages)
    assert toolchain.current() == made
    assert made.kind == "managed"
    result = drain(convert(plan(inspect(sample_dir), tmp_path / "model"), Cancel()))
    versions = json.loads((result.output / "slmtui.json").read_text(encoding="utf-8"))["versions"]
    assert versions["olive-ai"] == "0.13.0"
    assert versions["onnxruntime-genai"] == "0.14.1"

    # A worker that waits for the next conversion, and works at nothing, is no reason to keep it.
    assert warm.start()
    assert drain(pipeline.remove_toolchain()) == (made.python.parent.parent,)
    assert list(toolchain.managed_dir().iterdir()) == []
    assert toolchain.current().kind == "own"


def test_a_disk_without_room_is_said_before_anything_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(managed, "NEEDED_BYTES", 10**18)
    with pytest.raises(Failure, match="too little room"):
        drain(pipeline.build_toolchain(Cancel()))
    assert list(toolchain.managed_dir().iterdir()) == []
