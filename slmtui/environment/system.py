"""The machine: Python, platform, processor, memory and disk."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from slmtui.config import locations, toolchain
from slmtui.environment import container, processor
from slmtui.environment.check import Check, CheckStatus
from slmtui.environment.demand import Demand
from slmtui.environment.version_set import version_set
from slmtui.units import size

GB = 10**9
# 8 GB is the guide's rule. The libraries of a conversion alone take 0.45 GB, before any model is loaded.
WANTED_MEMORY, LEAST_MEMORY = 8 * GB, 1 * GB
# INT4 takes 0.36 of the FP32 checkpoint (measured), so 1.5 billion parameters take 2.2 GB, once converted and
# once deployed.
WANTED_DISK, LEAST_DISK = 5 * GB, GB // 2
# For logs, settings and what other programs put there meanwhile, where the large things go elsewhere.
LITTLE_DISK = GB // 10
_OUTPUT = "the output"
_LESS_MEMORY = "Close other programs, or choose a smaller model."
_STATUSES: tuple[CheckStatus, ...] = ("fail", "warn", "ok", "skipped")


def python() -> Check:
    """The interpreter: its version, that it is CPython, 64 bits, and has its global lock."""
    needs = version_set().python
    version = ".".join(str(part) for part in sys.version_info[:3])
    bits = 64 if sys.maxsize > 2**32 else 32
    implementation = platform.python_implementation()
    threading = ", free-threaded" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    status: CheckStatus = "ok"
    own = toolchain.current().kind == "own"
    reason = f"slmtui {'and its workers run' if own else 'runs'} with {sys.executable}."
    # Where Olive runs with another Python, this one needs wheels for nothing but the screens.
    if not own and sys.version_info[:2] >= needs.minimum:
        pass
    elif sys.version_info[:2] < needs.minimum or bits != 64 or implementation != "CPython" or threading:
        status = "fail"
        reason = "The packages of the version set have no wheels for this Python."
    elif sys.version_info[:2] >= needs.below:
        status = "warn"
        reason = "The version set was never tried with a Python as new as this."
    return Check(
        "python",
        "Python",
        status,
        f"{implementation} {version}, {bits}-bit{threading}",
        f"CPython {needs.text}, 64-bit",
        reason,
        ""
        if status == "ok"
        else f"Install slmtui with Python {needs.best}: https://www.python.org/downloads/",
    )


def machine() -> Check:
    """Operating system and architecture."""
    known = version_set().platforms
    tag = platform_tag()
    name = {"darwin": "macOS", "win32": "Windows"}.get(sys.platform, platform.system())
    release = platform.mac_ver()[0] if sys.platform == "darwin" else platform.release()
    there = tag in known.wheels
    return Check(
        "platform",
        "System",
        "ok" if there else "warn",
        f"{name} {release}, {tag.partition('-')[2]}",
        "wheels for every package",
        "Every package of the version set has a wheel for it."
        if there
        else known.without.get(tag, "The packages of the version set have no wheels for it."),
        "" if there else "Use Linux (x64 or Arm64), Windows on x64, or macOS on Apple silicon.",
    )


def platform_tag() -> str:
    """This interpreter's system in the words of wheel names: linux-x86_64, macosx-arm64, win-amd64."""
    if os.name == "nt":
        return sysconfig.get_platform()  # the interpreter's, which may be x64 on an Arm64 machine
    machine = platform.machine().lower()
    if platform.system() == "Darwin":
        return f"macosx-{machine}"
    return f"linux-{machine}" if platform.libc_ver()[0] == "glibc" else "linux-musl"


def cpu() -> Check:
    """Cores, and the instruction sets that INT4 speed depends on."""
    cores = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    words = f"{cores} {'core' if cores == 1 else 'cores'}"
    found = processor.instruction_sets()
    if found is None:
        return Check(
            "cpu", "Processor", "skipped", words, "", "This system does not tell its instruction sets."
        )
    quick = bool(found)
    return Check(
        "cpu",
        "Processor",
        "ok" if quick else "warn",
        ", ".join((words, *found)),
        processor.WANTED,
        "INT4 models are computed with these instructions."
        if quick
        else "Without these instructions INT4 models work, but answer several times slower.",
        ""
        if quick
        else "Choose a small model, or a newer machine; in a virtual machine, pass the host's CPU through.",
    )


def free_memory() -> int:
    """Bytes of memory that are free, a container's where it has a limit."""
    return _memory_state()[1]


def _memory_state() -> tuple[int, int, bool]:
    """Bytes of memory, bytes that are free, and whether a container's limit holds."""
    state = psutil.virtual_memory()
    total, free = int(state.total), int(state.available)
    if (limit := container.memory()) is not None and limit.total < total:
        return limit.total, min(free, limit.free), True
    return total, free, False


def memory(demand: Demand | None = None) -> Check:
    """Free memory (a container's where that is tighter) against what the source takes, else 8 GB."""
    total, free, contained = _memory_state()
    where = " in this container" if contained else ""
    found = f"{size(free)} free of {size(total)}{where}"
    if demand is not None and demand.memory_bytes is not None:
        return _memory_for(demand.source, demand.memory_bytes, free, found)
    status: CheckStatus = "ok" if free >= WANTED_MEMORY else "warn" if free >= LEAST_MEMORY else "fail"
    reasons = {
        "ok": "It holds the FP32 checkpoint of a model of up to 1.5 billion parameters.",
        "warn": "A conversion holds the whole checkpoint in memory: small models fit, larger ones may not.",
        "fail": "The libraries of a conversion alone take half of 1 GB.",
    }
    return Check(
        "memory",
        "Memory",
        status,
        found,
        f"{size(WANTED_MEMORY)} free",
        reasons[status],
        "" if status == "ok" else _LESS_MEMORY,
    )


def _memory_for(source: str, wanted: int, free: int, found: str) -> Check:
    """Memory for one conversion; what can be moved out to the disk makes up for it, slowly."""
    status: CheckStatus = "ok"
    if free < wanted:
        status = "warn" if free + psutil.swap_memory().free >= wanted else "fail"
    reasons = {
        "ok": f"Converting {source} holds about that much at its most.",
        "warn": f"Converting {source} will move memory out to the disk, and be slow.",
        "fail": f"Converting {source} would be ended by the system for want of memory.",
    }
    fix = "" if status == "ok" else _LESS_MEMORY
    return Check("memory", "Memory", status, found, f"{size(wanted)} free", reasons[status], fix)


@dataclass(slots=True)
class _Volume:
    """One disk: what is free, what is to lie on it, what that takes, and what it cannot do without."""

    free: int
    folder: Path
    purposes: list[str]
    wanted: int
    least: int

    @property
    def status(self) -> CheckStatus:
        return "ok" if self.free >= self.wanted else "warn" if self.free >= self.least else "fail"


def disk(demand: Demand | None = None) -> Check:
    """Free room where models, downloads and temporary files go, each volume named once.

    For a chosen source it is held against what converting and deploying that one takes.
    """
    volumes: dict[int, _Volume] = {}
    for purpose, folder, wanted, least in _places(demand):
        place = existing(folder)
        device = place.stat().st_dev
        if device not in volumes:
            volumes[device] = _Volume(shutil.disk_usage(place).free, folder, [], 0, 0)
        volume = volumes[device]
        volume.purposes.append(purpose)
        volume.wanted, volume.least = max(volume.wanted, wanted), max(volume.least, least)
    worst = min(volumes.values(), key=lambda one: (_STATUSES.index(one.status), one.free - one.wanted))
    purposes = " and ".join(worst.purposes)
    reasons = {
        "ok": "A conversion writes the model anew, and deploying copies it once more.",
        "warn": f"It may not do for {purposes}: deploying copies a converted model once more.",
        "fail": f"There is hardly any room for {purposes}."
        if demand is None
        else f"Converting {demand.source} takes more than there is for {purposes}.",
    }
    found = ", ".join(f"{size(one.free)} for {' and '.join(one.purposes)}" for one in volumes.values())
    elsewhere = "set SLMTUI_HOME to a folder elsewhere"
    if demand is not None and _OUTPUT in worst.purposes:
        elsewhere = "choose an output folder on another disk"
    return Check(
        "disk",
        "Disk",
        worst.status,
        f"{size(worst.free)} free" if len(volumes) == 1 else found,
        f"{size(worst.wanted)} free",
        reasons[worst.status],
        "" if worst.status == "ok" else f"Free some room on the disk of {worst.folder}, or {elsewhere}.",
    )


def _places(demand: Demand | None) -> Iterator[tuple[str, Path, int, int]]:
    """What for, where, and how many bytes are wanted there and are the least."""
    if demand is None:
        yield "models", locations.data_dir(), WANTED_DISK, LEAST_DISK
        wanted = WANTED_DISK
    else:
        yield _OUTPUT, demand.output, demand.disk_bytes, demand.disk_bytes
        copy = demand.result_bytes
        yield "the deployed copy", locations.foundry_home() / "cache" / "models", copy, copy
        wanted = LITTLE_DISK
    # The source is here, and a conversion keeps its temporary files beside its output.
    yield "downloads", locations.cache_dir(), wanted, min(wanted, LEAST_DISK)
    yield "temporary files", Path(tempfile.gettempdir()), wanted, min(wanted, LEAST_DISK)


def existing(path: Path) -> Path:
    """`path`, or the nearest folder above it that exists."""
    return next((place for place in (path, *path.parents) if place.exists()), Path(path.anchor or "."))
