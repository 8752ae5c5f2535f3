"""What ONNX Runtime says it can compute with: the installed one, and interpreters played by stand-ins."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from slmtui.environment import providers
from slmtui.environment.doctor import ready
from slmtui.environment.providers import execution_providers
from slmtui.events import Cancel

posix = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are scripts of a shell")


def python_that(tmp_path: Path, script: str) -> Path:
    """A stand-in for an interpreter."""
    path = tmp_path / "python of 海"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_the_installed_runtime_tells_what_it_computes_with():
    check = execution_providers(Cancel())
    assert check.status == "ok"
    assert "CPU" in check.found.split(", ")
    assert "Azure" not in check.found
    assert "1.31.0" in check.reason
    assert "onnxruntime" not in sys.modules


@posix
def test_what_a_library_prints_of_its_own_does_not_hide_the_answer(tmp_path: Path):
    told = '{"version": "1.31.0", "providers": ["CUDAExecutionProvider", "CPUExecutionProvider"]}'
    python = python_that(tmp_path, f"echo '[W] a warning'; echo '{told}'; echo '7'")
    check = execution_providers(Cancel(), python)
    assert (check.status, check.found) == ("ok", "CUDA, CPU")


@posix
def test_a_runtime_without_the_cpu_cannot_run_what_slmtui_makes(tmp_path: Path):
    python = python_that(tmp_path, """echo '{"version": "1", "providers": ["QNNExecutionProvider"]}'""")
    check = execution_providers(Cancel(), python)
    assert (check.status, check.found) == ("fail", "QNN")


@posix
def test_a_missing_runtime_is_another_checks_fault(tmp_path: Path):
    python = python_that(
        tmp_path, """echo "ModuleNotFoundError: No module named 'onnxruntime'" >&2; exit 1"""
    )
    check = execution_providers(Cancel(), python)
    assert (check.status, check.found) == ("skipped", "onnxruntime is not installed")


@posix
@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("echo 'ImportError: libfoo.so.1: cannot open' >&2; exit 1", "libfoo.so.1"),
        ("echo rubbish", "not told"),
        ("kill -11 $$", "not told"),
        ("echo '{\"providers\": 7}'", "not told"),
    ],
)
def test_a_runtime_that_does_not_answer_is_a_warning_with_its_words(tmp_path: Path, script: str, says: str):
    check = execution_providers(Cancel(), python_that(tmp_path, script))
    assert check.status == "warn"
    assert says in check.found
    assert check.fix
    assert ready([check])


@posix
def test_a_runtime_that_hangs_is_not_waited_for(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(providers, "_SECONDS", 0.5)
    check = execution_providers(Cancel(), python_that(tmp_path, "sleep 60"))
    assert check.status == "warn"
    assert "gave no answer within 0.5 s" in check.found


def test_an_interpreter_that_is_not_there_is_told(tmp_path: Path):
    check = execution_providers(Cancel(), tmp_path / "nothing")
    assert check.status == "warn"
    assert "cannot be started" in check.found


def test_a_module_in_the_working_folder_is_not_taken_for_the_runtime(tmp_path: Path, monkeypatch):
    (tmp_path / "onnxruntime.py").write_text("raise SystemExit('taken')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert execution_providers(Cancel()).status == "ok"
