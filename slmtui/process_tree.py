"""A process with everything it started, on every OS: its end, its memory, its CPU, its priority."""

from __future__ import annotations

import contextlib
import sys
import time

import psutil

# Seconds to wait for killed processes; the kernel has to give gigabytes back first.
_PATIENCE = 3.0


def lower_priority(pid: int) -> None:
    """Let everything else on the machine go first.

    Windows has a class for it, the others a number; it is a courtesy, so a refusal is no error.
    """
    with contextlib.suppress(psutil.Error):
        if sys.platform == "win32":
            psutil.Process(pid).nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            psutil.Process(pid).nice(10)


def end_tree(pid: int) -> None:
    """Kill a process and all its descendants; unknown ids are no error."""
    tree = _tree(pid)
    for process in tree:
        try:
            process.kill()
        except psutil.Error:
            continue
    deadline = time.monotonic() + _PATIENCE
    while not all(map(_ended, tree)) and time.monotonic() < deadline:
        time.sleep(0.005)


def _ended(process: psutil.Process) -> bool:
    """Whether a process runs no more; one that waits for its parent to take notice (a zombie) does not.

    An orphan stays a zombie until process 1 notices, which in a container may be a second later.
    """
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return True


def memory(pid: int) -> int:
    """Resident bytes of a process and all its descendants, 0 once it has ended."""
    return sum(rss for rss, _ in map(_usage, _tree(pid)))


class Meter:
    """Samples memory and CPU of a process tree.

    CPU percent is of one core (200 = two cores busy), between two calls of `sample`.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._known: dict[int, psutil.Process] = {}
        self.peak_rss_bytes = 0

    def sample(self) -> tuple[int, float]:
        """Resident bytes and CPU percent of the tree now; (0, 0.0) once it has ended."""
        tree = _tree(self._pid)
        # cpu_percent compares with the previous call on the same object, so objects are kept.
        self._known = {p.pid: self._known.get(p.pid, p) for p in tree}
        sums = [_usage(process) for process in self._known.values()]
        rss = sum(memory for memory, _ in sums)
        self.peak_rss_bytes = max(self.peak_rss_bytes, rss)
        return rss, sum(cpu for _, cpu in sums)


def _usage(process: psutil.Process) -> tuple[int, float]:
    try:
        return process.memory_info().rss, process.cpu_percent()
    except psutil.Error:
        return 0, 0.0


def _tree(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []
