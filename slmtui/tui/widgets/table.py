"""A list in columns: a sign, then cells; one column takes what room is left. A row can be gone to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static
from textual.widgets.option_list import Option

from slmtui.tui.format import MUTED, fit, icon, safe, shortened
from slmtui.tui.widgets.rows import RowList, Rows

_SIGN = 2  # the sign of a row's state and a space
_GAP = 2


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what it is known by, its state as in `format.ICONS` ("" for none), its cells.

    `short` are the numbers of cells that say more than there is; `also` is a second state beside the first.
    """

    id: str
    state: str
    cells: tuple[str, ...]
    short: frozenset[int] = frozenset()
    also: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; `right` sets figures flush right, `muted` says that it is not the point."""

    heading: str
    right: bool = False
    muted: bool = False


class Table(RowList):
    """The first column grows; in one that is too narrow the beginning of a path is left out, not its end.

    The last column gives way to the first until that has `LEAST` cells, and never takes
    more than `SLACK` cells that it does not need.
    """

    LEAST: ClassVar[int] = 16
    SLACK: ClassVar[int] = 12

    DEFAULT_CSS = """
    Table {
        height: 1fr;
        .table-columns { dock: top; height: 1; }
        .table-rows {
            height: 1fr;
            background: $background;
            background-tint: $background 0%;
            border: none;
            padding: 0;
            scrollbar-size-vertical: 1;
            text-wrap: nowrap;
        }
    }
    """

    def __init__(self, columns: Sequence[Column], *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._shown: tuple[Row, ...] = ()

    def compose(self) -> ComposeResult:
        yield Static(classes="table-columns")
        yield Rows(id=f"{self.id}-rows", classes="table-rows", compact=True, markup=False)

    def show(self, rows: Iterable[Row]) -> None:
        """Show these; whoever has gone to one stays with it."""
        self._shown = tuple(rows)
        self._lay_out()

    def go_to(self, row_id: str) -> None:
        """Highlight a row, if it is there."""
        ids = [option.id for option in self.rows.options]
        if row_id in ids:
            self.rows.highlighted = ids.index(row_id)

    def on_resize(self) -> None:
        # The list has its new width only once it has been laid out again.
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        widths = self._widths()
        sign = self._signs
        headings = self._cells([column.heading for column in self._columns], widths)
        header = Content.styled(" " * sign + (" " * _GAP).join(headings), "bold $text-primary")
        columns = self.query_one(".table-columns", Static)
        if columns.content != header:
            columns.update(header, layout=False)
        self._replace([Option(self._line(row, widths, sign), id=row.id) for row in self._shown])

    def _replace(self, options: list[Option]) -> None:
        rows = self.rows
        if [option.id for option in options] == [option.id for option in rows.options]:
            for index, option in enumerate(options):
                if rows.get_option_at_index(index).prompt != option.prompt:
                    rows.replace_option_prompt_at_index(index, option.prompt)
            return
        kept = self.highlighted
        rows.clear_options()
        rows.add_options(options)
        ids = [option.id for option in options]
        if ids:
            rows.highlighted = ids.index(kept) if kept in ids else 0

    @property
    def _signs(self) -> int:
        """The cells that the signs of all rows take."""
        return _SIGN * (any(row.state for row in self._shown) + any(row.also for row in self._shown))

    def _widths(self) -> list[int]:
        gaps = _GAP * (len(self._columns) - 1)
        room = (self.rows.content_size.width or 56) - 1 - self._signs - gaps  # 1: the scrollbar's
        texts = [[column.heading] for column in self._columns]
        for row in self._shown:
            for column, cell in zip(texts, row.cells, strict=True):
                column.append(_one_line(cell))
        wanted = [max(map(cell_len, column)) for column in texts]
        rest = room - sum(wanted[1:])
        least = min(wanted[0], self._least(room))
        if rest < least and len(wanted) > 1:  # the last column gives way: it is the one for words
            wanted[-1] = max(wanted[-1] - (least - rest), 6)
            rest = least
        # In a wide terminal the figures stay near their names: an eye that has far to go loses the row.
        rest = min(rest, max(wanted[0] + self.SLACK, self.LEAST))
        return [max(rest, 1), *wanted[1:]]

    def _cells(self, texts: Sequence[str], widths: Sequence[int]) -> list[str]:
        cells = []
        for number, (column, text, width) in enumerate(zip(self._columns, texts, widths, strict=True)):
            shown = (fit if number else self._cut)(_one_line(text), width)
            pad = " " * (width - cell_len(shown)) if column.right else ""
            cells.append(set_cell_size(pad + shown, width))
        return cells

    def _least(self, room: int) -> int:
        """The cells of the first column that the last one leaves it."""
        return self.LEAST

    @staticmethod
    def _cut(text: str, width: int) -> str:
        """What is shown of the first column's text where there is no room for all of it."""
        return shortened(text, width)

    def _line(self, row: Row, widths: Sequence[int], sign: int) -> Content:
        parts: list[Content | str] = []
        for state in (row.state, row.also):
            parts += [icon(state), " "] if state else []
        parts.append(" " * (sign - sum(map(len, parts))))
        for number, (column, cell) in enumerate(
            zip(self._columns, self._cells(row.cells, widths), strict=True)
        ):
            parts.append(" " * _GAP if number else "")
            style = "bold $text-error" if number in row.short else MUTED if column.muted else ""
            parts.append(Content.styled(cell, style) if style else Content(cell))
        return Content.assemble(*parts)


class Headings(Table):
    """Questions: each is known by its beginning, not by its end as a path is, and has most of the room."""

    # Of a class above, styles count less than those of the list itself.
    DEFAULT_CSS = "Headings { .table-rows:focus { background-tint: $background 0%; } }"

    def _least(self, room: int) -> int:
        return max(room * 3 // 5, self.LEAST)

    @staticmethod
    def _cut(text: str, width: int) -> str:
        return fit(text, width)


def _one_line(text: str) -> str:
    return " ".join(safe(text).split())
