from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.calling import slmtui
from tests.waiting import LONG_BEFORE

PREAMBLE = """
import argparse, sys, time
from slmtui.cli.entry import _Command
from slmtui.events import Failure, Progress
def go(run, cancellable=True, json=True):
    sys.exit(_Command(argparse.Namespace(run=run, cancellable=cancellable, json=json)).run())
"""


def start(program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PREAMBLE + program, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def interrupt(process: subprocess.Popen[str], number: int = signal.SIGINT) -> None:
    process.send_signal(signal.CTRL_BREAK_EVENT if sys.platform == "win32" else number)


SERVICE = """
import threading
def service(cancel):
    woken = threading.Event()
    with cancel.calling(woken.set):
        yield Progress("wait", "Waiting")
        woken.wait()
        cancel.check()
def run(arguments, report, cancel):
    report.begin(output="x")
    report.follow(service(cancel))
    report.finished()
    return 0
go(run)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_the_job_and_says_so_last(number: int) -> None:
    with start(SERVICE) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["event"] == "progress"
        interrupt(process, number)
        out, err = process.communicate(timeout=LONG_BEFORE)
    assert process.returncode == 130
    assert json.loads(out) == {
        "event": "finished", "status": "cancelled", "output": "x", "cause": None, "fix": None, "log": None,
    }  # fmt: skip
    assert "Traceback" not in err


@pytest.mark.skipif(sys.platform == "win32", reason="a Windows console has no SIGHUP")
def test_a_closed_terminal_cancels_too_but_not_under_nohup() -> None:
    # The tests themselves may run under nohup.
    with start("import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)\n" + SERVICE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=LONG_BEFORE)
    assert process.returncode == 130
    with start("import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + SERVICE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=LONG_BEFORE)


def test_a_command_that_cannot_be_cancelled_is_ended_on_the_spot() -> None:
    program = (
        "def run(arguments, report, cancel):\n"
        "    print('ready', file=sys.stderr, flush=True)\n"
        "    time.sleep(60)\n"
        "go(run, cancellable=False)\n"
    )
    with start(program) as process:
        assert process.stderr is not None
        process.stderr.readline()
        began = time.monotonic()
        interrupt(process)
        out, err = process.communicate(timeout=LONG_BEFORE)
    assert time.monotonic() - began < LONG_BEFORE
    assert process.returncode == 130
    assert json.loads(out) == {"status": "cancelled", "cause": None, "fix": None, "log": None}
    assert err == "cancelled\n"


def test_ending_by_force_leaves_no_child_behind() -> None:
    program = (
        "import subprocess\n"
        "def run(arguments, report, cancel):\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "    print(child.pid, file=sys.stderr, flush=True)\n"
        "    time.sleep(60)\n"
        "go(run, cancellable=False)\n"
    )
    import psutil

    with start(program) as process:
        assert process.stderr is not None
        child = psutil.Process(int(process.stderr.readline()))
        interrupt(process)
        process.wait(timeout=LONG_BEFORE)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_worker_killed_by_the_cancel_is_a_cancel_not_a_failure() -> None:
    program = (
        "def run(arguments, report, cancel):\n"
        "    report.begin()\n"
        "    print('ready', file=sys.stderr, flush=True)\n"
        "    while not cancel.is_set: time.sleep(0.01)\n"
        "    raise Failure('The worker process was ended by a kill.')\n"
        "go(run)\n"
    )
    with start(program) as process:
        assert process.stderr is not None
        process.stderr.readline()
        interrupt(process)
        out, err = process.communicate(timeout=LONG_BEFORE)
    assert process.returncode == 130
    assert json.loads(out)["status"] == "cancelled"
    assert "error" not in err


def test_a_mistake_of_ours_is_one_line_and_a_traceback_in_a_file(slmtui_home: Path) -> None:
    program = "def run(arguments, report, cancel):\n    {}['nothing']\ngo(run)\n"
    with start(program) as process:
        out, err = process.communicate(timeout=LONG_BEFORE)
    assert process.returncode == 1
    end = json.loads(out)
    assert end["status"] == "failed"
    assert "KeyError: 'nothing'" in end["cause"]
    log = Path(end["log"])
    assert log.is_relative_to(slmtui_home)
    assert "Traceback" in log.read_text(encoding="utf-8")
    assert "Traceback" not in err


def test_a_mistake_is_shown_when_no_file_can_keep_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("SLMTUI_HOME", str(tmp_path / "file"))
    program = "def run(arguments, report, cancel):\n    {}['nothing']\ngo(run)\n"
    with start(program) as process:
        out, err = process.communicate(timeout=LONG_BEFORE)
    assert process.returncode == 1
    assert json.loads(out)["log"] is None
    assert "Traceback" in err


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX pipe's semantics")
def test_a_reader_that_leaves_ends_it_quietly() -> None:
    program = (
        "def run(arguments, report, cancel):\n"
        "    for n in range(100000): report.line('line ' + str(n))\n"
        "    return 0\n"
        "go(run, json=False)\n"
    )
    with start(program) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "line 0\n"
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=LONG_BEFORE) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX pipe's semantics")
def test_help_into_a_closed_pipe_is_quiet() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "slmtui", "--help"], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert done.stderr == b""


def test_without_a_terminal_the_screens_say_what_to_do() -> None:
    done = slmtui()
    assert done.returncode == 2
    assert done.stdout == ""
    assert "need a terminal" in done.stderr
    assert "slmtui --help" in done.stderr


def test_the_version_is_the_packages_own() -> None:
    from slmtui import __version__

    assert slmtui("--version").stdout == f"slmtui {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["--nonsense"],
        ["convert"],
        ["convert", "model", "--json"],
        ["convert", "model", "--out", "x"],
        ["deploy", "model"],
        ["chat", "model"],
        ["chat", "model", "--prompt", "x", "--max-tokens", "0"],
        ["chat", "model", "--prompt", "x", "--max-tokens", "many"],
        ["chat", "model", "--prompt", "x", "--temperature", "-1"],
        ["chat", "model", "--prompt", "x", "--temperature", "nan"],
        ["run", "model", "--json"],
        ["samples", "get"],
    ],
)
def test_a_wrong_command_line_is_a_usage_error_with_nothing_on_standard_output(arguments: list[str]) -> None:
    done = slmtui(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "usage: slmtui" in done.stderr


def test_json_may_stand_on_either_side_of_get() -> None:
    from slmtui.cli.parser import build

    for line in (["samples", "--json", "get", "x"], ["samples", "get", "x", "--json"]):
        assert build().parse_args(line).json is True
    assert build().parse_args(["samples", "get", "x"]).json is False


def test_every_command_explains_itself() -> None:
    from slmtui.cli.parser import build

    actions = [a for a in build()._actions if a.dest == "COMMAND" or (hasattr(a, "choices") and a.choices)]
    commands = dict(actions[-1].choices or {})
    assert set(commands) == {
        "samples", "doctor", "toolchain", "inspect", "convert", "lint", "presets", "template", "deploy",
        "undeploy", "verify", "serve", "why", "list", "chat", "run", "bench", "validate", "lab", "report",
        "keys", "settings", "glossary", "locate", "schema", "completion",
    }  # fmt: skip
    for name, parser in commands.items():
        text = parser.format_help()
        assert parser.description, name
        assert len(parser.description) > 80, name
        assert "--json" in text, name
