"""A short table of names and values that stays readable at any width."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.widgets import Static

from slmtui.tui.format import safe


class Facts(Static):
    """Names on the left, values on the right; values are foreign text and shown as such."""

    def show(self, rows: Iterable[tuple[str, str | Content]]) -> None:
        """Show these rows; rows without a value are left out."""
        kept = [(name, value) for name, value in rows if value]
        width = max((len(name) for name, _ in kept), default=0)
        self.update(
            Content("\n").join(
                Content.assemble(
                    (name.ljust(width) + "  ", "$text-muted"),
                    value if isinstance(value, Content) else safe(value),
                )
                for name, value in kept
            )
        )
        self.display = bool(kept)
