"""States as signs, times as people say them, and foreign text as harmless as it should be."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from rich.cells import cell_len
from textual.content import Content

from slmtui.events import Status
from slmtui.text import plain

# For names, units and whatever is not the point.
MUTED = "$foreground-muted"

ICONS: dict[str, tuple[str, str]] = {
    "ok": ("✓", "$text-success"),
    "verified": ("✓", "$text-success"),
    "warn": ("!", "$text-warning"),
    "fail": ("✗", "$text-error"),
    "failed": ("✗", "$text-error"),
    "unchecked": ("–", MUTED),
    "skipped": ("–", MUTED),
    "running": ("●", "$text-accent"),
    "ready": ("›", "$text-primary"),
    "waiting": ("·", MUTED),
}


def icon(state: Status | str) -> Content:
    """The sign of a state in its colour."""
    sign, colour = ICONS.get(state, ("?", MUTED))
    return Content.styled(sign, colour)


def ago(iso: str) -> str:
    """How long ago an ISO time was."""
    try:
        passed = (datetime.now(UTC) - datetime.fromisoformat(iso)).total_seconds()
    except ValueError:
        return ""
    if passed < 60:
        return "just now"
    for limit, divisor, unit in ((3600, 60, "min"), (86400, 3600, "h")):
        if passed < limit:
            return f"{passed / divisor:.0f} {unit} ago"
    return f"{passed / 86400:.0f} d ago"


# Explicit bidirectional overrides and isolates can make text read as something it is not.
_BIDI = dict.fromkeys((*range(8234, 8239), *range(8294, 8298)), "�")


def safe(text: str) -> str:
    """Foreign text on several lines without control sequences or direction overrides."""
    return "\n".join(plain(line) for line in text.replace("\r\n", "\n").split("\n")).translate(_BIDI)


def short(path: str | Path) -> str:
    """A path with the user's home as `~`."""
    try:
        return str(Path("~") / Path(path).relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(path)


def fit(text: str, width: int) -> str:
    """`text` in at most `width` cells, with an ellipsis where something is left out."""
    if cell_len(text) <= width:
        return text
    kept, room = "", width - 1
    for sign in _signs(text):
        room -= cell_len(sign)
        if room < 0:
            break
        kept += sign
    return kept + "…"


def shortened(text: str, width: int) -> str:
    """A path in at most `width` cells: its end is what tells it from others."""
    if cell_len(text) <= width:
        return text
    kept, room = "", width - 1
    for sign in reversed(list(_signs(text))):
        room -= cell_len(sign)
        if room < 0:
            break
        kept = sign + kept
    return "…" + kept


def _signs(text: str) -> Iterator[str]:
    """What a terminal draws as one: a letter with its marks, an emoji joined of several, a flag."""
    sign = ""
    for char in text:
        if sign and _belongs(char, sign):
            sign += char
            continue
        if sign:
            yield sign
        sign = char
    if sign:
        yield sign


def _belongs(char: str, sign: str) -> bool:
    """Whether `char` is drawn together with what stands before it."""
    if not cell_len(char) or unicodedata.category(char).startswith("M") or "🏻" <= char <= "🏿":
        return True
    return sign[-1] == "\u200d" or (len(sign) == 1 and "🇦" <= sign <= "🇿" and "🇦" <= char <= "🇿")
