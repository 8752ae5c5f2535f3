"""A step's command: heard line by line, silent towards others, and ended with all it has started."""

from __future__ import annotations

import io
import sys
import threading
import time

import psutil
import pytest

from slmtui.environment.running import run
from slmtui.events import Cancel, Cancelled, Failure, LogLine
from tests.waiting import LONG_BEFORE


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def heard(code: str, cancel: Cancel | None = None, log: io.StringIO | None = None) -> tuple[list[str], int]:
    service = run([sys.executable, "-c", code], cancel or Cancel(), log or io.StringIO(), {})
    lines = []
    while True:
        try:
            event = next(service)
        except StopIteration as end:
            return lines, end.value
        assert isinstance(event, LogLine)
        lines.append(event.text)


def test_both_outputs_come_line_by_line_and_go_to_the_log():
    log = io.StringIO()
    code = "import sys; print('out'); print('10%\\r20%'); sys.stderr.write('\\x1b[31merr 海'); sys.exit(3)"
    lines, exit_code = heard(code, log=log)
    assert lines == ["out", "10%", "20%", "err 海"]
    assert exit_code == 3
    assert log.getvalue().splitlines() == lines


def test_a_line_comes_before_the_command_ends():
    service = run(
        [sys.executable, "-c", "import time; print('now'); time.sleep(60)"], Cancel(), io.StringIO(), {}
    )
    began = time.monotonic()
    assert next(service) == LogLine("now")
    assert time.monotonic() - began < LONG_BEFORE
    service.close()
    assert children() == []


def test_another_python_does_not_get_our_paths(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("VIRTUAL_ENV", "/ours")
    lines, _ = heard("import os; print([k for k in ('PYTHONPATH', 'VIRTUAL_ENV', 'CI') if k in os.environ])")
    assert lines == ["['CI']"]


def test_it_asks_nobody():
    lines, code = heard("print('asked'); input()")
    assert lines[0] == "asked"
    assert code == 1


def test_the_wish_to_stop_ends_its_whole_tree():
    cancel = Cancel()
    threading.Timer(1.0, cancel.set).start()
    code = (
        "import subprocess, sys; "
        "subprocess.run([sys.executable, '-c', 'import time; print(1, flush=True); time.sleep(60)'])"
    )
    began = time.monotonic()
    with pytest.raises(Cancelled):
        heard(code, cancel)
    assert time.monotonic() - began < LONG_BEFORE
    assert children() == []


def test_a_wish_spoken_before_means_that_nothing_is_started():
    cancel = Cancel()
    cancel.set()
    with pytest.raises(Cancelled):
        heard("print('started')", cancel)


def test_what_it_leaves_behind_does_not_hold_up_the_next_step():
    code = (
        "import subprocess, sys; "
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); print('done')"
    )
    began = time.monotonic()
    assert heard(code) == (["done"], 0)
    assert time.monotonic() - began < LONG_BEFORE


def test_a_command_that_is_not_there_is_a_failure_with_a_fix():
    with pytest.raises(Failure) as failure:
        list(run(["no such command of slmtui"], Cancel(), io.StringIO(), {}))
    assert "cannot be started" in failure.value.cause
    assert failure.value.fix
