"""CMake, Git and a compiler, played by stand-ins: never a blocker, and needed for a build alone."""

from __future__ import annotations

import dataclasses
import functools
import sys

import pytest

from slmtui.environment import installed, tools
from slmtui.environment.version_set import version_set
from slmtui.events import Cancel


@pytest.fixture
def no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "version", lambda name, interpreter=None: None)


@pytest.mark.parametrize(
    ("version", "status"), [("3.31.0", "ok"), ("3.31.6-msvc6", "ok"), ("4.1.2", "ok"), ("3.25.1", "skipped")]
)
def test_cmake_is_held_against_331(stand_in, version: str, status: str):
    stand_in("cmake", {"--version": f"cmake version {version}\n\nCMake suite maintained by Kitware\n"})
    check = tools.cmake(Cancel())
    assert (check.id, check.status, check.found) == ("cmake", status, version)
    assert "build" in check.needed
    assert ("cmake>=3.31" in check.fix) == (status != "ok")


def test_an_old_cmake_is_a_warning_where_a_build_might_be_needed(stand_in, no_wheel):
    stand_in("cmake", {"--version": "cmake version 3.25.1\n"})
    assert tools.cmake(Cancel()).status == "warn"


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in beside the interpreter is a shell script")
def test_a_new_cmake_beside_the_interpreter_makes_up_for_an_old_one_on_path(stand_in, tmp_path, monkeypatch):
    stand_in("cmake", {"--version": "cmake version 3.25.1\n"})
    beside = tmp_path / "environment of 海" / "bin"
    beside.mkdir(parents=True)
    (beside / "cmake").write_text("#!/bin/sh\necho cmake version 3.31.6\n", encoding="utf-8")
    (beside / "cmake").chmod(0o755)
    monkeypatch.setattr(tools.sys, "executable", str(beside / "python"))
    check = tools.cmake(Cancel())
    assert (check.status, check.found) == ("ok", "3.31.6")
    assert str(beside) in check.reason


def test_what_the_build_needs_is_said_by_the_version_set(stand_in, monkeypatch):
    stand_in("cmake", {"--version": "cmake version 3.31.6\n"})
    build = dataclasses.replace(version_set().build, needs=("cmake>=4.2",))
    newer = dataclasses.replace(version_set(), build=build)
    monkeypatch.setattr(tools, "version_set", lambda: newer)
    check = tools.cmake(Cancel())
    assert (check.status, check.needed) == ("skipped", "4.2, to build from source")
    assert "cmake>=4.2" in check.fix


def test_a_cmake_that_hangs_is_told(stand_in, monkeypatch):
    stand_in("cmake", {"--version": (0, "", "", 60)})
    monkeypatch.setattr(tools, "ask", functools.partial(tools.ask, timeout=1.0))
    assert "gave no answer within 1 s" in tools.cmake(Cancel()).found


def test_a_cmake_that_says_something_else_is_told(stand_in):
    stand_in("cmake", {"--version": "rubbish"})
    assert "does not tell its version" in tools.cmake(Cancel()).found


@pytest.mark.parametrize("tool", [tools.cmake, tools.git, tools.compiler])
def test_a_missing_tool_does_not_matter_where_the_wheel_is_installed(empty_path, monkeypatch, tool):
    monkeypatch.setattr(tools.sys, "executable", str(empty_path / "python"))
    monkeypatch.setattr(tools, "_visual_studio", lambda _: None)
    check = tool(Cancel())
    assert check.status == "skipped"
    assert "wheel is installed" in check.reason
    assert check.fix


@pytest.mark.parametrize("tool", [tools.cmake, tools.git, tools.compiler])
def test_a_missing_tool_is_a_warning_where_a_build_might_be_needed(empty_path, monkeypatch, no_wheel, tool):
    monkeypatch.setattr(tools.sys, "executable", str(empty_path / "python"))
    monkeypatch.setattr(tools, "_visual_studio", lambda _: None)
    assert tool(Cancel()).status == "warn"


def test_git_tells_its_version(stand_in):
    stand_in("git", {"--version": "git version 2.39.5 (Apple Git-154)\n"})
    assert (tools.git(Cancel()).status, tools.git(Cancel()).found) == ("ok", "2.39.5")


def test_a_compiler_is_found_without_being_run(stand_in):
    program = stand_in("c++", {})
    check = tools.compiler(Cancel())
    assert check.status == "ok"
    assert program.asked() == []
