"""A real terminal for the tests: tmux runs slmtui, keys go in, and what the screen shows comes back."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from rich.cells import cell_len


class Terminal:
    """A tmux session of 80×24 on a server of its own, with slmtui in it."""

    def __init__(self, home: Path) -> None:
        self._server = f"e2e-{uuid.uuid4().hex[:8]}"  # not our name: it would look like a process of ours
        self._clicked = -10.0  # when the mouse was last used
        environment = {**os.environ, "SLMTUI_HOME": str(home), "TERM": "xterm-256color"}
        self._tmux("new-session", "-d", "-s", "t", "-x", "80", "-y", "24", "sh", environment=environment)
        self.type(f"'{sys.executable}' -m slmtui; echo left with $?", "Enter")

    def _tmux(self, *arguments: str, environment: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._server, "-f", os.devnull, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        return done.stdout

    def type(self, *keys: str) -> None:
        self._tmux("send-keys", "-t", "t", *keys)

    def click(self, text: str, seconds: float = 120) -> None:
        """Wait for `text`, and click in the middle of where it stands last (buttons are at the bottom).

        A button takes what comes a fifth of a second after a click for the second half of a double click, and
        does nothing. No user is that quick with what he has just read, and neither is this.
        """
        time.sleep(max(0.0, self._clicked + 1.5 - time.monotonic()))
        place = self._where(self.until(lambda screen: self._where(screen, text), seconds), text)
        assert place is not None
        self._mouse("<0;{};{}M<0;{};{}m", *place, *place)
        self._clicked = time.monotonic()

    def _mouse(self, reports: str, *places: int) -> None:
        """Report to the program, as terminals do (SGR), that the mouse's button went down or up somewhere."""
        written = reports.format(*places).replace("<", "\x1b[<")
        self._tmux("send-keys", "-t", "t", "-H", *(f"{byte:02x}" for byte in written.encode()))

    @staticmethod
    def _where(screen: str, text: str) -> tuple[int, int] | None:
        """Column and row of the middle of `text`, where it stands last; counted from one, None if nowhere."""
        words = re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")
        for number, line in reversed(list(enumerate(screen.splitlines(), 1))):
            for found in reversed(list(words.finditer(line))):
                return cell_len(line[: found.start()]) + (cell_len(text) + 1) // 2, number
        return None

    def screen(self) -> str:
        return self._tmux("capture-pane", "-t", "t", "-p")

    def looks(self) -> str:
        """The screen with its colours, for what only they tell."""
        return self._tmux("capture-pane", "-t", "t", "-p", "-e")

    def shows(self, text: str, seconds: float = 120) -> str:
        """Wait until the screen shows `text`; fails with what it shows instead."""
        deadline = time.monotonic() + seconds
        while text not in (screen := self.screen()):
            assert time.monotonic() < deadline, f"no {text!r} within {seconds} s, but:\n{screen}"
            time.sleep(0.1)
        return screen

    def until(self, seen: Callable[[str], object], seconds: float = 120) -> str:
        """Wait until `seen` of the screen's text; fails with what it shows instead."""
        deadline = time.monotonic() + seconds
        while not seen(screen := self.screen()):
            assert time.monotonic() < deadline, f"not seen within {seconds} s, but:\n{screen}"
            time.sleep(0.1)
        return screen

    def at_rest(self) -> str:
        """The screen once it stays as it is for a second."""

        def stays(screen: str) -> bool:
            time.sleep(1)
            return screen == self.screen()

        return self.until(stays)

    def drawn_anew(self) -> str:
        """The screen as a program draws all of it that finds its terminal resized, at the size it has."""
        for columns in (90, 80):
            self._tmux("resize-window", "-t", "t", "-x", str(columns), "-y", "24")
            self.at_rest()
        return self.at_rest()

    def shell_pid(self) -> int:
        return int(self._tmux("display-message", "-t", "t", "-p", "#{pane_pid}"))

    def close(self) -> None:
        self._tmux("kill-server")
