"""The terminal: what the screens need of it."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterator
from typing import NamedTuple

from slmtui.environment.check import Check, CheckStatus

COLUMNS, ROWS = 80, 24
_TRUE_COLOUR_PROGRAMS = ("iTerm.app", "vscode", "WezTerm", "ghostty", "Hyper", "rio")


class _Fault(NamedTuple):
    status: CheckStatus
    reason: str
    fix: str


def terminal() -> Check:
    """UTF-8, colours and size of the terminal slmtui runs in; nothing to check in a script or a pipe."""
    stream = sys.__stdout__
    needed = f"UTF-8, 256 colours, {COLUMNS}×{ROWS}"
    if stream is None or not stream.isatty():
        return Check("terminal", "Terminal", "skipped", "output goes elsewhere", needed)
    size = os.get_terminal_size(stream.fileno())
    encoding, colours = _encoding(stream.encoding), _colours()
    faults = [*_encoding_faults(encoding), *_colour_faults(colours), *_size_faults(*size)]
    return Check(
        "terminal",
        "Terminal",
        faults[0].status if faults else "ok",
        f"{encoding}, {colours}, {size.columns}×{size.lines}",
        needed,
        " ".join(fault.reason for fault in faults) or "Every screen shows as it was made.",
        " ".join(fault.fix for fault in faults),
    )


def _encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name.upper()
    except LookupError:
        return name


def _colours() -> str:
    """What the environment says of the terminal's colours; Textual goes by the same variables."""
    term = os.environ.get("TERM", "").lower()
    if os.environ.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    if (
        os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit")
        or os.environ.get("TERM_PROGRAM") in _TRUE_COLOUR_PROGRAMS
        or "WT_SESSION" in os.environ
        or "kitty" in term
        or term.endswith("-direct")
    ):
        return "24-bit colours"
    if "256color" in term:
        return "256 colours"
    if term in ("dumb", "unknown", "") and sys.platform != "win32":
        return "no colours"
    return "16 colours"


def _encoding_faults(encoding: str) -> Iterator[_Fault]:
    if encoding != "UTF-8":
        fix = (
            "Set PYTHONUTF8=1." if sys.platform == "win32" else "Set LANG to a UTF-8 locale, such as C.UTF-8."
        )
        yield _Fault("warn", f"Symbols and many scripts do not show in {encoding}.", fix)


def _colour_faults(colours: str) -> Iterator[_Fault]:
    if colours == "no colours":
        yield _Fault("warn", "The screens need a terminal that can place text.", "Set TERM=xterm-256color.")
    elif colours == "16 colours":
        yield _Fault("warn", "The themes show in the nearest of 16 colours.", "Set TERM=xterm-256color.")


def _size_faults(columns: int, rows: int) -> Iterator[_Fault]:
    if columns < COLUMNS or rows < ROWS:
        yield _Fault("warn", f"The screens are made for {COLUMNS}×{ROWS} and more.", "Enlarge the window.")
