"""Theme files become Textual themes."""

from __future__ import annotations

from typing import Any

from textual.theme import Theme

from slmtui.config.themes import ThemeFile


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
