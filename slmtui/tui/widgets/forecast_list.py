"""The precisions to choose from, each with what it would take: size, memory, disk, time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import set_cell_size
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from slmtui.tui.format import MUTED
from slmtui.tui.widgets.rows import Rows
from slmtui.units import duration, size

_WIDTHS = (13, 10, 10, 10, 10)
_HEADINGS = ("Precision", "Size", "Memory", "Disk", "Time")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a conversion to one precision would take: bytes of the result, of memory and of disk while it
    runs, and seconds from past runs on this machine; None where it is not known.

    `memory_is_short` and `disk_is_short`: there is less of it than that.
    """

    output_bytes: int | None = None
    memory_bytes: int | None = None
    needed_bytes: int | None = None
    seconds: float | None = None
    memory_is_short: bool = False
    disk_is_short: bool = False


class ForecastList(Vertical):
    """One row for each precision of `abouts`; whoever moves to a row has chosen it."""

    DEFAULT_CSS = """
    ForecastList {
        height: 5;
        #forecast-columns { height: 1; }
        #precision {
            height: 4;
            background: $background;
            background-tint: $background 0%;
            border: none;
            padding: 0;
            text-wrap: nowrap;
        }
    }
    """

    class Chosen(Message):
        """The user has moved to another precision."""

        def __init__(self, precision: str) -> None:
            super().__init__()
            self.precision = precision

    label = "Precision"

    def __init__(self, abouts: Mapping[str, str], chosen: str) -> None:
        super().__init__(id="forecast")
        self._abouts = abouts
        self._precisions = tuple(abouts)
        self._estimates: dict[str, Estimate] = {}
        self._chosen = chosen

    @property
    def about(self) -> str:
        """What the chosen precision is good for."""
        return self._abouts[self._chosen]

    def compose(self) -> ComposeResult:
        yield Static(Content.styled(_row(_HEADINGS), "bold $text-primary"), id="forecast-columns")
        rows = Rows(
            *(Option(self._line(name), id=name) for name in self._precisions),
            id="precision",
            compact=True,
            markup=False,
        )
        rows.highlighted = self._precisions.index(self._chosen)
        yield rows

    def show(self, chosen: str, estimates: Mapping[str, Estimate]) -> None:
        """Show these figures, and this precision as the chosen one."""
        self._chosen, self._estimates = chosen, dict(estimates)
        rows = self.query_one(OptionList)
        for index, name in enumerate(self._precisions):
            line = self._line(name)
            if rows.get_option_at_index(index).prompt != line:
                rows.replace_option_prompt_at_index(index, line)
        index = self._precisions.index(chosen)
        if rows.highlighted != index:
            with rows.prevent(OptionList.OptionHighlighted):
                rows.highlighted = index

    def _line(self, name: str) -> Content:
        found = self._estimates.get(name, Estimate())
        chosen = name == self._chosen
        figures = (
            _figure(found.output_bytes),
            _figure(found.memory_bytes),
            _figure(found.needed_bytes),
            "–" if found.seconds is None else f"~{duration(found.seconds)}",
        )
        colours = ("", _short(found.memory_is_short), _short(found.disk_is_short), "")
        return Content.assemble(
            (set_cell_size(("● " if chosen else "  ") + name.upper(), _WIDTHS[0]), "bold" if chosen else ""),
            *(
                (set_cell_size(text, width), colour or ("" if chosen else MUTED))
                for text, width, colour in zip(figures, _WIDTHS[1:], colours, strict=True)
            ),
        )

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """A row was moved to, by a key or by the mouse."""
        event.stop()
        name = event.option.id or ""
        if name != self._chosen and self.query_one(OptionList).has_focus:
            self._chosen = name
            self.post_message(self.Chosen(name))


def _row(texts: Sequence[str]) -> str:
    texts = ("  " + texts[0], *texts[1:])
    return "".join(set_cell_size(text, width) for text, width in zip(texts, _WIDTHS, strict=True))


def _figure(count: int | None) -> str:
    return "–" if count is None else size(count)


def _short(short: bool) -> str:
    return "bold $text-error" if short else ""
