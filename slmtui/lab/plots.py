"""The lab's plots as lines of text: two figures against each other, the frontier marked and joined."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from slmtui.lab.metrics import Metric, metric
from slmtui.lab.recommend import frontier
from slmtui.lab.row import VariantResult
from slmtui.text import plain

Colour: TypeAlias = "tuple[int, int, int] | str"
_FRONTIER, _BEATEN = "●", "○"
# A KL divergence below this is that of rounding: the axis ends here, lest it be all that is seen.
_LEAST_NATS = 1e-5
_AXIS_ROWS = 2
# Signs that no name has: they stand for the cells of one until all is drawn, since plotext gives a cell to
# every character, also to one that is drawn in two, or together with the one before it.
_PLACES = 0xE000


@dataclass(frozen=True, slots=True)
class PlotColours:
    """What each part is drawn in: red, green and blue, or "default" for the terminal's own."""

    frontier: Colour = "default"
    beaten: Colour = "default"
    line: Colour = "default"
    axis: Colour = "default"
    text: Colour = "default"


def plot(
    rows: Sequence[VariantResult],
    cost: str,
    gain: str,
    width: int,
    height: int,
    colours: PlotColours | None = None,
    called: Mapping[str, str] | None = None,
    cells: Callable[[str], int] = len,
) -> str:
    """`gain` over `cost` in `width` × `height` cells, with colour sequences; "" if fewer than two have both.

    `called` is what people call a model, if not by its name here; `cells` counts the cells of a text.

    ● is beaten by no other variant in both figures, ○ is. Divergences stand on a logarithmic axis.
    """
    import plotext  # a tenth of a second that only a plot is worth

    across, up = _metric(cost), _metric(gain)
    known = [row for row in rows if {cost, gain} <= set(row.figures)]
    if len(known) < 2:
        return ""
    best = {row.key for row in frontier(known, cost, gain)}
    spots = {row.key: (row.figures[cost], _height(up, row.figures[gain])) for row in known}
    ticks_x, ticks_y = _ticks(across, [x for x, _ in spots.values()]), _ticks_up(up, spots.values())
    left = max(len(label) for label in ticks_y.values()) + 1
    canvas = _Canvas(width - left, height - _AXIS_ROWS, tuple(ticks_x), tuple(ticks_y))
    seen = colours or PlotColours()
    plotext.clear_figure()
    plotext.limit_size(False, False)
    plotext.plot_size(width, height)
    plotext.canvas_color("default")
    plotext.axes_color("default")
    plotext.ticks_color(seen.axis)
    plotext.xaxes(True, False)
    plotext.yaxes(True, False)
    plotext.xlim(min(ticks_x), max(ticks_x))
    plotext.ylim(min(ticks_y), max(ticks_y))
    plotext.xticks(list(ticks_x), list(ticks_x.values()))
    plotext.yticks(list(ticks_y), list(ticks_y.values()))
    line = sorted(spots[key] for key in best)
    if len(line) > 1 and len({row.source for row in known}) == 1:
        plotext.plot([x for x, _ in line], [y for _, y in line], marker="braille", color=seen.line)
    several = len({row.source for row in known}) > 1
    written: dict[str, str] = {}
    for row in known:
        canvas.take(*spots[row.key])
    # The frontier's names come first: theirs have to be readable.
    for row in sorted(known, key=lambda row: row.key not in best):
        x, y = spots[row.key]
        marker, colour = (_FRONTIER, seen.frontier) if row.key in best else (_BEATEN, seen.beaten)
        plotext.scatter([x], [y], marker=marker, color=colour)
        model = (called or {}).get(row.source, row.source)
        name = plain(f"{model} {row.variant.label}" if several else row.variant.label)
        place = canvas.place(x, y, cells(name))
        if place is not None:
            stands_in = chr(_PLACES + len(written)) * cells(name)
            written[stands_in] = name
            plotext.text(stands_in, *place, color=seen.text, alignment="left")
    drawn = str(plotext.build()).rstrip("\n")
    for stands_in, name in written.items():
        drawn = drawn.replace(stands_in, name)
    return drawn


class _Canvas:
    """Which cells are taken, so that no name is written over another or over a point."""

    def __init__(self, width: int, height: int, across: Sequence[float], up: Sequence[float]) -> None:
        self._width, self._height = width, height
        self._across, self._up = (min(across), max(across)), (min(up), max(up))
        self._taken: set[tuple[int, int]] = set()

    def cell(self, x: float, y: float) -> tuple[int, int]:
        """The column and row of a point; rows count upwards."""
        (x0, x1), (y0, y1) = self._across, self._up
        return round((x - x0) / (x1 - x0) * (self._width - 1)), round(
            (y - y0) / (y1 - y0) * (self._height - 1)
        )

    def take(self, x: float, y: float) -> None:
        """Keep the cell of a point free of names."""
        self._taken.add(self.cell(x, y))

    def place(self, x: float, y: float, size: int) -> tuple[float, float] | None:
        """Where a name of that many cells begins: right of its point, left of it, above or below.

        None if there is no room.
        """
        column, row = self.cell(x, y)
        for at, on in (
            (column + 2, row),
            (column - 1 - size, row),
            *((start, row + step) for step in (1, -1) for start in (column + 1, column - size)),
        ):
            cells = {(each, on) for each in range(at - 1, at + size + 1)}
            fits = at >= 0 and at + size <= self._width and 0 <= on < self._height
            if fits and not (cells - {(column, row)}) & self._taken:
                self._taken |= cells
                return self._back(at, on)
        return None

    def _back(self, column: int, row: int) -> tuple[float, float]:
        (x0, x1), (y0, y1) = self._across, self._up
        return x0 + column / (self._width - 1) * (x1 - x0), y0 + row / (self._height - 1) * (y1 - y0)


def _ticks(of: Metric, values: Iterable[float]) -> dict[float, str]:
    """Round values from zero to above the largest, with what is written below them."""
    most = max(values) * 1.02 or 1.0
    step = 10 ** math.floor(math.log10(most))
    step *= next(factor for factor in (0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 5) if most / (step * factor) <= 4)
    count = math.ceil(most / step)
    return {step * n: of.show(step * n) if n else "0" for n in range(count + 1)}


def _ticks_up(of: Metric, spots: Iterable[tuple[float, float]]) -> dict[float, str]:
    heights = [y for _, y in spots]
    if of.unit == "nats":
        first = math.floor(min(heights))
        last = max(math.ceil(max(heights)), first + 1)
        return {float(power): f"{10.0**power:.{max(-power, 0)}f}" for power in range(first, last + 1)}
    lowest, highest = min(heights), max(heights)
    room = (highest - lowest) * 0.1 or 0.05
    lowest, highest = lowest - room, highest + room
    return {
        lowest + (highest - lowest) * n / 3: of.show(lowest + (highest - lowest) * n / 3) for n in range(4)
    }


def _height(of: Metric, value: float) -> float:
    return math.log10(max(value, _LEAST_NATS)) if of.unit == "nats" else value


def _metric(name: str) -> Metric:
    found = metric(name)
    if found is None:
        raise ValueError(f"there is no metric {name}")
    return found
