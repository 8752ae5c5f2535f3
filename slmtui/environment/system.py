"""The machine: Python, platform, processor, memory and disk."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

import psutil

from slmtui.config import locations
from slmtui.environment import container, processor
from slmtui.environment.check import Check, CheckStatus
from slmtui.environment.version_set import version_set
from slmtui.units import size

GB = 10**9
# 8 GB is the guide's rule. The libraries of a conversion alone take 0.45 GB, before any model is loaded.
WANTED_MEMORY, LEAST_MEMORY = 8 * GB, 1 * GB
# INT4 takes 0.36 of the FP32 checkpoint (measured), so 1.5 billion parameters take 2.2 GB, once converted and
# once deployed.
WANTED_DISK, LEAST_DISK = 5 * GB, GB // 2


def python() -> Check:
    """The interpreter: its version, that it is CPython, 64 bits, and has its global lock."""
    needs = version_set().python
    version = ".".join(str(part) for part in sys.version_info[:3])
    bits = 64 if sys.maxsize > 2**32 else 32
    implementation = platform.python_implementation()
    threading = ", free-threaded" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    status: CheckStatus = "ok"
    reason = f"slmtui and its workers run with {sys.executable}."
    if sys.version_info[:2] < needs.minimum or bits != 64 or implementation != "CPython" or threading:
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


def memory() -> Check:
    """Free memory against the guide's 8 GB; a container's limit counts where it is tighter."""
    state = psutil.virtual_memory()
    total, free, where = int(state.total), int(state.available), ""
    if (limit := container.memory()) is not None and limit.total < total:
        total, free, where = limit.total, min(free, limit.free), " in this container"
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
        f"{size(free)} free of {size(total)}{where}",
        f"{size(WANTED_MEMORY)} free",
        reasons[status],
        "" if status == "ok" else "Close other programs, or choose a smaller model.",
    )


def disk() -> Check:
    """Free room where models, downloads and temporary files go, each volume named once."""
    volumes: dict[int, tuple[int, list[str], Path]] = {}
    for purpose, folder in (
        ("models", locations.data_dir()),
        ("downloads", locations.cache_dir()),
        ("temporary files", Path(tempfile.gettempdir())),
    ):
        place = existing(folder)
        free = shutil.disk_usage(place).free
        volumes.setdefault(place.stat().st_dev, (free, [], folder))[1].append(purpose)
    least, purposes, folder = min(volumes.values(), key=lambda volume: volume[0])
    status: CheckStatus = "ok" if least >= WANTED_DISK else "warn" if least >= LEAST_DISK else "fail"
    found = (
        f"{size(least)} free"
        if len(volumes) == 1
        else ", ".join(f"{size(free)} for {' and '.join(names)}" for free, names, _ in volumes.values())
    )
    return Check(
        "disk",
        "Disk",
        status,
        found,
        f"{size(WANTED_DISK)} free",
        "A conversion writes the model anew, and deploying copies it once more."
        if status != "fail"
        else f"There is hardly any room for {' and '.join(purposes)}.",
        ""
        if status == "ok"
        else f"Free some room on the disk of {folder}, or set SLMTUI_HOME to a folder elsewhere.",
    )


def existing(path: Path) -> Path:
    """`path`, or the nearest folder above it that exists."""
    return next((place for place in (path, *path.parents) if place.exists()), Path(path.anchor or "."))
