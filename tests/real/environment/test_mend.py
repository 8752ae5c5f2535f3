"""Fixes carried out in real virtual environments by the real pip: done, failed, cancelled; all is told."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from slmtui.config import settings
from slmtui.environment.fix_folders import folder_plan
from slmtui.environment.fix_packages import toolchain_plan
from slmtui.environment.fix_plan import FixPlan, Step
from slmtui.environment.installer import install, put_in_place
from slmtui.environment.interpreter import examine
from slmtui.environment.inventory import inventory
from slmtui.environment.mend import Mended, StateLeft, mend
from slmtui.events import Cancel, Cancelled, Event, Failure, LogLine, Progress, Service
from tests.waiting import LONG_BEFORE


def plan_for(python: Path, *steps: Step) -> FixPlan:
    return FixPlan("test", "Test", ("package-a",), python, steps, "nothing", "nothing", "install")


def carry_out(plan: FixPlan, cancel: Cancel | None = None) -> tuple[list[Event], Mended]:
    events: list[Event] = []
    service = mend(plan, cancel or Cancel())
    while True:
        try:
            events.append(next(service))
        except StopIteration as end:
            return events, end.value


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def until_it_ends(plan: FixPlan, cancel: Cancel, stop_at: str = "") -> tuple[list[Event], Exception]:
    """Events and the exception of a fix that does not end well; cancelled at the line `stop_at`."""
    events: list[Event] = []
    try:
        for event in mend(plan, cancel):
            events.append(event)
            if event == LogLine(stop_at):
                threading.Timer(0.2, cancel.set).start()
    except (Failure, Cancelled) as ending:
        return events, ending
    raise AssertionError("it ended well")


def packages(python: Path) -> dict[str, str]:
    return {name: found.version for name, found in inventory(examine(python).paths).items()}


@pytest.fixture
def silent_index(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package index that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.delenv("PIP_NO_INDEX", raising=False)
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.getsockname()[1]}/simple")
        yield


def test_a_fix_shows_its_output_its_progress_and_what_it_changed(venv: Path, wheel):
    wheel("a", "1.0")
    wheel("b", "0.9")
    interpreter = examine(venv)
    carry_out(plan_for(venv, *install(interpreter, "Before", "a==1.0", "b==0.9")))
    wheel("a", "2.0", requires=("c",))
    wheel("c", "3.0")
    events, done = carry_out(plan_for(venv, *install(interpreter, "Install it", "a==2.0", "b==0.9")))
    assert done.changed == ("a 1.0 → 2.0", "c 3.0 installed")
    assert packages(venv) == {"a": "2.0", "b": "0.9", "c": "3.0"}
    assert events[-1] == StateLeft("Changed: a 1.0 → 2.0; c 3.0 installed.", done.changed)
    lines = [event.text for event in events if isinstance(event, LogLine)]
    assert any("a-2.0-py3-none-any.whl" in line for line in lines)
    told = [event.fraction for event in events if isinstance(event, Progress)]
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)
    assert {"collect", "install"} <= {event.stage for event in events if isinstance(event, Progress)}
    log = done.log.read_text(encoding="utf-8")
    assert log.startswith("$ ")
    assert all(line in log for line in lines)


def test_the_same_fix_again_changes_nothing_and_says_so(venv: Path, wheel):
    wheel("a", "1.0")
    steps = install(examine(venv), "Install", "a==1.0")
    carry_out(plan_for(venv, *steps))
    events, done = carry_out(plan_for(venv, *steps))
    assert events[-1] == StateLeft("Nothing had to be changed.")
    assert done.changed == ()


@pytest.mark.parametrize("damage", ["METADATA", "module"])
def test_a_damaged_package_is_put_in_place(venv: Path, wheel, damage: str):
    wheel("a", "1.0")
    interpreter = examine(venv)
    carry_out(plan_for(venv, *install(interpreter, "Install", "a==1.0")))
    (info,) = next(Path(path) for path in interpreter.paths if "site-packages" in path).glob(
        "a-1.0.dist-info"
    )
    broken = info.with_name("a") / "__init__.py" if damage == "module" else info / damage
    broken.unlink()
    _, done = carry_out(plan_for(venv, *put_in_place(interpreter, "Repair", "a==1.0")))
    assert broken.is_file()
    assert done.changed == ("a 1.0 installed anew",)


def test_a_package_that_pip_cannot_replace_names_the_way_out(venv: Path, wheel):
    wheel("a", "1.0")
    wheel("a", "2.0")
    interpreter = examine(venv)
    carry_out(plan_for(venv, *install(interpreter, "Install", "a==1.0")))
    site = next(Path(path) for path in interpreter.paths if "site-packages" in path)
    (site / "a-1.0.dist-info" / "RECORD").unlink()
    _, failure = until_it_ends(plan_for(venv, *install(interpreter, "Install", "a==2.0")), Cancel())
    assert isinstance(failure, Failure)
    assert "not installed by pip" in failure.cause
    assert "slmtui toolchain build" in failure.fix


def test_an_index_that_cannot_be_reached_fails_and_leaves_everything(venv: Path, monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null" if sys.platform != "win32" else "NUL")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("PIP_RETRIES", "1")
    _, failure = until_it_ends(plan_for(venv, *install(examine(venv), "Install", "a==1.0")), Cancel())
    assert isinstance(failure, Failure)
    assert failure.cause == "The package index cannot be reached. Nothing was changed."
    assert "pip config list" in failure.fix
    assert "127.0.0.1" in failure.log.read_text(encoding="utf-8")
    assert packages(venv) == {}


def test_a_version_that_does_not_exist_fails_after_the_state_was_told(venv: Path, wheel):
    wheel("a", "1.0")
    interpreter = examine(venv)
    steps = (*install(interpreter, "First", "a==1.0"), *install(interpreter, "Second", "a==9.9"))
    events, failure = until_it_ends(plan_for(venv, *steps), Cancel())
    assert isinstance(failure, Failure)
    state = events[-1]
    assert isinstance(state, StateLeft)
    assert state.changed == ("a 1.0 installed",)
    assert state.text.startswith("It was left half done: a 1.0 installed.")
    assert failure.cause.startswith("The package index has no a==9.9 for this Python")
    assert failure.cause.endswith(state.text)


def test_a_cancelled_download_ends_pip_and_changes_nothing(venv: Path, wheel, silent_index):
    cancel = Cancel()
    threading.Timer(3.0, cancel.set).start()
    began = time.monotonic()
    events, ending = until_it_ends(plan_for(venv, *install(examine(venv), "Install", "a==1.0")), cancel)
    assert isinstance(ending, Cancelled)
    assert time.monotonic() - began < LONG_BEFORE
    assert events[-1] == StateLeft("Nothing was changed.")
    assert psutil.Process().children(recursive=True) == []


def test_a_fix_cancelled_half_way_says_what_is_different(venv: Path, wheel):
    wheel("a", "1.0")
    interpreter = examine(venv)
    site = next(path for path in interpreter.paths if "site-packages" in path)
    # pip renames what it replaces to ~… first; a kill in that moment leaves it there.
    leave = f"import os; os.mkdir(os.path.join({site!r}, '~ld'))"
    code = f"{leave}; print('there', flush=True); import time; time.sleep(60)"
    waits = Step("Wait", (str(venv), "-c", code))
    cancel = Cancel()
    steps = (*install(interpreter, "Install", "a==1.0"), waits)
    events, ending = until_it_ends(plan_for(venv, *steps), cancel, "there")
    assert isinstance(ending, Cancelled)
    state = events[-1]
    assert isinstance(state, StateLeft)
    assert state.changed == ("a 1.0 installed",)
    assert "half done" in state.text
    assert not Path(site, "~ld").exists()
    assert psutil.Process().children(recursive=True) == []


def test_a_fix_that_is_closed_leaves_no_process(venv: Path):
    waits = Step("Wait", (str(venv), "-c", "import time; print(1, flush=True); time.sleep(60)"))
    service = mend(plan_for(venv, waits), Cancel())
    while not isinstance(next(service), LogLine):
        pass
    service.close()
    assert psutil.Process().children(recursive=True) == []


def test_a_tool_chain_of_our_own_takes_the_place_of_the_chosen_one(venv: Path):
    settings.save(toolchain_python=str(venv))
    built: list[str] = []

    def build(cancel: Cancel) -> Service[None]:  # the real one is proved with the managed tool chain
        built.append("built")
        yield LogLine("building")

    events = list(mend(toolchain_plan(("package-a",)), Cancel(), build))
    assert built == ["built"]
    assert LogLine("building") in events
    assert settings.load()[0].toolchain_python == ""
    assert events[-1].changed == (f"Olive runs with: {venv} (chosen) → {sys.executable} (own)",)


def test_a_tool_chain_that_cannot_be_built_leaves_the_choice_as_it_was(venv: Path):
    settings.save(toolchain_python=str(venv))

    def build(cancel: Cancel) -> Service[None]:
        yield LogLine("building")
        raise Failure("The disk is full.", "Free some room.")

    with pytest.raises(Failure, match=r"The disk is full\. Nothing was changed\."):
        list(mend(toolchain_plan(), Cancel(), build))
    assert settings.load()[0].toolchain_python == str(venv)


@pytest.mark.skipif(sys.platform == "win32", reason="folders have access lists there")
def test_a_locked_folder_is_unlocked(tmp_path: Path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    plan = folder_plan("folders", [locked / "inside"])
    events = list(mend(plan, Cancel()))
    assert (locked / "inside").is_dir()
    assert events[-1].changed == (
        f"{locked}: there, mode 500 → there, mode 700",
        f"{locked / 'inside'}: not there → there, mode {0o777 & ~_umask():o}",
    )
