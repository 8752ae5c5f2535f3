"""What the user asks of the lab, and what comes of it before anything is done."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slmtui.conversion.recipe import presets
from slmtui.events import Failure
from slmtui.lab.journal import load_lab
from slmtui.lab.lab import resume
from slmtui.lab.plan import LabPlan, Measures, RowForecast, forecasts
from slmtui.lab.result import LabResult
from slmtui.lab.room import Room, shortage
from slmtui.lab.row import VariantResult
from slmtui.lab.variants import Variant, default_variants

_NONE = Room(0, 0)


@dataclass(frozen=True, slots=True)
class LabWish:
    """What the user asks for: the models as typed ("" is the one in hand), the variants, and the lengths.

    Without `variants`, those of an earlier run are meant, else the usual ones. `added` are offered besides.
    `lengths` are the fields of `Measures` that are typed; the rest is as in an earlier run, or as usual.
    """

    source: str = ""
    variants: tuple[Variant, ...] | None = None
    added: tuple[Variant, ...] = ()
    lengths: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LabProspect:
    """What comes of a wish: the plan or why there is none, what each variant would take, what is there.

    `offered` are all variants that can be chosen. `result` is the table as far as an earlier run came; `left`
    counts its rows that are neither done nor failed, and `seconds` and `bytes` are what those will take.
    `damaged` is the journal, if it cannot be read; `passed_over` says what in a folder cannot be compared.
    `short` says what there is too little of: the lab can be started all the same. `away` are models that have
    to be fetched first.
    """

    wish: LabWish
    plan: LabPlan | None = None
    failure: Failure | None = None
    offered: tuple[Variant, ...] = ()
    forecasts: Mapping[str, RowForecast] = field(default_factory=dict)
    result: LabResult | None = None
    left: int = 0
    seconds: float = 0.0
    bytes: int = 0
    room: Room = _NONE
    damaged: Path | None = None
    passed_over: tuple[Failure, ...] = ()
    short: Failure | None = None
    away: tuple[str, ...] = ()

    @property
    def chosen(self) -> tuple[Variant, ...]:
        """The variants that would be compared."""
        return self.plan.variants if self.plan else self.wish.variants or ()

    @property
    def begun(self) -> bool:
        """Whether anything was measured before."""
        return self.result is not None and any(row.steps or row.failure for row in self.result.rows)

    @property
    def failed(self) -> int:
        """How many rows have something that did not work."""
        return sum(bool(row.failure) for row in self.result.rows) if self.result else 0


def offered(wish: LabWish, chosen: tuple[Variant, ...] = ()) -> tuple[Variant, ...]:
    """What can be chosen: the usual ones, those of the presets, and those that were typed."""
    of_presets = (Variant(preset.precision, preset.name) for preset in presets())
    every = (*default_variants(), *of_presets, *(wish.variants or ()), *wish.added, *chosen)
    found = {variant.id: variant for variant in every}
    order = {"fp32": 0, "fp16": 1, "int8": 2, "int4": 3}
    return tuple(sorted(found.values(), key=lambda variant: order[variant.precision]))


def forecast(found: LabProspect) -> LabProspect:
    """With what all variants that are offered would take, and the room there is."""
    assert found.plan is not None
    return dataclasses.replace(
        found, forecasts=_forecasts(found.plan, found.offered), room=Room.of(found.plan.output)
    )


def measures_of(wish: LabWish, before: LabResult | None) -> Measures:
    """How to measure: what is typed, else as an earlier run was, so that its figures stay."""
    kept = before.measures if before is not None and before.measures is not None else Measures()
    text = kept.text if kept.text is not None and kept.text.is_file() else None
    every = dataclasses.replace(kept, text=text, bench=True, quality=True, suite=True)
    return dataclasses.replace(every, **wish.lengths)


def _forecasts(plan: LabPlan, offered: tuple[Variant, ...]) -> dict[str, RowForecast]:
    """What each variant takes for all models together: room and time added up, the most memory of one."""
    found: dict[str, RowForecast] = {}
    for row in forecasts(dataclasses.replace(plan, variants=offered)):
        before = found.get(row.variant.id)
        if before is not None:
            row = dataclasses.replace(
                row,
                output_bytes=before.output_bytes + row.output_bytes,
                memory_bytes=max(before.memory_bytes, row.memory_bytes),
                seconds=before.seconds + row.seconds,
                failure=before.failure or row.failure,
            )
        found[row.variant.id] = row
    return found


def table(plan: LabPlan) -> LabResult:
    """The journal's rows that still hold; what has failed says so until it is tried again."""
    journal, _ = resume(plan)
    before = load_lab(plan.output)
    failed = {row.key: row for row in (before.rows if before else ()) if row.failure}

    def as_it_ended(row: VariantResult) -> VariantResult:
        old = failed.get(row.key)
        if old is None or set(old.steps) - set(row.steps):
            return row
        return dataclasses.replace(row, status=old.status, failure=old.failure, fix=old.fix)

    return dataclasses.replace(journal.result, rows=tuple(map(as_it_ended, journal.result.rows)))


def weighed(found: LabProspect) -> LabProspect:
    """With what is left to be done, and whether there is room for it."""
    plan, result = found.plan, found.result
    assert plan is not None
    assert result is not None
    todo = {row.key for row in result.rows if row.status not in ("done", "failed")}
    each = {row.key: row for row in forecasts(plan)}
    # What has failed is tried again.
    unmade = [each[row.key] for row in result.rows if "conversion" not in row.steps]
    short = shortage(unmade, found.room)
    return dataclasses.replace(
        found,
        left=len(todo),
        seconds=sum(each[key].seconds for key in todo),
        bytes=sum(row.output_bytes for row in unmade if row.key in todo),
        failure=short if todo else None,
        short=short,
    )
