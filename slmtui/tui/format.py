"""Numbers as people read them, and foreign text as harmless as it should be."""

from __future__ import annotations

from datetime import UTC, datetime

from textual.content import Content

from slmtui.events import Status
from slmtui.process import plain

ICONS: dict[str, tuple[str, str]] = {
    "ok": ("✓", "$text-success"),
    "verified": ("✓", "$text-success"),
    "warn": ("!", "$text-warning"),
    "fail": ("✗", "$text-error"),
    "failed": ("✗", "$text-error"),
    "unchecked": ("–", "$text-muted"),
    "skipped": ("–", "$text-muted"),
    "running": ("●", "$text-accent"),
    "ready": ("›", "$text-primary"),
    "waiting": ("·", "$text-muted"),
}


def icon(state: Status | str) -> Content:
    """The sign of a state in its colour."""
    sign, colour = ICONS.get(state, ("?", "$text-muted"))
    return Content.styled(sign, colour)


def size(count: float) -> str:
    """Bytes in decimal units, as disks and model hubs count them."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def count(number: float) -> str:
    """A number of parameters or tokens: 1.7 M, 134.5 M, 7.2 B."""
    for limit, suffix in ((1e9, " B"), (1e6, " M"), (1e4, " k")):
        if number >= limit:
            divisor = 1e3 if suffix == " k" else limit
            return f"{number / divisor:.1f}{suffix}"
    return f"{number:,.0f}"


def seconds(duration: float) -> str:
    """A duration: 0.3 s, 12 s, 2 min 05 s, 1 h 10 min."""
    if duration < 10:
        return f"{duration:.1f} s"
    if duration < 60:
        return f"{duration:.0f} s"
    minutes, rest = divmod(round(duration), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


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
