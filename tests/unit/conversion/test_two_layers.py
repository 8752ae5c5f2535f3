"""The two-layer model that proves an interpreter: the same every time, and a checkpoint like any other."""

from __future__ import annotations

from pathlib import Path

from slmtui.conversion.two_layers import write_checkpoint
from slmtui.source.inspect import inspect


def test_it_is_the_same_every_time(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        write_checkpoint(folder)
    one, two = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert one == two
    assert sum(map(len, one.values())) < 2_000_000


def test_nothing_is_wrong_with_it(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "model")
    found = inspect(tmp_path / "model")
    assert found.usable
    assert found.problems == ()
    assert found.architecture == "LlamaForCausalLM"
    assert found.layers == 2
    assert found.parameters == 172_352
    assert found.chat_template
