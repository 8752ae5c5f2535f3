"""Watching a host: how busy the cores are, and whether it still lives."""

from __future__ import annotations

import time

import psutil

# A host that says nothing for this long (seconds) and has used no processor time in the second half of it
# hangs. A large model on a slow machine is silent for longer, but busy.
HUNG_SECONDS = 20.0
# "No processor time": less than this part of the time that has passed.
_IDLE = 0.01


class Cores:
    """How busy each core of the machine is, between the making of this and a call of `percent`."""

    def __init__(self) -> None:
        self._before = psutil.cpu_times(percpu=True)

    def percent(self) -> tuple[float, ...]:
        """Percent of each core, whoever used it; 0 where no time has passed."""
        after = psutil.cpu_times(percpu=True)
        return tuple(_busy(a, b) for a, b in zip(self._before, after, strict=False))


def _busy(before: tuple[float, ...], after: tuple[float, ...]) -> float:
    # Field by field as psutil orders them; guest times are part of user times already.
    idle = _field(after, "idle") - _field(before, "idle") + _field(after, "iowait") - _field(before, "iowait")
    whole = sum(after) - sum(before)
    for name in ("guest", "guest_nice"):
        whole -= _field(after, name) - _field(before, name)
    return round(max(0.0, min(100.0, 100 * (whole - idle) / whole)), 1) if whole > 0 else 0.0


def _field(times: tuple[float, ...], name: str) -> float:
    return float(getattr(times, name, 0.0))


class Pulse:
    """Tells a host that hangs from one that works in silence."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.heard()

    def heard(self) -> None:
        """It has said something."""
        self._since = time.monotonic()
        self._used: float | None = None

    def hangs(self) -> bool:
        """Whether it has been silent and idle for too long; to be asked again and again."""
        silent = time.monotonic() - self._since
        if silent < HUNG_SECONDS / 2:
            return False
        used = _cpu_seconds(self._pid)
        if self._used is None:
            self._used = used
        if silent < HUNG_SECONDS:
            return False
        if used - self._used < _IDLE * HUNG_SECONDS / 2:
            return True
        self.heard()
        return False


def _cpu_seconds(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)
