"""Calling `slmtui` as a shell does."""

from __future__ import annotations

import subprocess
import sys

from tests import published


def slmtui(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end; nobody sits there to answer a question. Its events keep to their schemas."""
    done = subprocess.run(
        [sys.executable, "-m", "slmtui", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=280,
    )
    if "--json" in arguments:
        published.hold(done.stdout.splitlines(), arguments)
    return done
