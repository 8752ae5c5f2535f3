"""The most memory a process has had, by the system's own account."""

from __future__ import annotations

import contextlib
import re
import sys
from pathlib import Path

import psutil


def high_water(pid: int) -> int:
    """Peak resident bytes of one process since its start; 0 where the system does not tell.

    Linux: `VmHWM` in /proc/<pid>/status. Windows: `PeakWorkingSetSize`. macOS tells it of oneself only.
    Sampling would miss a peak between two looks, such as the one while a model is loaded.
    """
    peak = 0
    with contextlib.suppress(OSError, psutil.Error):  # it has ended
        if sys.platform == "win32":
            peak = psutil.Process(pid).memory_info().peak_wset
        elif sys.platform == "linux":
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
            found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
            peak = int(found[1]) * 1024 if found else 0
    return peak
