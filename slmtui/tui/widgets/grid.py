"""A table of figures that is read, not gone through; without room side by side it is in two parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from slmtui.tui.format import safe

_GAP = 2
_Lines: TypeAlias = Sequence[tuple[str, ...]]


class Grid(Static):
    """Headings, and rows of as many texts; everything stands flush right, as figures do."""

    DEFAULT_CSS = "Grid { height: auto; display: none; text-wrap: nowrap; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._headings: tuple[str, ...] = ()
        self._rows: tuple[tuple[str, ...], ...] = ()
        self._second = 0

    def show(self, headings: Sequence[str] = (), rows: Sequence[Sequence[str]] = (), second: int = 0) -> None:
        """Show these; no rows hide it.

        Without room for all, the columns from number `second` on stand below the others, behind the first
        once more. What has no room even then is left out from the right.
        """
        self._headings, self._second = tuple(headings), second
        self._rows = tuple(tuple(safe(text) for text in row) for row in rows)
        self.display = bool(self._rows)
        self._lay_out()

    def on_resize(self) -> None:
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        room = self.content_size.width or 58
        whole: _Lines = (self._headings, *self._rows)
        tables: list[_Lines] = [whole]
        if self._second and _width(whole) > room:
            tables = [[row[: self._second] for row in whole]]
            tables += [[(row[0], *row[self._second :]) for row in whole if any(row[self._second :])]]
        self.update(Content("\n\n").join(_drawn(table, room) for table in tables))


def _widths(table: _Lines) -> list[int]:
    return [max(map(cell_len, column)) for column in zip(*table, strict=True)]


def _width(table: _Lines) -> int:
    widths = _widths(table)
    return sum(widths) + _GAP * (len(widths) - 1)


def _drawn(table: _Lines, room: int) -> Content:
    widths = _widths(table)
    while len(widths) > 1 and sum(widths) + _GAP * (len(widths) - 1) > room:
        widths.pop()
    lines = [
        (" " * _GAP).join(
            " " * (width - cell_len(text)) + text for text, width in zip(row, widths, strict=False)
        )
        for row in table
    ]
    head = Content.styled(lines[0], "bold $text-primary") if lines else Content()
    return Content("\n").join([head, *map(Content, lines[1:])])
