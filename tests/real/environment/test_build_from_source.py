"""Building ONNX Runtime GenAI from source: the real git, pip and interpreter, and a stand-in for the sources.

The repository that is cloned is made here: its build.py takes the arguments of the real one and puts a tiny
wheel where the real one does (read in its build.py and CMakeLists.txt). The real build was not run.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from slmtui.environment.fix_source import build_folder, source_plan
from slmtui.environment.interpreter import examine
from slmtui.environment.mend import StateLeft, mend
from slmtui.environment.version_set import version_set
from slmtui.events import Cancel, Cancelled, Event, Failure, LogLine, Progress

BUILD = """\
import argparse, pathlib, sys, time, zipfile
parser = argparse.ArgumentParser()
for name in ("build_dir", "config", "cmake_path"): parser.add_argument("--" + name, required=True)
for name in ("parallel", "skip_tests", "skip_examples"): parser.add_argument("--" + name, action="store_true")
parser.add_argument("--cmake_extra_defines", nargs="+", action="append")
given = parser.parse_args()
assert "Python_EXECUTABLE=" + sys.executable in given.cmake_extra_defines[0], given
print("[1/2] Building CXX object", flush=True)
time.sleep(SECONDS)
if FAILS: sys.exit("CMake Error: CMAKE_CXX_COMPILER not set, after EnableLanguage")
folder = pathlib.Path(given.build_dir, given.config, "wheel")
folder.mkdir(parents=True)
info = "onnxruntime_genai-0.14.1.dist-info"
with zipfile.ZipFile(folder / "onnxruntime_genai-0.14.1-py3-none-any.whl", "w") as wheel:
    wheel.writestr("onnxruntime_genai/__init__.py", "")
    wheel.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: onnxruntime-genai\\nVersion: 0.14.1\\n")
    wheel.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "/RECORD", "")
print("[2/2] Linking", flush=True)
"""


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wheel):
    """Makes a repository that git clones in place of the real one, and what the build needs as wheels."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    for need, version in (("cmake", "3.31.0"), ("requests", "2.32.0")):
        wheel(need, version)

    def make(*, seconds: float = 0, fails: bool = False) -> None:
        repository = tmp_path / "sources"
        repository.mkdir()
        script = BUILD.replace("SECONDS", str(seconds)).replace("FAILS", str(fails))
        (repository / "build.py").write_text(script, encoding="utf-8")
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        for command in (
            ("init", "-q", "-b", version_set().build.branch),
            ("add", "."),
            (*identity, "commit", "-qm", "t"),
        ):
            subprocess.run(["git", *command], cwd=repository, check=True)
        monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{repository.as_uri()}.insteadOf")
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", version_set().build.repository)

    return make


def carry_out(python: Path, cancel: Cancel, stop_at: str = "") -> tuple[list[Event], Exception | None]:
    events: list[Event] = []
    try:
        for event in mend(source_plan(examine(python)), cancel):
            events.append(event)
            if isinstance(event, LogLine) and stop_at and stop_at in event.text:
                threading.Timer(0.1, cancel.set).start()
    except (Failure, Cancelled) as ending:
        return events, ending
    return events, None


def test_the_source_is_cloned_built_and_its_wheel_installed(venv: Path, sources):
    sources()
    events, ending = carry_out(venv, Cancel())
    assert ending is None
    state = events[-1]
    assert isinstance(state, StateLeft)
    assert "onnxruntime-genai 0.14.1 installed" in state.changed
    told = [event for event in events if isinstance(event, Progress)]
    assert [event.fraction for event in told] == sorted(event.fraction for event in told)
    assert any(event.stage == "build" for event in told)
    assert not build_folder().exists()


def test_a_build_that_fails_says_why_and_leaves_no_folder(venv: Path, sources):
    sources(fails=True)
    events, ending = carry_out(venv, Cancel())
    assert isinstance(ending, Failure)
    assert ending.cause.startswith("The C++ build failed.")
    assert "onnxruntime-genai" not in str(events[-1])
    assert ending.log.is_file()
    assert not build_folder().exists()


def test_a_cancelled_build_leaves_no_folder(venv: Path, sources):
    sources(seconds=60)
    events, ending = carry_out(venv, Cancel(), stop_at="[1/2]")
    assert isinstance(ending, Cancelled)
    assert isinstance(events[-1], StateLeft)
    assert not build_folder().exists()
