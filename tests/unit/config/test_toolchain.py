"""Which Python runs Olive: the user's choice, slmtui's own tool chain, slmtui's Python, in this order."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from slmtui.config import locations, settings, toolchain
from slmtui.config.toolchain import Toolchain
from slmtui.environment.interpreter import examine
from slmtui.events import Failure
from slmtui.process import Child


def managed(name: str, marker: str | None) -> Path:
    folder = toolchain.managed_dir() / name
    python = toolchain.venv_python(folder)
    python.parent.mkdir(parents=True)
    python.touch()
    if marker is not None:
        (folder / toolchain.MARKER).write_text(marker, encoding="utf-8")
    return python


def test_it_is_our_own_where_nothing_else_is() -> None:
    assert toolchain.current() == Toolchain(Path(sys.executable), "own")


def test_the_newest_proved_one_of_slmtui_comes_before_our_own() -> None:
    managed("20260101", '{"proved": "2026-01-01T00:00:00+00:00"}')
    newer = managed("20260201", '{"proved": "2026-02-01T00:00:00+00:00"}')
    managed("20260301", None)  # unfinished
    managed("20260401", "{")  # cut off
    managed("20260501", '{"proved": ""}')
    assert toolchain.current() == Toolchain(newer, "managed")


def test_one_whose_python_is_gone_is_not_used() -> None:
    managed("20260101", '{"proved": "2026-01-01"}').unlink()
    assert toolchain.current().kind == "own"


def test_the_users_choice_comes_first_and_keeps_the_file_as_it_was(tmp_path: Path) -> None:
    managed("20260101", '{"proved": "2026-01-01"}')
    locations.config_dir().mkdir(parents=True)
    locations.settings_file().write_text("# mine\n[toolchain] # which\nextra = 1\n", encoding="utf-8")
    settings.save(toolchain_python=str(tmp_path / "python"))
    assert toolchain.current() == Toolchain(tmp_path / "python", "chosen")
    text = locations.settings_file().read_text(encoding="utf-8")
    assert "# mine" in text
    assert "extra = 1" in text
    assert "# which" in text
    settings.save(toolchain_python="")
    assert toolchain.current().kind == "managed"


def test_a_bare_name_is_looked_up_on_the_path_not_in_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "python-of-mine.exe"  # an ending that Windows runs
    here, on_path = tmp_path / "here", tmp_path / "bin"
    for folder in (here, on_path):
        folder.mkdir()
        (folder / name).touch(mode=0o755)
    monkeypatch.chdir(here)
    monkeypatch.setenv("PATH", str(on_path))
    settings.save(toolchain_python=name)
    if sys.platform != "win32":  # which looks into the folder itself first, as its shells do
        assert toolchain.current() == Toolchain(on_path / name, "chosen")
    (on_path / name).unlink()
    (here / name).unlink()
    assert toolchain.current().python == Path(name)
    with pytest.raises(Failure, match=f"There is no {name} on PATH"):
        examine(toolchain.current().python)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("toolchain = 3", "toolchain has to be a table"),
        ("[toolchain]\npython = 3", "[toolchain] python has to be text"),
    ],
)
def test_a_wrong_choice_in_the_settings_is_said(text: str, said: str) -> None:
    locations.config_dir().mkdir(parents=True)
    locations.settings_file().write_text(text, encoding="utf-8")
    loaded, problem = settings.load()
    assert loaded.toolchain_python == ""
    assert problem is not None
    assert said in problem.cause


def test_a_chosen_python_that_is_gone_is_a_failure_of_whoever_starts_it(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"gone/python cannot be started: No such file"):
        Child("slmtui.runtime.host", python=tmp_path / "gone" / "python")
