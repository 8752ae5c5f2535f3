"""Telemetry: every child is told to keep silent, and what is installed knows the words it is told."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from slmtui.conversion.config import worker_environment
from slmtui.environment import privacy
from slmtui.environment.privacy import telemetry
from slmtui.events import Cancel, Cancelled
from slmtui.process import SILENT, Child

CI_VARIABLES = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "JENKINS_URL", "BUILDKITE")


@pytest.fixture
def no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CI_VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_what_is_installed_heeds_the_switch(no_ci):
    check = telemetry(Cancel())
    assert (check.status, check.found) == ("ok", "off in every process of slmtui")
    for name in ("Olive", "ONNX Runtime", "the Foundry Local SDK"):
        assert name in check.reason
    assert "CI=true" in check.reason


def test_a_terminal_that_is_silent_anyway_is_told_so(no_ci, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert "of this terminal" in telemetry(Cancel()).reason


@pytest.mark.parametrize("place", [b"", b"x" * privacy._PIECE * 2, b"x" * (privacy._PIECE - 5)])
def test_a_library_that_reports_and_heeds_nothing_is_a_warning(tmp_path: Path, place: bytes):
    library = tmp_path / "onnxruntime" / "capi" / "libonnxruntime.so.9"
    library.parent.mkdir(parents=True)
    library.write_bytes(place + b"https://collector.example/OneCollector/1.0")
    check = telemetry(Cancel(), [str(tmp_path)])
    assert (check.status, check.found) == ("warn", "not known to be off: ONNX Runtime")
    assert check.fix
    library.write_bytes(library.read_bytes() + b"\0CI\0GITHUB_ACTIONS\0")
    assert telemetry(Cancel(), [str(tmp_path)]).status == "ok"


def test_an_olive_that_reports_and_heeds_nothing_is_a_warning(tmp_path: Path):
    file = tmp_path / "olive" / "telemetry" / "telemetry.py"
    file.parent.mkdir(parents=True)
    file.write_text("from olive.telemetry.constants import CONNECTION_STRING", encoding="utf-8")
    assert telemetry(Cancel(), [str(tmp_path)]).found == "not known to be off: Olive"


@pytest.mark.parametrize("content", [b"", b"nothing of the kind"])
def test_what_cannot_report_needs_no_switch(tmp_path: Path, content: bytes):
    library = tmp_path / "onnxruntime" / "capi" / "onnxruntime.dll"
    library.parent.mkdir(parents=True)
    library.write_bytes(content)
    check = telemetry(Cancel(), [str(tmp_path), "/no/such/place"])
    assert check.status == "ok"
    assert "None of the installed packages" in check.reason


def test_looking_through_libraries_can_be_cancelled():
    cancel = Cancel()
    cancel.set()
    with pytest.raises(Cancelled):
        telemetry(cancel)


def test_a_child_is_told_whatever_the_terminal_says(no_ci, monkeypatch, tmp_path: Path):
    for name in SILENT:
        monkeypatch.setenv(name, "")
    (tmp_path / "tells.py").write_text(
        "import json, os; print(json.dumps(dict(os.environ)), flush=True)", encoding="utf-8"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Child("tells", environment=worker_environment(tmp_path)) as child:
        told = next(message for message in child.messages(timeout=20) if isinstance(message, dict))
    assert {name: told[name] for name in SILENT} == SILENT
    assert told["OLIVE_DISABLE_TELEMETRY"] == told["HF_HUB_DISABLE_TELEMETRY"] == told["DO_NOT_TRACK"] == "1"


def test_the_installed_olive_takes_the_switch_for_a_ci_environment():
    source = next(
        path for path in sys.path if (Path(path) / "olive" / "telemetry" / "telemetry.py").is_file()
    )
    text = (Path(source) / "olive" / "telemetry" / "telemetry.py").read_text(encoding="utf-8")
    assert '"CI",' in text
    assert json.loads(json.dumps(SILENT))["CI"] == "true"
