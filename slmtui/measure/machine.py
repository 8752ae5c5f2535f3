"""The machine that figures were measured on, in general terms."""

from __future__ import annotations

import platform

import psutil

from slmtui.environment.processor import instruction_sets


def machine() -> str:
    """System, architecture, cores, memory and the best instruction set; no names."""
    cores = psutil.cpu_count() or 1
    memory = round(psutil.virtual_memory().total / 2**30)
    best = (instruction_sets() or ())[:1]
    words = [f"{platform.system()} {platform.machine()}", f"{cores} core{'s' if cores > 1 else ''}"]
    return ", ".join([*words, f"{memory} GB", *best])
