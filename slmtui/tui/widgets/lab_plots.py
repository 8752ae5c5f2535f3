"""Two plots of the lab's table, in the theme's colours: size and speed, each against quality."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.color import Color, ColorParseError
from textual.containers import Container
from textual.content import Content
from textual.theme import Theme
from textual.widgets import Static

from slmtui.lab.plots import PlotColours, plot
from slmtui.tui.format import MUTED, fit, safe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slmtui.lab.result import LabResult
    from slmtui.lab.row import VariantResult

_NOTHING = "A plot needs two variants with both figures."
_LEGEND = "  ● unbeaten  ○ beaten in both"
_LEAST_ROWS = 6


class Plot(Static):
    """One plot, drawn for the room it has."""

    DEFAULT_CSS = "Plot { height: 1fr; width: 1fr; min-height: 7; text-wrap: nowrap; }"

    def __init__(self, title: str, cost: str, gain: str, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._title, self._cost, self._gain = title, cost, gain
        self._rows: tuple[VariantResult, ...] = ()
        self._called: Mapping[str, str] = {}

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, self._recoloured)

    def _recoloured(self, _: Theme) -> None:
        self.call_after_refresh(self.draw)

    def show(self, rows: tuple[VariantResult, ...], called: Mapping[str, str]) -> None:
        """Show these rows; `called` is what their models are called."""
        if (rows, called) != (self._rows, self._called):
            self._rows, self._called = rows, called
            self.draw()

    def on_resize(self) -> None:
        self.draw()

    def draw(self) -> None:
        """Draw it anew."""
        width, height = self.content_size
        if height <= _LEAST_ROWS or width < 30:
            return
        # What is left is for the variant; a name on one line is also what a plot can hold.
        called = {key: fit(" ".join(safe(name).split()), width // 3) for key, name in self._called.items()}
        drawn = plot(self._rows, self._cost, self._gain, width, height - 1, self._colours(), called, cell_len)
        body = Content.from_rich_text(Text.from_ansi(drawn)) if drawn else Content.styled(_NOTHING, MUTED)
        legend = _LEGEND if drawn and len(self._title + _LEGEND) <= width else ""
        title = Content.assemble((self._title, "bold $text-primary"), (legend, MUTED))
        self.update(Content.assemble(title, "\n", body), layout=False)

    def _colours(self) -> PlotColours:
        variables = self.app.theme_variables

        def rgb(name: str) -> tuple[int, int, int] | str:
            try:
                return Color.parse(variables.get(name, "")).rgb
            except ColorParseError:
                return "default"  # "auto" and the like: what the terminal's text has

        return PlotColours(
            rgb("accent"), rgb("warning"), rgb("accent-darken-2"), rgb("foreground-muted"), rgb("foreground")
        )


class LabPlots(Container):
    """Both plots: below each other, or beside each other where there is room."""

    DEFAULT_CSS = """
    LabPlots { height: 1fr; layout: vertical; }
    """

    def __init__(self) -> None:
        super().__init__(id="lab-plots")

    def compose(self) -> ComposeResult:
        yield Plot("KL divergence by size", "bytes", "kl_mean", id="plot-size")
        yield Plot("KL divergence by tokens a second", "tokens_per_second", "kl_mean", id="plot-speed")

    def show(self, result: LabResult | None, called: Mapping[str, str]) -> None:
        """Show the rows that have the figures; `called` is what their models are called."""
        for each in self.query(Plot):
            each.show(result.rows if result else (), called)
