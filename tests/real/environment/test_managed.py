"""The managed tool chain, made for real: installed, proved, used, made anew, removed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slmtui import pipeline
from slmtui.config import toolchain
from slmtui.conversion.convert import convert
from slmtui.conversion.plan import plan
from slmtui.environment import managed
from slmtui.events import Cancel, Cancelled, Failure, LogLine, Progress, drain
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

    # A new one that fails leaves this one in use, and nothing of itself.
    def fails(python: Path, cancel: Cancel) -> object:
        raise Failure("no good", "")
        yield

    before = sorted(toolchain.managed_dir().iterdir())
    cancel = Cancel()
    again = managed.build(cancel, fails)  # type: ignore[arg-type]
    for event in again:
        if isinstance(event, LogLine) and "-m venv" in event.text:
            cancel.set()
            break
    with pytest.raises(Cancelled):
        drain(again)
    assert sorted(toolchain.managed_dir().iterdir()) == before
    assert toolchain.current() == made

    assert managed.remove() == tuple(before)
    assert toolchain.current().kind == "own"


def test_a_disk_without_room_is_said_before_anything_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(managed, "NEEDED_BYTES", 10**18)
    with pytest.raises(Failure, match="too little room"):
        drain(pipeline.build_toolchain(Cancel()))
    assert list(toolchain.managed_dir().iterdir()) == []
