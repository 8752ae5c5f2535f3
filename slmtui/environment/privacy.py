"""Telemetry: off in every process slmtui starts, and whether the installed versions still heed the switch.

`process.SILENT` is that switch. It is held against what lies on the disk: a library that knows the address of
the collector but not the variables of CI environments would report however it is started.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from slmtui.environment.check import Check
from slmtui.environment.packages import workers_interpreter
from slmtui.events import Cancel
from slmtui.process import SILENT

# In every list of variables that CI environments are known by, beside CI itself (too short to look for).
_HEEDS_CI = b"GITHUB_ACTIONS"
# Any of these silences Olive wherever it is started; it looks for more names of CI environments than these.
_SILENCES = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "JENKINS_URL", "BUILDKITE")


_PIECE = 1 << 20


class _Reporter(NamedTuple):
    """Something that reports home: its name, the files of its package that do it, and what shows in them."""

    name: str
    files: tuple[str, ...]
    collector: bytes = b"OneCollector"


_REPORTERS = (
    # It keeps the collector's address encoded, in another file.
    _Reporter("Olive", ("olive/telemetry/telemetry.py",), b"CONNECTION_STRING"),
    _Reporter(
        "ONNX Runtime",
        (
            "onnxruntime/capi/libonnxruntime.so*",
            "onnxruntime/capi/libonnxruntime.*dylib",
            "onnxruntime/capi/onnxruntime.dll",
        ),
    ),
    # The package onnxruntime-genai is not among them: 0.14.1 reports nothing, and has 190 MB to look through.
    _Reporter("ONNX Runtime GenAI of the SDK", ("onnxruntime_genai_core/bin/*onnxruntime-genai.*",)),
    _Reporter("the Foundry Local SDK", ("foundry_local_sdk/_native/*/*foundry_local.*",)),
)


def telemetry(cancel: Cancel, paths: Sequence[str] | None = None) -> Check:
    """Whether Olive, the runtimes and the SDK keep silent.

    `paths` is where their packages are looked for: where the interpreter that runs Olive looks.
    """
    if paths is None:
        interpreter = workers_interpreter()
        paths = interpreter.paths if interpreter is not None else ()
    reporting: list[str] = []
    deaf: list[str] = []
    for reporter in _REPORTERS:
        for file in _files(paths, reporter.files):
            if _has(file, reporter.collector, cancel):
                reporting.append(reporter.name)
                deaf += [] if _has(file, _HEEDS_CI, cancel) else [reporter.name]
    names = _together(reporting)
    if deaf or not SILENT.get("CI"):
        return Check(
            "telemetry",
            "Telemetry",
            "warn",
            f"not known to be off: {_together(deaf) or names}",
            "off",
            "The installed version may report what is done to its maker, whatever slmtui tells it.",
            "Install the tested version set, of which it is known that it keeps silent.",
        )
    if not reporting:
        reason = "None of the installed packages is known to report anything."
    elif any(os.environ.get(name) for name in _SILENCES):
        reason = f"{names} would report to Microsoft; a variable of this terminal silences them everywhere."
    else:
        reason = f"Outside slmtui {names} report to Microsoft; CI=true silences them there, too."
    return Check("telemetry", "Telemetry", "ok", "off in every process of slmtui", "off", reason)


def _files(places: Iterable[str], patterns: Iterable[str]) -> list[Path]:
    """The files of an installed package: in the first folder of the path that has any."""
    wanted = tuple(patterns)
    for place in places:
        found = [file for pattern in wanted for file in sorted(Path(place).glob(pattern)) if file.is_file()]
        if found:
            return found
    return []


def _has(file: Path, word: bytes, cancel: Cancel) -> bool:
    """Whether `word` is in `file`, which may have tens of MB.

    It is looked through in pieces: searching holds Python's global lock, and others want their turn.
    """
    try:
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            for start in range(0, len(content), _PIECE):
                cancel.check()
                if content.find(word, start, start + _PIECE + len(word)) >= 0:
                    return True
    except (OSError, ValueError):  # ValueError: it is empty
        return False
    return False


def _together(names: Iterable[str]) -> str:
    """Each once, as people list things: a, b and c."""
    each = list(dict.fromkeys(names))
    return " and ".join(filter(None, (", ".join(each[:-1]), each[-1]))) if each else ""
