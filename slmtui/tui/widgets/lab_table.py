"""The lab's table: a row a variant, with the figures there is room for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from slmtui.lab.claims import claim
from slmtui.lab.metrics import METRICS, SHOWN
from slmtui.lab.row import STEPS
from slmtui.tui.lab_words import STAR
from slmtui.tui.widgets.table import Column, Row, Table
from slmtui.units import duration

if TYPE_CHECKING:
    from slmtui.lab.constraints import Constraint
    from slmtui.lab.result import LabResult
    from slmtui.lab.row import VariantResult

_DOING = {"conversion": "converting", "bench": "benchmark", "quality": "quality", "suite": "suite"}
# What is left out first where there is no room for all.
_LEAST_FIRST = ("guide", "peak_rss_bytes", "ttft_ms", "top1", "suite", "kl_mean")
_HEADINGS = {metric.id: metric.title[:1].upper() + metric.title[1:] for metric in METRICS} | {
    "guide": "The guide says",
    "now": "State",
}
_GAPS = 2
_NAME = 14


class LabTable(Table):
    """The sign says how a row stands; ★ stands behind the recommended one."""

    # Of a class above, styles count less than those of the list itself.
    DEFAULT_CSS = "LabTable { .table-rows:focus { background-tint: $background 0%; } }"

    def __init__(self) -> None:
        super().__init__((Column("Variant"),), id="lab-table")
        self._result: LabResult | None = None
        self._constraints: tuple[Constraint, ...] = ()
        self._stars: frozenset[str] = frozenset()
        self._called: Mapping[str, str] = {}

    def show_result(
        self,
        result: LabResult | None,
        constraints: Sequence[Constraint],
        stars: Iterable[str],
        called: Mapping[str, str],
    ) -> None:
        """Show these rows; `stars` are the keys of the recommended ones, `called` what models are called."""
        self._result, self._constraints = result, tuple(constraints)
        self._stars, self._called = frozenset(stars), called
        self._fill()

    def on_resize(self) -> None:
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        if self._result is None:
            return
        rows = self._result.rows
        several = len(self._result.sources) > 1
        names = [self._name_of(row, several=several) for row in rows]
        kept = self._columns_for(rows, names)
        self._columns = (
            Column("Variant"),
            *(Column(_HEADINGS[each], right=each in SHOWN, muted=each not in SHOWN) for each in kept),
        )
        self.show(
            Row(row.key, state_of(row, self._constraints), (name, *(cell(row, each) for each in kept)))
            for row, name in zip(rows, names, strict=True)
        )

    def _name_of(self, row: VariantResult, *, several: bool) -> str:
        called = self._called.get(row.source, row.source)
        name = f"{called} {row.variant.label}" if several else row.variant.label
        return f"{name} {STAR}" if row.key in self._stars else name

    def _columns_for(self, rows: Sequence[VariantResult], names: Sequence[str]) -> list[str]:
        """The figures there is room for, in their usual order; those that nobody has are no columns."""
        measured = {name for row in rows for name in row.figures}
        over = all(row.status in ("done", "failed") for row in rows)
        kept = [each for each in SHOWN if each in measured or not over]
        kept += ["guide"] if over else []
        kept += ["now"] if not over or any(row.failure for row in rows) else []
        room = (self.content_size.width or 56) - 3 - max(min(max(map(cell_len, names)), 30), _NAME)

        def width() -> int:
            return sum(
                _GAPS + max([cell_len(_HEADINGS[each]), *(cell_len(cell(row, each)) for row in rows)])
                for each in kept
            )

        for least in _LEAST_FIRST:
            if width() <= room:
                break
            if least in kept:
                kept.remove(least)
        return kept


def state_of(row: VariantResult, constraints: Sequence[Constraint]) -> str:
    """The sign of a row: a done one that breaks a constraint has a dash."""
    if row.status == "done" and row.failure:
        return "warn"
    if row.status == "done":
        return "ok" if all(each.holds(row.figures) for each in constraints) else "unchecked"
    return {"failed": "fail", "running": "running"}.get(row.status, "waiting")


def cell(row: VariantResult, column: str) -> str:
    """What stands in a column."""
    if column == "guide":
        said = claim(row.variant.precision)
        return (
            f"{said.size}, {said.speed}, {said.quality}" if said and said.size != said.speed else "baseline"
        )
    if column == "now":
        return _now(row)
    metric = next(each for each in METRICS if each.id == column)
    value = metric.read(row.steps)
    return metric.show(value) if value is not None else "–" if row.status == "done" else ""


def _now(row: VariantResult) -> str:
    if row.status == "running":
        return next((_DOING[step] for step in STEPS if step not in row.steps), "suite")
    if row.failure:
        return "failed" if row.status == "failed" else "not all"
    return duration(row.seconds) if row.status == "done" else "waiting"
