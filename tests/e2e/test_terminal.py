"""The program in a real terminal: tmux runs it, keys go in, and what the screen shows comes back."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.e2e.long_talk import LONG, deploy_greedy, open_chat
from tests.e2e.terminal import Terminal
from tests.tui.walking import known_answers
from tests.waiting import comes

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux, the terminal of this test")


@pytest.fixture
def terminal(slmtui_home: Path) -> Iterator[Terminal]:
    terminal = Terminal(slmtui_home)
    yield terminal
    terminal.close()


def _workers(home: Path) -> list[int]:
    """Running processes that work for the slmtui of this home."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("SLMTUI_HOME") == str(home) and any(
                "slmtui" in part for part in process.cmdline()
            ):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def _gone(workers: Callable[[], object]) -> bool:
    return comes(lambda: not workers())


@pytest.mark.timeout(900)
def test_the_whole_path_with_enter_alone(terminal: Terminal, slmtui_home: Path) -> None:
    terminal.shows("fernlight-support")
    terminal.shows("Start")
    terminal.type("Enter")
    terminal.shows("Is this machine ready?")
    terminal.shows("Ready")
    terminal.type("Enter")
    terminal.shows("Enter starts.")
    terminal.type("Enter")
    terminal.shows("It says what its source says.", 280)
    terminal.shows("Continue")
    terminal.type("Enter")
    terminal.shows("Write and continue")
    terminal.type("Enter")
    terminal.shows("Enter deploys.")
    terminal.type("Enter")
    terminal.shows("The SDK has it registered and lists it")
    terminal.shows("Continue")
    terminal.type("Enter")
    terminal.shows("Enter sends")
    terminal.type("Enter")
    screen = terminal.shows("tok/s")
    assert any(answer[:30] in screen for answer in known_answers()), screen

    terminal.type("C-q")
    terminal.shows("left with 0")
    assert _gone(lambda: _workers(slmtui_home)), "a process was left behind"


@pytest.mark.timeout(900)
def test_the_whole_path_with_the_mouse_alone(terminal: Terminal, slmtui_home: Path) -> None:
    terminal.click("fernlight-support")
    terminal.shows("Is this machine ready?")
    terminal.shows("Ready")
    terminal.click("Continue")
    terminal.shows("Enter starts.")
    terminal.click("Convert")
    terminal.shows("It says what its source says.", 280)
    terminal.click("Continue")
    terminal.click("Write and continue")
    terminal.shows("Enter deploys.")
    terminal.click("Deploy")
    terminal.shows("The SDK has it registered and lists it")
    terminal.click("Continue")
    terminal.shows("Enter sends")
    terminal.click("Send")
    screen = terminal.shows("tok/s")
    assert any(answer[:30] in screen for answer in known_answers()), screen
    terminal.shows("Enter goes on to measure")
    terminal.click("Validate")
    terminal.click("Measure all")
    terminal.shows("Measuring")

    terminal.click("Environment")
    terminal.shows("Recheck")
    terminal.click("Quit")  # the footer's
    terminal.shows("left with 0")
    assert _gone(lambda: _workers(slmtui_home)), "a process was left behind"


def test_quitting_in_the_middle_of_a_conversion_leaves_nothing_behind(
    terminal: Terminal, slmtui_home: Path
) -> None:
    terminal.shows("fernlight-support")
    terminal.type("Enter")
    terminal.shows("Ready")
    terminal.type("Enter")
    terminal.shows("Enter starts.")
    terminal.type("Enter")
    terminal.shows("Converting")
    time.sleep(2)
    terminal.type("C-q")
    terminal.shows("left with 0")
    assert _gone(lambda: _workers(slmtui_home)), "a process was left behind"
    assert not [path for path in (slmtui_home / "data" / "models").rglob("*") if path.is_file()]

    terminal.type(f"clear; '{sys.executable}' -m slmtui", "Enter")
    terminal.shows("Continue")
    terminal.type("Enter")
    terminal.shows("Enter starts.")


def test_an_answer_is_stopped_and_quitting_in_the_middle_of_the_next_leaves_nothing_behind(
    slmtui_home: Path, smollm2: Path, converted_smollm2: Path, tmp_path: Path
) -> None:
    deploy_greedy(smollm2, converted_smollm2, tmp_path)
    terminal = Terminal(slmtui_home)
    try:
        open_chat(terminal)
        terminal.type("C-u", LONG, "Enter")
        terminal.shows("Esc stops the answer")
        terminal.until(lambda screen: LONG not in screen)  # it scrolls
        terminal.type("Escape")
        terminal.shows("stopped")
        # Nothing was left behind, and nothing left out, of all the lines that were drawn one by one.
        as_it_came = terminal.at_rest()
        assert terminal.drawn_anew() == as_it_came

        terminal.type(LONG, "Enter")
        terminal.shows("Esc stops the answer")
        assert _workers(slmtui_home)
        terminal.type("C-q")
        terminal.shows("left with 0")
        assert _gone(lambda: _workers(slmtui_home)), "a process was left behind"
    finally:
        terminal.close()


def test_a_terminal_that_is_closed_in_the_middle_of_a_conversion_leaves_nothing_running(
    terminal: Terminal, slmtui_home: Path
) -> None:
    terminal.shows("fernlight-support")
    terminal.type("Enter")
    terminal.shows("Ready")
    terminal.type("Enter")
    terminal.shows("Enter starts.")
    terminal.type("Enter")
    terminal.shows("Converting")
    terminal.close()
    assert _gone(lambda: _workers(slmtui_home)), "a process was left behind"
