"""Calling `slmtui` as a shell does."""

from __future__ import annotations

import subprocess
import sys


def slmtui(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end; nobody sits there to answer a question."""
    return subprocess.run(
        [sys.executable, "-m", "slmtui", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=280,
    )
