"""Lines with a sign before each; what is too long goes on below itself, not below the sign."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.widgets import Static

from slmtui.tui.format import icon
from slmtui.tui.key_words import keyed


class Hanging(Static):
    """Shows pairs of a sign's name (empty for none) and a line."""

    DEFAULT_CSS = "Hanging { height: auto; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lines: tuple[tuple[str, Content], ...] = ()

    def show(self, lines: Iterable[tuple[str, Content]]) -> None:
        """Show these, with the user's own keys in them."""
        self._lines = tuple((state, keyed(self, line)) for state, line in lines)
        self._lay_out()

    def on_resize(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        room = max((self.content_size.width or 60) - 2, 20)
        shown: list[Content] = []
        for state, text in self._lines:
            for index, line in enumerate(text.wrap(room)):
                sign = icon(state) if state and index == 0 else " "
                shown.append(Content.assemble(sign, " ", line))
        self.update(Content("\n").join(shown))
