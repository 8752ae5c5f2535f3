"""`slmtui doctor --fix` with checks and fixes made for the test: what it shows, whom it asks, how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence

import pytest

# A machine on which one package is wrong until the fix was carried out.
MACHINE = """\
import sys
from slmtui import pipeline
from slmtui.environment import fixes
from slmtui.environment.check import Check, CheckDone
from slmtui.environment.fix_plan import FixPlan, Step
from slmtui.environment.mend import StateLeft
from slmtui.events import Failure

mended, ending = [], sys.argv.pop(1)
step = Step("Install", ("pip", "install", "olive-ai==0.13.0"))
plan = FixPlan("fix", "Install olive-ai", ("package-olive-ai",), None, (step,), "olive-ai", "more", "install")

def examine(cancel, source=None):
    status = "ok" if mended else "fail"
    check = Check("package-olive-ai", "olive-ai", status, "0.12", "0.13", "It clashes.", "x")
    yield CheckDone(check)
    return [check]

def mend(plans, cancel, source=None):
    yield pipeline.PlanStarted(plans[0], 1, 1)
    if ending == "fails":
        yield StateLeft("It was left half done.", ("olive-ai 0.12 removed",))
        raise Failure("The disk is full. It was left half done.", "Free some room.")
    if ending != "in vain":
        mended.append(plans[0])
    yield StateLeft("Changed: olive-ai 0.12 → 0.13.", ("olive-ai 0.12 → 0.13",))
    return (yield from examine(cancel))

pipeline.examine, pipeline.mend = examine, mend
fixes.plans = lambda checks, from_source=False: () if mended else (plan,)
from slmtui.cli import main
sys.exit(main(sys.argv[1:]))
"""


def doctor(*arguments: str, ending: str = "well") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", MACHINE, ending, "doctor", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def in_a_terminal(answer: bytes, *arguments: str) -> tuple[int, str]:
    """Exit code and screen of the command in a terminal in which somebody types `answer` when asked."""
    import pty

    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover - another process
        os.execv(sys.executable, [sys.executable, "-c", MACHINE, "well", "doctor", *arguments])  # noqa: S606
    screen, deadline = b"", time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:  # its end, as Linux says it
            break
        if not chunk:
            break
        screen += chunk
        if b"[y/N]" in chunk:
            os.write(terminal, answer)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), screen.decode("utf-8", "replace")


def events(lines: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines.splitlines()]


def test_each_check_names_the_plan_that_mends_it():
    done = doctor("--json")
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    assert answer["ready"] is False
    assert answer["checks"][0]["plan"] == "fix"
    assert answer["plans"][0]["steps"][0]["command"] == ["pip", "install", "olive-ai==0.13.0"]


def test_without_fix_people_are_told_what_could_be_mended():
    done = doctor()
    assert done.returncode == 1
    assert "`slmtui doctor --fix` offers to mend: Install olive-ai." in done.stdout


def test_nobody_to_ask_means_that_nothing_is_done():
    done = doctor("--fix")
    assert done.returncode == 2
    assert "pip install olive-ai==0.13.0" in done.stdout
    assert "nobody to ask" in done.stderr
    assert "--fix --yes" in done.stderr
    assert "Changed" not in done.stderr


def test_yes_mends_and_looks_again():
    done = doctor("--fix", "--yes")
    assert done.returncode == 0
    assert "[1/1] Install olive-ai" in done.stderr
    assert "Changed: olive-ai 0.12 → 0.13." in done.stderr
    assert done.stdout.rstrip().endswith("Ready.")


def test_json_is_a_stream_that_ends_with_everything():
    done = doctor("--fix", "--yes", "--json")
    assert done.returncode == 0
    *stream, end = events(done.stdout)
    assert [event["event"] for event in stream] == ["check", "plan", "state", "check"]
    assert end["event"] == "finished"
    assert (end["status"], end["ready"], end["changed"]) == ("ok", True, ["olive-ai 0.12 → 0.13"])
    assert [check["status"] for check in end["checks"]] == ["ok"]
    assert [plan["id"] for plan in end["plans"]] == ["fix"]


def test_a_fix_that_did_not_help_is_not_tried_again():
    done = doctor("--fix", "--yes", "--json", ending="in vain")
    assert done.returncode == 1
    assert [event["event"] for event in events(done.stdout)].count("plan") == 1


def test_a_failed_fix_ends_with_what_is_different():
    done = doctor("--fix", "--yes", "--json", ending="fails")
    assert done.returncode == 1
    end = events(done.stdout)[-1]
    assert (end["status"], end["ready"], end["changed"]) == ("failed", False, ["olive-ai 0.12 removed"])
    assert (end["cause"], end["fix"]) == ("The disk is full. It was left half done.", "Free some room.")


@pytest.mark.parametrize("arguments", [["--yes"], ["--from-source"]])
def test_how_to_mend_without_mending_is_wrong_usage(arguments: Sequence[str]):
    assert doctor(*arguments).returncode == 2


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of the POSIX systems")
@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (b"y\n", 0, "Changed: olive-ai"),
        (b"n\n", 1, "Nothing was done."),
        (b"\n", 1, "Nothing was done."),
        (b"\x03", 130, "cancelled"),
    ],
)
def test_in_a_terminal_it_asks(answer: bytes, code: int, said: str):
    ended, screen = in_a_terminal(answer, "--fix")
    assert ended == code, screen
    assert said in screen
    assert "Do this? [y/N]" in screen


@pytest.mark.parametrize("fix", [[], ["--fix", "--yes"]])
def test_a_source_without_a_name_is_an_error(fix: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "slmtui", "doctor", "--source", "", *fix],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1
    assert "error: No model is named." in done.stderr
    assert "fix: " in done.stderr
