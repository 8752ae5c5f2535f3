"""Text that is not ours, made harmless before a terminal sees it."""

from __future__ import annotations

import re

# CSI, OSC and the other escape sequences, then the control characters that are left (tab stays).
_CONTROL = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[PX^_].*?\x1b\\|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]?"
    r"|[\x00-\x08\x0a-\x1f\x7f-\x9f]"
)


def plain(text: str) -> str:
    """`text` without escape sequences and control characters other than tab: safe to show."""
    return _CONTROL.sub("", text)
