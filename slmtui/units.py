"""Numbers as people read them: bytes, counts and durations."""

from __future__ import annotations


def size(count: float) -> str:
    """Bytes in decimal units, as disks and model hubs count them: 512 B, 6.8 MB, 1.3 GB."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def count(number: float) -> str:
    """A number of parameters or tokens: 1,024, 31.5 k, 1.7 M, 7.2 B."""
    for limit, divisor, suffix in ((1e9, 1e9, " B"), (1e6, 1e6, " M"), (1e4, 1e3, " k")):
        if number >= limit:
            return f"{number / divisor:.1f}{suffix}"
    return f"{number:,.0f}"


def duration(seconds: float) -> str:
    """A duration in seconds: 0.3 s, 12 s, 2 min 05 s, 1 h 10 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"
