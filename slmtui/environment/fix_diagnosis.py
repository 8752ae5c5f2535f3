"""Why a step of a fix failed, by what it printed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from slmtui.environment.fix_plan import Step
from slmtui.events import Failure

_TOOLCHAIN = "Run `slmtui toolchain build`: a tool chain of slmtui's own, which leaves that one alone."
_FROM_SOURCE = "ONNX Runtime GenAI can be built instead: `slmtui doctor --fix --from-source`."
# The first that is found counts. Where nothing can be reached, pip ends with "No matching distribution", too.
_CAUSES: tuple[tuple[str, str, str], ...] = (
    (
        r"NewConnectionError|Max retries exceeded|connection broken|Could not fetch URL|TimeoutError",
        "The package index cannot be reached.",
        "Check the connection, or pip's proxy and index (`pip config list`); then try again.",
    ),
    (
        r"error sending request|client error \(Connect\)",  # so uv says it
        "The package index cannot be reached.",
        "Check the connection, the proxy, and UV_INDEX_URL; then try again.",
    ),
    (
        r"Could not resolve host|unable to access '|Connection timed out|Failed to connect",
        "The place the source comes from cannot be reached.",
        "Check the connection and the proxy; then try again.",
    ),
    (
        r"No space left on device|Disk quota exceeded|not enough space on the disk",
        "The disk is full.",
        "Free some room; then try again.",
    ),
    (
        r"No matching distribution found for (\S+)|no version of (\S+?),? ",
        "The package index has no \\1 for this Python and system.",
        f"Look which index pip uses (`pip config list`). {_FROM_SOURCE}",
    ),
    (r"externally-managed-environment", "The packages of that Python belong to the system.", _TOOLCHAIN),
    (
        r"ResolutionImpossible|conflicting dependencies|No solution found",
        "Other packages in there cannot live beside the tested set.",
        _TOOLCHAIN,
    ),
    (
        r"Cannot uninstall|no RECORD file was found|uninstall-no-record-file|uninstall-distutils",
        "A package in there was not installed by pip, which cannot replace it.",
        _TOOLCHAIN,
    ),
    (
        r"Permission denied|Access is denied|WinError 5\b|WinError 32\b|Read-only file system",
        "A file may not be written, or another program has it open.",
        f"Close programs that use that Python, and try again. Else: {_TOOLCHAIN}",
    ),
    (
        r"CMake Error|No CMAKE_CXX_COMPILER|ninja: build stopped|fatal error:",
        "The C++ build failed.",
        "The log has the compiler's words; `slmtui doctor` tells what a build needs.",
    ),
)


def failure(step: Step, code: int, lines: Iterable[str], log: Path | None) -> Failure:
    """The failure that `step` ended in."""
    said = list(lines)
    text = "\n".join(said)
    for pattern, cause, fix in _CAUSES:
        if match := re.search(pattern, text):
            what = next((group for group in match.groups() if group), "") if match.groups() else ""
            return Failure(cause.replace("\\1", what), fix, log)
    errors = [line for line in said if line.startswith(("ERROR:", "error:", "fatal:"))] or said
    last = f": {errors[-1].strip()[:300]}" if errors else "."
    return Failure(
        f"“{step.title}” ended with exit code {code}{last}",
        "The log has the whole story; try again once its cause is mended.",
        log,
    )
