"""A table of figures that is read, not gone through; columns without room are left out from the right."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from slmtui.tui.format import safe

_GAP = 2


class Grid(Static):
    """Headings, and rows of as many texts; everything stands flush right, as figures do."""

    DEFAULT_CSS = "Grid { height: auto; display: none; text-wrap: nowrap; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._headings: tuple[str, ...] = ()
        self._rows: tuple[tuple[str, ...], ...] = ()

    def show(self, headings: Sequence[str] = (), rows: Sequence[Sequence[str]] = ()) -> None:
        """Show these; no rows hide it. The least important columns stand on the right."""
        self._headings = tuple(headings)
        self._rows = tuple(tuple(safe(text) for text in row) for row in rows)
        self.display = bool(self._rows)
        self._lay_out()

    def on_resize(self) -> None:
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        room = self.content_size.width or 58
        table = (self._headings, *self._rows)
        widths: list[int] = []
        for column in zip(*table, strict=True):
            width = max(map(cell_len, column))
            if sum(widths) + width + _GAP * len(widths) > room:
                break
            widths.append(width)
        lines = [
            (" " * _GAP).join(
                " " * (width - cell_len(text)) + text for text, width in zip(row, widths, strict=False)
            )
            for row in table
        ]
        head = Content.styled(lines[0], "bold $text-primary") if lines else Content()
        self.update(Content("\n").join([head, *map(Content, lines[1:])]))
