"""A word beside what it is about: a sign, one line, and more lines below it."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from slmtui.tui.format import MUTED, icon, safe


def note(state: str, lines: Iterable[str]) -> Content:
    """One or more lines with a sign before the first."""
    first, *rest = lines
    parts = [Content.assemble(icon(state), " ", safe(first))]
    parts += [Content.styled("  " + safe(line), MUTED) for line in rest]
    return Content("\n").join(parts)
