"""FP16 begun with the FP32 model that is there, and from the checkpoint: the same model, byte for byte."""

from __future__ import annotations

from pathlib import Path

from slmtui.conversion.convert import convert
from slmtui.conversion.digests import describe
from slmtui.conversion.plan import plan
from slmtui.events import Cancel, LogLine, drain
from slmtui.source.inspect import inspect


def test_what_fp32_ended_with_is_what_fp16_begins_with(sample_dir: Path, tmp_path: Path) -> None:
    source = inspect(sample_dir)
    drain(convert(plan(source, tmp_path / "fp32", "fp32"), Cancel()))
    whole = drain(convert(plan(source, tmp_path / "whole", "fp16"), Cancel()))
    service, lines = convert(plan(source, tmp_path / "begun", "fp16"), Cancel(), anew=False), []
    while True:
        try:
            event = next(service)
        except StopIteration as end:
            begun = end.value
            break
        lines += [event.text] if isinstance(event, LogLine) else []
    assert any("passes was run before" in line for line in lines)
    assert not any("Reading layer" in line for line in lines)
    assert {verdict.status for verdict in begun.verdicts} == {"ok"}
    assert _content(begun.output) == _content(whole.output)


def _content(folder: Path) -> dict[str, object]:
    files = sorted(path for path in folder.iterdir() if path.name != "slmtui.json")
    return dict(describe(files, Cancel()))
