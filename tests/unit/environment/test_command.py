"""Whatever a program does, an answer or a reason comes back in time, and nothing of it stays behind."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from slmtui.environment.command import ask
from slmtui.events import Cancel
from tests.waiting import LONG_BEFORE

PYTHON = Path(sys.executable)


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def test_a_program_that_answers_is_heard():
    answer = ask(PYTHON, "-c", "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert (answer.code, answer.stdout, answer.stderr, answer.problem) == (3, "out", "err", "")


def test_control_sequences_and_wrong_bytes_do_not_come_through():
    code = r"import sys; sys.stdout.buffer.write(b'\x1b[31mred\x1b[0m \xff\n\x07two')"
    assert ask(PYTHON, "-c", code).stdout == "red �\ntwo"


def test_a_program_that_waits_for_input_gets_none():
    assert ask(PYTHON, "-c", "print(repr(input()))").code == 1


def test_a_program_that_hangs_is_ended_with_its_children():
    code = (
        "import subprocess, sys, time; print('began', flush=True); "
        "subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    )
    before = time.monotonic()
    answer = ask(PYTHON, "-c", code, timeout=1.0)
    assert time.monotonic() - before < LONG_BEFORE
    assert answer.code is None
    assert answer.problem == "gave no answer within 1 s"
    assert children() == []


def test_a_program_that_prints_without_end_is_ended():
    answer = ask(PYTHON, "-c", "while True: print('rubbish' * 1000)", timeout=20)
    assert answer.code is None
    assert "more than 1 MB" in answer.problem
    assert children() == []


def test_a_server_left_behind_does_not_hold_up_the_answer():
    code = (
        "import subprocess, sys; "
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); print('started')"
    )
    before = {process.pid for process in psutil.process_iter()}
    began = time.monotonic()
    answer = ask(PYTHON, "-c", code, timeout=60)
    assert time.monotonic() - began < LONG_BEFORE
    assert answer.stdout == "started"
    for process in psutil.process_iter(["cmdline"]):  # the server is not ours to end, but the test's
        if process.pid not in before and "import time; time.sleep(60)" in (process.info["cmdline"] or []):
            process.kill()


def test_the_wish_to_stop_ends_it_at_once():
    cancel = Cancel()
    threading.Timer(0.5, cancel.set).start()
    began = time.monotonic()
    answer = ask(PYTHON, "-c", "import time; time.sleep(60)", timeout=60, cancel=cancel)
    assert time.monotonic() - began < LONG_BEFORE
    assert answer.code is None
    assert children() == []


def test_a_wish_spoken_before_it_starts_holds():
    cancel = Cancel()
    cancel.set()
    assert ask(PYTHON, "-c", "import time; time.sleep(60)", timeout=30, cancel=cancel).code is None
    assert children() == []


def test_what_cannot_be_started_is_told(tmp_path: Path):
    answer = ask(tmp_path / "nothing")
    assert answer.code is None
    assert answer.problem.startswith("cannot be started: ")


@pytest.mark.parametrize("variable", ["CI", "ORT_TELEMETRY_DISABLED", "NO_COLOR"])
def test_programs_are_asked_to_be_silent(variable: str):
    assert ask(PYTHON, "-c", f"import os; print(os.environ['{variable}'] != '')").stdout == "True"
