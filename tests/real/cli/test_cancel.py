"""Ctrl+C while the real tool chain works."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import psutil


def test_ctrl_c_ends_a_conversion_and_leaves_nothing(slmtui: Any, tmp_path: Path) -> None:
    output = tmp_path / "out" / "model"
    with slmtui.start("convert", "fernlight-support", "--output", output, "--force", "--json") as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        while first["event"] != "usage":  # the worker is there and measured
            first = json.loads(process.stdout.readline())
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        began = time.monotonic()
        process.send_signal(signal.CTRL_BREAK_EVENT if sys.platform == "win32" else signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert time.monotonic() - began < 2
    assert process.returncode == 130
    end = json.loads(out.splitlines()[-1])
    assert (end["event"], end["status"]) == ("finished", "cancelled")
    assert end["bytes"] is None
    assert "Traceback" not in err
    _, alive = psutil.wait_procs(children, timeout=1)
    assert not alive
    assert not output.exists()
    assert not output.parent.exists() or list(output.parent.iterdir()) == []
