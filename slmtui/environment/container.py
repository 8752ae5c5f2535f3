"""The memory a Linux container may use, which the machine's own figures do not show, and who paid for it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUP = Path("/proc/self/cgroup")


class Limit(NamedTuple):
    """Bytes allowed and bytes still free of them."""

    total: int
    free: int


def memory() -> Limit | None:
    """The tightest memory limit that holds for this process, None outside of a limited container.

    Reads control groups version 2 (Documentation/admin-guide/cgroup-v2.rst of the kernel): `memory.max` of
    the own group and of those above it. Cached file pages count as free, as in the machine's own figure.
    """
    limits = [_limit(folder) for folder in _groups()]
    return min((limit for limit in limits if limit is not None), default=None)


def processes_killed() -> int:
    """How many processes of this group the kernel has ended for want of memory, the machine's or the group's.

    `oom_kill` in `memory.events` of control groups version 2, counted since the group was made; children
    belong to the group of whoever started them. 0 where nothing counts.
    """
    for group in _groups()[:1]:
        try:
            words = (group / "memory.events").read_text(encoding="utf-8").split()
            return int(words[words.index("oom_kill") + 1])
        except (OSError, ValueError, IndexError):
            continue
    return 0


def _groups() -> list[Path]:
    """The own control group and those above it."""
    try:
        own = next(
            line[3:].strip().lstrip("/")
            for line in OWN_CGROUP.read_text(encoding="utf-8").splitlines()
            if line.startswith("0::")
        )
    except (OSError, StopIteration):
        return []
    group = CGROUPS / own
    groups = [group, *group.parents] if own else [group]
    return [folder for folder in groups if folder == CGROUPS or CGROUPS in folder.parents]


def _limit(group: Path) -> Limit | None:
    try:
        total = int((group / "memory.max").read_text(encoding="utf-8"))
        used = int((group / "memory.current").read_text(encoding="utf-8"))
        stat = (group / "memory.stat").read_text(encoding="utf-8").split()
        cached = int(stat[stat.index("inactive_file") + 1])
    except (OSError, ValueError, IndexError):
        return None  # no such file, or "max": this group has no limit
    return Limit(total, max(0, total - max(0, used - cached)))
