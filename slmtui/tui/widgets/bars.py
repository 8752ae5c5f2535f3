"""Figures beside each other as bars on one line each: a plot that needs no axis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from slmtui.tui.format import MUTED

_EIGHTHS = " ▏▎▍▌▋▊▉"
_LONGEST = 40  # cells: a longer bar says no more


@dataclass(frozen=True, slots=True)
class Bar:
    """What it stands for, how long it is, and the figure in words."""

    label: str
    value: float
    text: str


class Bars(Static):
    """The longest bar takes what room there is; all begin at zero, so lengths can be compared."""

    DEFAULT_CSS = "Bars { height: auto; display: none; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._title = ""
        self._bars: tuple[Bar, ...] = ()

    def show(self, title: str, bars: Iterable[Bar]) -> None:
        """Show these under a title; fewer than two would say nothing and hide the plot."""
        self._title, self._bars = title, tuple(bars)
        self.display = len(self._bars) > 1
        self._lay_out()

    def on_resize(self) -> None:
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        labels = max((cell_len(bar.label) for bar in self._bars), default=0)
        texts = max((cell_len(bar.text) for bar in self._bars), default=0)
        room = min(max((self.content_size.width or 40) - labels - texts - 2, 4), _LONGEST)
        most = max((bar.value for bar in self._bars), default=0.0) or 1.0
        lines = [Content.styled(self._title, MUTED)]
        for bar in self._bars:
            lines.append(
                Content.assemble(
                    (bar.label.rjust(labels), MUTED),
                    " ",
                    (drawn(bar.value / most, room), "$text-accent"),
                    " ",
                    bar.text,
                )
            )
        self.update(Content("\n").join(lines))


def drawn(share: float, width: int) -> str:
    """A bar as long as `share` (0 to 1) of `width` cells, to an eighth of a cell."""
    eighths = round(max(0.0, min(share, 1.0)) * width * 8)
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "") or "▏"
