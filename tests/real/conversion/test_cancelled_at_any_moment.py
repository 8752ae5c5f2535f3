"""Ctrl+C at random moments of conversions by the real Olive: nothing is ever left of one."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests.waiting import LONG_BEFORE

MOMENTS = 6
# From its first imports to the comparison with the source, on a slow machine as on a fast one.
EARLIEST, LATEST = 0.4, 7.0
RECIPES = ((), ("--precision", "int8"), ("--precision", "fp16"), ("--preset", "compact"))


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_it_ends_at_once_and_leaves_neither_files_nor_processes(
    sample_dir: Path, tmp_path: Path, slmtui_home: Path
) -> None:
    chance = random.Random(4)  # noqa: S311
    for number in range(MOMENTS):
        parent = tmp_path / f"выход 输出 {number}"
        command = [
            sys.executable,
            "-m",
            "slmtui",
            "convert",
            str(sample_dir),
            "--output",
            str(parent / "model"),
        ]
        process = subprocess.Popen(
            # Olive is to work every time: what was made before may not be found again.
            [*command, "--force", *chance.choice(RECIPES)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        moment = chance.uniform(EARLIEST, LATEST)
        time.sleep(moment)
        if process.poll() is not None:  # a fast machine
            assert process.returncode == 0, process.communicate()[0][-300:]
            continue
        tree = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.CTRL_BREAK_EVENT if sys.platform == "win32" else signal.SIGINT)
        said, _ = process.communicate(timeout=LONG_BEFORE)
        where = f"after {moment:.2f} s: {said[-300:]}"
        assert process.returncode == 130, where
        assert not parent.exists(), where
        assert not [each for each in tree if _alive(each)], where
        assert not list(slmtui_home.rglob("*building*")), where
