"""A short table of names and values that stays readable at any width."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.widgets import Static

from slmtui.tui.format import MUTED, safe, shortened


class Facts(Static):
    """Names on the left, values on the right; values are foreign text and shown as such."""

    DEFAULT_CSS = "Facts { height: auto; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._rows: list[tuple[str, Content]] = []
        self._taken = (0, 0)  # lines and cells

    def show(self, rows: Iterable[tuple[str, str | Content]]) -> None:
        """Show these rows; rows without a value are left out."""
        self._rows = [
            (safe(name), value if isinstance(value, Content) else Content(safe(value)))
            for name, value in rows
            if value
        ]
        self.display = bool(self._rows)
        self._lay_out()

    def on_resize(self) -> None:
        # What stands around it has taken its old height into account, and asks again only after a refresh.
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        """Values that are too long go on below themselves, not below the names.

        Names have half of the room at most; those of files are as long as somebody liked them.
        """
        width = self.content_size.width or 60
        longest = max((cell_len(name) for name, _ in self._rows), default=0)
        # A remark that stands alone, without a name, begins where names do.
        names = min(longest + 2, max(width // 2, 12)) if longest else 0
        room = max(width - names, 12)
        lines: list[Content] = []
        for name, value in self._rows:
            for index, line in enumerate(value.wrap(room)):
                label = set_cell_size(shortened(name, names - 2) if index == 0 and name else "", names)
                lines.append(Content.assemble((label, MUTED), line))
        # Figures of the same size, which come each second, are no reason to lay the screen out.
        taken = len(lines), max((line.cell_length for line in lines), default=0)
        self.update(Content("\n").join(lines), layout=taken != self._taken)
        self._taken = taken
