"""Why a conversion failed, in words, from what Olive printed.

Olive swallows most errors: it logs them, says "No output model produced" and ends with exit code 0. The texts
are those of Olive 0.13.0, onnxruntime-genai 0.14.1 and transformers 5.23.0, provoked one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from slmtui.conversion.failures import KNOWN
from slmtui.events import Failure

_EXCEPTION = re.compile(r"^(?:[\w.]+\.)?([A-Z]\w*(?:Error|Exception|Interrupt|Exit)): ?(.*)$")
_UNLOADED = re.compile(r"^(\S+)\s*\|\s*MISSING\b")


def diagnose(lines: Iterable[str], log: Path) -> Failure:
    """The failure behind a log that ended without a model."""
    lines = list(lines)
    text = "\n".join(lines)
    for known in KNOWN:
        for pattern in known.said:
            if found := re.search(pattern, text):
                return Failure(known.cause.format(*found.groups()), known.fix.format(*found.groups()), log)
    fix = f"The log {log} has the whole story; try again once its cause is mended."
    last = next((found for line in reversed(lines) if (found := _EXCEPTION.match(line.strip()))), None)
    if last:
        return Failure(f"Olive made no model: {last[1]}: {last[2][:300]}", fix, log)
    return Failure("Olive ended without a model, and without saying why.", fix, log)


def unloaded_weights(lines: Iterable[str]) -> list[str]:
    """Weights the checkpoint lacks: the loader fills them with random numbers, and only warns."""
    found = (_UNLOADED.match(line.strip()) for line in lines)
    return list(dict.fromkeys(match[1] for match in found if match))
