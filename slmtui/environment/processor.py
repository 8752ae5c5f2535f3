"""The CPU's instruction sets that the INT4 kernels of ONNX Runtime make use of."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

WANTED = "AVX2, or dot product (Arm)"
CPUINFO = Path("/proc/cpuinfo")

# The names in /proc/cpuinfo, and what people call them; the quicker ones first.
_LINUX = {
    "amx_int8": "AMX INT8",
    "avx512_vnni": "AVX-512 VNNI",
    "avx_vnni": "AVX VNNI",
    "avx512f": "AVX-512",
    "avx2": "AVX2",
    "i8mm": "I8MM",
    "asimddp": "dot product",
}
_MAC = {
    "hw.optional.arm.FEAT_I8MM": "I8MM",
    "hw.optional.arm.FEAT_DotProd": "dot product",
    "hw.optional.avx512f": "AVX-512",
    "hw.optional.avx2_0": "AVX2",
}
# PF_… constants of IsProcessorFeaturePresent (winnt.h); it knows nothing of VNNI.
_WINDOWS = {43: "dot product", 41: "AVX-512", 40: "AVX2"}


def instruction_sets() -> tuple[str, ...] | None:
    """Those of this CPU that INT4 speed depends on, the quicker ones first; None if it cannot be told."""
    return {"win32": _windows, "darwin": _mac}.get(sys.platform, _linux)()


def _windows() -> tuple[str, ...]:
    found: tuple[str, ...] = ()
    if sys.platform == "win32":
        import ctypes

        present = ctypes.windll.kernel32.IsProcessorFeaturePresent
        found = tuple(name for number, name in _WINDOWS.items() if present(number))
    return found


def _linux() -> tuple[str, ...] | None:
    try:
        lines = CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() in ("flags", "Features"):
            flags = set(value.split())
            return tuple(text for flag, text in _LINUX.items() if flag in flags)
    return None


def _mac() -> tuple[str, ...] | None:
    """`sysctl` answers one line a name; on names this CPU's generation does not know it exits with 1."""
    try:
        done = subprocess.run(
            ["/usr/sbin/sysctl", *_MAC], capture_output=True, text=True, timeout=2, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    values = dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
    found = tuple(text for name, text in _MAC.items() if values.get(name, "0").strip() == "1")
    return found if found or platform.machine() == "x86_64" else None
