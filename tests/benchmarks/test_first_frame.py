"""First frame of slmtui (the rail) against that of a bare Textual app, in turn, in a real pseudo-terminal."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

import pytest

from tests.benchmarks.conftest import Goals

ROUNDS = 7
BARE = """
from textual.app import App
from textual.widgets import Footer, Static
class Bare(App):
    def compose(self):
        yield Static("first frame")
        yield Footer()
Bare().run()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is a POSIX thing")
def test_the_first_frame_beside_that_of_a_bare_app(goals: Goals) -> None:
    bare, ours, full = [], [], []
    for _ in range(ROUNDS + 1):
        bare.append(_seconds_until([sys.executable, "-c", BARE], b"first frame"))
        ours.append(_seconds_until([sys.executable, "-m", "slmtui"], b"Environment"))
        full.append(_seconds_until([sys.executable, "-m", "slmtui"], b"fernlight-support"))
    # The first round compiles what has never been run; an installed slmtui comes compiled, as Textual does.
    base, first, whole = (statistics.median(times[1:]) for times in (bare, ours, full))
    print(
        f"bare {base:.3f} s, first frame {first / base:.2f} times that, the list below it {whole / base:.2f}"
    )
    goals.at_most("first frame / that of a bare Textual app", first / base, 1.3)


def _seconds_until(command: list[str], text: bytes) -> float:
    """Seconds from starting `command` in a pseudo-terminal until it has written `text`."""
    import fcntl
    import pty
    import struct
    import termios

    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    started = time.perf_counter()
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child, env=environment)
    os.close(child)
    seen = b""
    try:
        while text not in seen:
            piece = os.read(parent, 65536)
            assert piece, f"ended without showing {text!r}: {seen[-500:]!r}"
            seen = seen[-len(text) :] + piece
        return time.perf_counter() - started
    finally:
        process.kill()
        process.wait()
        os.close(parent)
