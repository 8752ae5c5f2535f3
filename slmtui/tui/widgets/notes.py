"""A word beside what it is about: a sign, one line, and more lines below it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from textual.content import Content

from slmtui.tui.format import MUTED, safe

Note: TypeAlias = list[tuple[str, Content]]
"""Pairs of a sign's name and a line, as `Hanging` shows them."""


def note(state: str, lines: Iterable[str]) -> Note:
    """One or more lines with a sign before the first."""
    first, *rest = lines
    return [(state, Content(safe(first))), *(("", Content.styled(safe(line), MUTED)) for line in rest)]
