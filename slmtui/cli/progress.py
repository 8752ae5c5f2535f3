"""Progress for people: one line that is rewritten on a terminal, a few plain lines anywhere else."""

from __future__ import annotations

import os
from typing import IO

from slmtui.events import Progress
from slmtui.text import plain
from slmtui.units import duration

_BAR_CELLS = 20
_STEP = 0.1


class ProgressLine:
    """Shows how far a job is, on standard error and without escape sequences: there is none to turn off."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._shown = 0
        self._said: tuple[str, float] = ("", -1.0)

    def show(self, progress: Progress) -> None:
        """Show where the job is now."""
        text = plain(progress.text)
        percent = "" if progress.fraction is None else f"{progress.fraction:4.0%} "
        left = f", {duration(progress.seconds_left)} left" if progress.seconds_left else ""
        if self._live:
            self._rewrite(f"{_bar(progress.fraction)}{percent}{text}{left}")
            return
        # In a log file a line for every layer would bury what matters.
        stage, fraction = self._said
        if progress.stage != stage or (progress.fraction or 0) >= fraction + _STEP:
            self._said = (progress.stage, progress.fraction or 0)
            self._print(f"{percent}{text}\n")

    def clear(self) -> None:
        """Take the line away, so that something else can be said."""
        if self._shown:
            self._print("\r" + " " * self._shown + "\r")
            self._shown = 0

    def _rewrite(self, text: str) -> None:
        try:
            columns = os.get_terminal_size(self._stream.fileno()).columns
        except (OSError, ValueError):
            columns = 0
        text = text[: (columns or 80) - 1]  # a full line would wrap, and a wrapped line cannot be rewritten
        self._print("\r" + text.ljust(self._shown))
        self._shown = len(text)

    def _print(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self._live = False  # nobody reads it; the work goes on


def _bar(fraction: float | None) -> str:
    if fraction is None:
        return ""
    full = round(min(max(fraction, 0.0), 1.0) * _BAR_CELLS)
    return "#" * full + "." * (_BAR_CELLS - full) + " "
