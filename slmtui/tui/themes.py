"""Theme files become Textual themes."""

from __future__ import annotations

from functools import cache
from typing import Any

from textual.theme import Theme

from slmtui.config.themes import ThemeFile, unknown_key
from slmtui.events import Failure


def as_theme(file: ThemeFile) -> Theme:
    """The Textual theme a file describes."""
    fields: dict[str, Any] = {**file.colours, "variables": dict(file.variables)}
    return Theme(
        name=file.name,
        dark=file.dark,
        luminosity_spread=file.luminosity_spread,
        text_alpha=file.text_alpha,
        **fields,
    )


def unknown_variables(file: ThemeFile) -> list[Failure]:
    """Variables that change nothing, because nothing asks for them."""
    strange = [name for name in file.variables if name not in _known()]
    if not strange:
        return []
    text = file.path.read_text(encoding="utf-8-sig", errors="replace")
    known = [f"variables.{name}" for name in _known()]
    return [unknown_key(file.path, text, f"variables.{name}", known) for name in strange]


@cache
def _known() -> tuple[str, ...]:
    return tuple(Theme(name="bare", primary="#45b8ac").to_color_system().generate())
