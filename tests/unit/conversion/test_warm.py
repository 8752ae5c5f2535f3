"""A worker that waits, and who gets it. Real processes; the worker's module is a stand-in."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slmtui.config import toolchain
from slmtui.config.toolchain import Toolchain
from slmtui.conversion import warm
from tests.waiting import LONG_BEFORE

PYTHON = Path(sys.executable)
NAME = "stand_in_worker"


@pytest.fixture(autouse=True)
def waits(worker: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    worker("link.send('converted', files={}, peak_rss_bytes=1, got=request)")
    monkeypatch.setattr(warm, "WORKER", NAME)
    yield
    warm.end()


def waiting() -> warm.Worker:
    assert warm._waiting is not None
    return warm._waiting


def test_the_worker_that_waits_is_taken_and_serves(tmp_path: Path) -> None:
    assert warm.start()
    pid = waiting().child.pid
    assert warm.start()
    assert waiting().child.pid == pid, "one is enough"
    with warm.take(NAME, PYTHON) as taken:
        assert taken.child.pid == pid
        taken.child.log_to(tmp_path / "log")
        taken.child.send({"steps": []})
        reply = next(message for message in taken.child.messages() if isinstance(message, dict))
        assert reply["got"] == {"steps": []}
        with warm.take(NAME, PYTHON) as other:
            assert other.child.pid != pid
    assert not taken.child.alive


def test_what_it_printed_while_it_waited_is_in_the_log(tmp_path: Path, worker: Callable[[str], None]) -> None:
    worker("pass")
    file = tmp_path / "stand-in" / "stand_in_worker.py"
    file.write_text("print('a warning', flush=True)\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    assert warm.start()
    deadline = time.monotonic() + LONG_BEFORE
    while not waiting().child.tail and time.monotonic() < deadline:
        time.sleep(0.02)
    with warm.take(NAME, PYTHON) as taken:
        taken.child.log_to(tmp_path / "log")
    assert "a warning" in (tmp_path / "log").read_text(encoding="utf-8")


def test_another_tool_chains_conversion_gets_a_worker_of_its_own() -> None:
    assert warm.start()
    before = waiting()
    with warm.take("another_module", PYTHON) as taken:
        assert taken is not before
        assert not before.child.alive, "two would take the memory of two"


def test_one_that_died_is_not_handed_out() -> None:
    assert warm.start()
    before = waiting()
    before.child.kill()
    with warm.take(NAME, PYTHON) as taken:
        assert taken is not before
        assert taken.child.alive


def test_it_ends_when_nobody_comes(slmtui_home: Path) -> None:
    assert warm.start(patience=0.3)
    worker = waiting()
    folder = next((slmtui_home / "cache").iterdir())
    deadline = time.monotonic() + LONG_BEFORE
    while worker.child.alive and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not worker.child.alive
    deadline = time.monotonic() + LONG_BEFORE
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not folder.exists()


def test_nothing_waits_where_memory_is_short_or_there_is_no_interpreter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(toolchain, "current", lambda: Toolchain(tmp_path / "none", "chosen"))
    assert not warm.start()
    monkeypatch.undo()
    monkeypatch.setattr(warm, "free_memory", lambda: 500_000_000)
    assert not warm.start()
