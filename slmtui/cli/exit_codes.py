"""How a command ends: the exit codes, in one table that the help, the man page and the README show."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a script can rely on."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    CANCELLED = 130


MEANINGS = {
    ExitCode.DONE: "done: what was asked for is there, and was proved",
    ExitCode.FAILED: "failed, or a check that says no: not ready, not usable, wrong, worse, not kept",
    ExitCode.USAGE: "wrong usage, no terminal for the screens, or nobody to ask for a yes",
    ExitCode.CANCELLED: "cancelled, by Ctrl+C or a signal",
}


def table() -> str:
    """The table as lines of text, for the end of `slmtui --help`."""
    return "\n".join(f"  {code.value:<4} {meaning}" for code, meaning in MEANINGS.items())
