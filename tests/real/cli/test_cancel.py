"""Ctrl+C while the real tool chain works."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.waiting import LONG_BEFORE


def test_ctrl_c_ends_a_conversion_and_leaves_nothing(slmtui: Any, tmp_path: Path) -> None:
    output = tmp_path / "out" / "model"
    with slmtui.start("convert", "fernlight-support", "--output", output, "--force", "--json") as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        while first["event"] != "usage":  # the worker is there and measured
            first = json.loads(process.stdout.readline())
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        process.send_signal(signal.CTRL_BREAK_EVENT if sys.platform == "win32" else signal.SIGINT)
        out, err = process.communicate(timeout=LONG_BEFORE)
    assert process.returncode == 130
    end = json.loads(out.splitlines()[-1])
    assert (end["event"], end["status"]) == ("finished", "cancelled")
    assert end["bytes"] is None
    assert "Traceback" not in err
    _, alive = psutil.wait_procs(children, timeout=LONG_BEFORE)
    assert not alive
    assert not output.exists()
    assert not output.parent.exists() or list(output.parent.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_command_that_is_killed_takes_its_worker_along_and_the_next_one_cleans_up(
    slmtui: Any, tmp_path: Path
) -> None:
    output = tmp_path / "out" / "model"
    with slmtui.start("convert", "fernlight-support", "--output", output, "--force", "--json") as process:
        assert process.stdout is not None
        while json.loads(process.stdout.readline())["event"] != "usage":
            pass
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait(timeout=LONG_BEFORE)
    _, alive = psutil.wait_procs(children, timeout=LONG_BEFORE)
    assert not alive
    assert not output.exists()
    left = [path for path in output.parent.iterdir() if ".building-" in path.name]
    assert left
    file = output.parent / "in the way"
    file.touch()
    slmtui("convert", "fernlight-support", "--output", output, "--no-parity", "--json")
    assert sorted(path.name for path in output.parent.iterdir()) == ["in the way", "model"]
