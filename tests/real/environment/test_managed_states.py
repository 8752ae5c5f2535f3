"""What a build of the tool chain leaves behind: each with the real venv and pip, and one small package."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from slmtui.config import toolchain
from slmtui.config.toolchain import MARKER, Toolchain, managed_dir
from slmtui.environment import installed, managed
from slmtui.environment.interpreter import examine
from slmtui.environment.version_set import Package
from slmtui.events import Cancel, Cancelled, Event, Failure, LogLine, Progress, Service, drain


@pytest.fixture(autouse=True)
def small_set(wheel: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A version set of one package that comes from the disk."""
    wheel("tiny", "1.0")
    package = Package("tiny", "tiny", "==1.0", "deploy", "a package of the test's own")
    monkeypatch.setattr(managed, "set_packages", lambda: (package,))


def proved(python: Path, cancel: Cancel) -> Service[None]:
    """Proves that the package is there, by importing it."""
    yield Progress("stage", "Looking", 0.5)
    subprocess.run([python, "-I", "-c", "import tiny"], check=True)


def refused(python: Path, cancel: Cancel) -> Service[None]:
    yield Progress("stage", "Looking", 0.5)
    raise Failure("It converts nothing.", "")


def build(prove: managed.Prove = proved, cancel: Cancel | None = None) -> tuple[list[Event], Toolchain]:
    events: list[Event] = []
    service = managed.build(cancel or Cancel(), prove)
    while True:
        try:
            events.append(next(service))
        except StopIteration as end:
            return events, end.value


def test_it_is_used_once_it_is_proved_and_a_new_one_takes_its_place() -> None:
    events, first = build()
    assert toolchain.current() == first
    assert installed.version("tiny", examine(first.python)) == "1.0"
    stages = list(dict.fromkeys(event.stage for event in events if isinstance(event, Progress)))
    assert stages == ["begin", "done", "collect", "install", "prove"]
    fractions = [event.fraction for event in events if isinstance(event, Progress)]
    assert fractions == sorted(fractions, key=float)
    assert fractions[-1] == 1.0
    assert any(isinstance(event, LogLine) and "Successfully installed tiny" in event.text for event in events)

    (managed_dir() / "20200101-killed" / "lib").mkdir(parents=True)  # what a killed slmtui left
    _, second = build()
    assert second != first
    assert toolchain.current() == second
    assert list(managed_dir().iterdir()) == [second.python.parent.parent]


@pytest.mark.parametrize("fault", ["proof", "index", "cancelled"])
def test_the_one_before_stays_in_use_when_a_new_one_comes_to_nothing(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, before = build()
    cancel = Cancel()
    if fault == "proof":
        with pytest.raises(Failure, match="It converts nothing"):
            build(refused)
    elif fault == "index":
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.delenv("PIP_FIND_LINKS")
        monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
        monkeypatch.setenv("PIP_RETRIES", "0")
        with pytest.raises(Failure) as failure:
            build()
        assert failure.value.fix
        assert failure.value.log is not None
        assert "127.0.0.1" in failure.value.log.read_text(encoding="utf-8")
    else:
        service = managed.build(cancel, proved)
        while not (isinstance(event := next(service), LogLine) and "pip install" in event.text):
            pass
        threading.Timer(0.1, cancel.set).start()
        with pytest.raises(Cancelled):
            drain(service)
    assert list(managed_dir().iterdir()) == [before.python.parent.parent]
    assert toolchain.current() == before


def test_what_a_program_runs_with_is_neither_removed_nor_replaced_under_it() -> None:
    _, first = build()
    folder = first.python.parent.parent
    with subprocess.Popen([first.python, "-c", "input()"], stdin=subprocess.PIPE) as program:
        with pytest.raises(Failure, match=f"in use by process {program.pid} "):
            drain(managed.remove())
        assert toolchain.current() == first
        _, second = build()
        assert toolchain.current() == second
        assert (folder / MARKER).exists()
        program.communicate(b"\n")
    assert drain(managed.remove()) == tuple(sorted([folder, second.python.parent.parent]))
    assert toolchain.current().kind == "own"
    assert drain(managed.remove()) == ()


def test_without_ensurepip_and_uv_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacks(module: str, interpreter: object = None) -> bool:
        return module != "ensurepip"

    monkeypatch.setattr(installed, "has_module", lacks)
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(Failure, match="no ensurepip") as failure:
        build()
    assert "venv" in failure.value.fix
    assert list(managed_dir().iterdir()) == []
