"""`slmtui toolchain`: what it says, whom it asks, and how it ends."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from slmtui.config import locations, settings, toolchain
from tests.calling import slmtui


@pytest.fixture
def proved() -> Path:
    """A tool chain of slmtui's own that was proved, as far as its files say so."""
    folder = toolchain.managed_dir() / "20260101-000000-000000"
    python = toolchain.venv_python(folder)
    python.parent.mkdir(parents=True)
    python.touch()
    (folder / toolchain.MARKER).write_text('{"proved": "2026-01-01"}', encoding="utf-8")
    return folder


def test_it_says_which_python_and_why() -> None:
    done = slmtui("toolchain")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        f"{sys.executable}  (own)",
        "Olive and the runtimes run with slmtui's own Python.",
    ]


def test_a_chosen_one_that_is_gone_is_said_with_the_fix(tmp_path: Path) -> None:
    settings.save(toolchain_python=str(tmp_path / "gone"))
    done = slmtui("toolchain", "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["kind"] == "chosen"
    assert told["python"] == str(tmp_path / "gone")
    assert told["status"] == "fail"
    assert "[toolchain] python" in told["fix"]
    said = slmtui("toolchain").stdout
    assert "No such file" in said
    assert ".." not in said


def test_a_choice_that_was_lost_with_damaged_settings_is_said() -> None:
    locations.config_dir().mkdir(parents=True)
    locations.settings_file().write_text("[toolchain\npython = ", encoding="utf-8")
    done = slmtui("toolchain", "--json")
    assert json.loads(done.stdout)["kind"] == "own"
    assert "is damaged" in done.stderr


def test_nobody_to_ask_means_that_nothing_is_built_or_removed(proved: Path) -> None:
    for action in ("build", "remove"):
        done = slmtui("toolchain", action)
        assert done.returncode == 2
        assert "there is nobody to ask" in done.stderr
        assert "--yes" in done.stderr
    ended = json.loads(slmtui("toolchain", "build", "--json").stdout.splitlines()[-1])
    assert ended["event"] == "finished"
    assert ended["status"] == "failed"
    assert toolchain.managed() is not None


def test_what_would_be_built_is_shown_before_the_question() -> None:
    shown = slmtui("toolchain", "build").stdout
    assert str(toolchain.managed_dir()) in shown
    assert "slmtui toolchain build --yes" in shown.replace(f"{sys.executable} -m ", "")


def test_how_far_the_removal_is_is_said(proved: Path) -> None:
    for number in range(3):
        (proved / f"{number}.py").write_text("x" * 500, encoding="utf-8")
    done = slmtui("toolchain", "remove", "--yes")
    assert done.stdout == f"{proved}\n"
    assert f"Deleting 1.5 kB in {proved}" in done.stderr
    assert "100%" in done.stderr


def test_it_is_removed_after_a_yes(proved: Path) -> None:
    done = slmtui("toolchain", "remove", "--yes", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == {"removed": [str(proved)], "python": sys.executable}
    assert not proved.exists()
    assert slmtui("toolchain", "remove", "--yes").stdout == "There is none.\n"
