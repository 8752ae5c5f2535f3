"""What pip, uv and builders print: how far it is, and why it failed. The lines are theirs, recorded."""

from __future__ import annotations

import pytest

from slmtui.environment.fix_diagnosis import failure
from slmtui.environment.fix_plan import Step
from slmtui.environment.fix_progress import StepProgress

STEP = Step("Install", ("python", "-m", "pip", "install", "a==1", "b>=2,<3"))
PIP = [
    "Requirement already satisfied: a==1 in ./site-packages (1)",
    "Collecting b<3,>=2 (from -r requirements.txt)",
    "  Downloading b-2.1-cp311-cp311-manylinux_2_28_x86_64.whl (11.2 MB)",
    "Installing collected packages: b, c",
    "  Attempting uninstall: b",
    "Successfully installed b-2.1 c-1.0",
]


def test_pip_s_lines_are_progress_that_only_grows():
    progress = StepProgress(STEP, 1, 2)
    seen = [progress.begun(), *filter(None, map(progress.read, PIP)), progress.done()]
    fractions = [event.fraction for event in seen]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.5, 1.0)
    assert [event.stage for event in seen] == ["begin", "collect", "collect", "download", "install", "done"]
    assert seen[3].text == "downloading b-2.1-cp311-cp311-manylinux_2_28_x86_64.whl (11.2 MB)"
    assert seen[4].text == "installing b and 1 more"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Collecting onnxruntime-genai==0.14.1", "onnxruntime-genai"),
        ("Collecting typing_extensions>=4 (from torch)", "typing_extensions"),
        ("Processing /a b/wheels/torch-2.13.0+cpu-cp311-cp311-linux_x86_64.whl (from x)", "torch"),
        ("Requirement already satisfied: olive-ai==0.13.0 in /x (0.13.0)", "olive-ai"),
    ],
)
def test_the_package_in_hand_is_named(line: str, name: str):
    assert StepProgress(STEP, 0, 1).read(line).text == f"collecting {name}"


def test_a_build_tells_the_time_left(monkeypatch: pytest.MonkeyPatch):
    now = iter((100.0, 110.0))
    monkeypatch.setattr("slmtui.environment.fix_progress.time.monotonic", lambda: next(now))
    progress = StepProgress(Step("Build", ("python", "build.py")), 0, 1)
    first = progress.read("[1/200] Building CXX object a.o")
    later = progress.read("[100/200] Building CXX object b.o")
    assert first.seconds_left is None
    assert (later.fraction, later.seconds_left) == (0.5, 10.0)


UNREACHABLE = """\
WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError('<Connection>:
Failed to establish a new connection: [Errno 111] Connection refused')': /simple/onnxruntime-genai/
ERROR: Could not find a version that satisfies the requirement onnxruntime-genai==0.14.1 (from versions: none)
ERROR: No matching distribution found for onnxruntime-genai==0.14.1
"""
NO_HOST = "fatal: unable to access 'https://github.com/x/': Could not resolve host: github.com"
NO_ROOM = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"
IN_USE = "ERROR: Could not install packages due to an OSError: [WinError 5] Access is denied: 'x.pyd'"


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (UNREACHABLE, "The package index cannot be reached."),
        ("ERROR: No matching distribution found for olive-ai==0.13.0", "The package index has no olive-ai"),
        ("error: error sending request for url (http://x/)", "The package index cannot be reached."),
        (NO_HOST, "source comes from"),
        (NO_ROOM, "is full"),
        (IN_USE, "has it open"),
        ("error: externally-managed-environment", "belong to the system"),
        ("ERROR: ResolutionImpossible: for help visit https://pip.pypa.io", "cannot live beside"),
        ("error: uninstall-no-record-file", "not installed by pip"),
        ("CMake Error: CMAKE_CXX_COMPILER not set, after EnableLanguage", "C++ build failed"),
        ("something else\nERROR: It is odd.\nbye", "“Install” ended with exit code 7: ERROR: It is odd."),
        ("", "“Install” ended with exit code 7."),
    ],
)
def test_a_failed_step_names_its_cause_and_its_fix(said: str, cause: str):
    found = failure(STEP, 7, said.splitlines(), None)
    assert cause in found.cause
    assert found.fix
