"""The environment that an unpinned installation ends in: its clash is named, mended, and then it converts.

What is wrong in it is really installed, and so is what mends it. What is right is lent by a path file from
the environment that runs the tests: installing PyTorch anew would cost minutes and prove nothing more.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any

import pytest

from slmtui.config import settings
from slmtui.environment import installed
from slmtui.environment.interpreter import examine
from tests.calling import slmtui
from tests.waiting import LONG_BEFORE

MESSAGE = "No module named 'onnxruntime_genai.models.quantized_model'"
WRONG = ("olive-ai==0.13.0", "onnxruntime-genai==0.18.0")


def by_id(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {check["id"]: check for check in answer["checks"]}


@pytest.fixture
def unpinned(venv: Path) -> Path:
    """A virtual environment that cannot convert anything, and that slmtui is to convert with."""
    pip = (sys.executable, "-m", "pip", "--python", venv, "install", "-q", "--no-deps", *WRONG)
    if subprocess.run(pip, check=False).returncode:
        pytest.skip("the package index cannot be reached")
    interpreter = examine(venv)
    site = next(Path(path) for path in interpreter.paths if path.endswith("site-packages"))
    # Its folder is searched after the environment's own; an editable slmtui in it is not seen.
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    # Keeps a record of what this interpreter is asked to run.
    record = f"import sys; print(*sys.orig_argv, file=open({str(venv.parent.parent / 'ran.txt')!r}, 'a'))"
    (site / "sitecustomize.py").write_text(record + "\n", encoding="utf-8")
    settings.save(toolchain_python=str(venv))
    return venv


def test_the_clash_is_named_and_mended_and_then_the_sample_converts(unpinned: Path, tmp_path: Path):
    before = slmtui("doctor", "--json")
    assert before.returncode == 1, before.stderr
    found = json.loads(before.stdout)
    clash = by_id(found)["package-onnxruntime-genai"]
    assert (clash["status"], clash["found"]) == ("fail", "0.18.0")
    assert MESSAGE in clash["reason"]
    assert clash["plan"] == "install-version-set"
    (plan,) = found["plans"]
    assert plan["interpreter"] == str(unpinned)
    assert "onnxruntime-genai 0.18.0 becomes 0.14.1" in plan["changes"]

    nobody = slmtui("doctor", "--fix", "--json")
    assert nobody.returncode == 2
    end = json.loads(nobody.stdout.splitlines()[-1])
    assert (end["event"], end["status"], end["ready"], end["changed"]) == ("finished", "failed", False, [])
    assert "--yes" in end["fix"]

    fixed = slmtui("doctor", "--fix", "--yes", "--json")
    assert fixed.returncode == 0, fixed.stdout + fixed.stderr
    *events, end = [json.loads(line) for line in fixed.stdout.splitlines()]
    assert (end["event"], end["status"], end["ready"]) == ("finished", "ok", True)
    assert end["changed"] == ["onnxruntime-genai 0.18.0 → 0.14.1"]
    assert by_id(end)["package-onnxruntime-genai"]["found"] == "0.14.1"
    assert {"check", "plan", "progress", "log", "state"} == {event["event"] for event in events}
    assert installed.version("onnxruntime-genai", examine(unpinned)) == "0.14.1"

    output = tmp_path / "converted"
    converted = slmtui("convert", "fernlight-support", "--output", str(output), "--json")
    assert converted.returncode == 0, converted.stdout + converted.stderr
    ran = (unpinned.parent.parent / "ran.txt").read_text(encoding="utf-8")
    assert "slmtui.conversion.worker" in ran


def test_a_fix_without_an_index_fails_and_says_that_nothing_was_changed(
    unpinned: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PIP_CONFIG_FILE", "NUL" if sys.platform == "win32" else "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("PIP_RETRIES", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    done = slmtui("doctor", "--fix", "--yes", "--json")
    assert done.returncode == 1
    *events, end = [json.loads(line) for line in done.stdout.splitlines()]
    assert (end["status"], end["ready"], end["changed"]) == ("failed", False, [])
    assert end["cause"] == "The package index cannot be reached. Nothing was changed."
    assert Path(end["log"]).is_file()
    assert events[-1] == {"event": "state", "text": "Nothing was changed.", "changed": []}
    assert installed.version("onnxruntime-genai", examine(unpinned)) == "0.18.0"


def test_a_fix_cancelled_at_once_leaves_the_environment_as_it_was(
    unpinned: Path, monkeypatch: pytest.MonkeyPatch
):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and never answers
        monkeypatch.setenv("PIP_CONFIG_FILE", "NUL" if sys.platform == "win32" else "/dev/null")
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{silent.getsockname()[1]}/simple")
        monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
        command = [sys.executable, "-m", "slmtui", "doctor", "--fix", "--yes", "--json"]
        group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if sys.platform == "win32" else {}
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **group) as process:
            lines: list[dict[str, Any]] = []
            while not lines or lines[-1]["event"] != "log":  # pip speaks
                lines.append(json.loads(process.stdout.readline()))
            process.send_signal(signal.CTRL_BREAK_EVENT if sys.platform == "win32" else signal.SIGINT)
            began = time.monotonic()
            out, _ = process.communicate(timeout=60)
            assert time.monotonic() - began < LONG_BEFORE
    assert process.returncode == 130
    *_, state, end = [json.loads(line) for line in out.splitlines()]
    assert state == {"event": "state", "text": "Nothing was changed.", "changed": []}
    assert (end["event"], end["status"], end["changed"]) == ("finished", "cancelled", [])
    assert installed.version("onnxruntime-genai", examine(unpinned)) == "0.18.0"
