"""Theme files become Textual themes."""

from __future__ import annotations

from textual.theme import Theme

from slmtui.config.themes import ThemeFile


def as_theme(file: ThemeFile) -> Theme:
    """The Textual theme a file describes."""
    return Theme(name=file.name, dark=file.dark, variables=dict(file.variables), **file.colours)
