"""Rows that can be gone to, and a list of them under its own heading."""

from __future__ import annotations

from textual import events
from textual.containers import Vertical
from textual.widgets import OptionList


class Rows(OptionList):
    """A click on a row shows it; only Enter does something with it."""

    chosen = False  # whether the user has gone to a row, and is not to be taken from it

    async def _on_click(self, event: events.Click) -> None:
        event.prevent_default()
        clicked = event.style.meta.get("option")
        if clicked is not None:
            self.chosen = True
            self.highlighted = clicked

    async def _on_key(self, event: events.Key) -> None:
        self.chosen = self.chosen or event.key in ("up", "down", "pageup", "pagedown", "home", "end")


class RowList(Vertical):
    """Holds one `Rows`, with whatever stands around it."""

    @property
    def rows(self) -> Rows:
        """The list itself."""
        return self.query_one(Rows)

    @property
    def highlighted(self) -> str:
        """The id of the highlighted row, or nothing."""
        option = self.rows.highlighted_option
        return option.id or "" if option else ""
