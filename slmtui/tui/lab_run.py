"""A lab at work, and its rows so far."""

from __future__ import annotations

import dataclasses

from slmtui.events import Service
from slmtui.lab.events import RowChanged
from slmtui.lab.lab import machine
from slmtui.lab.plan import LabPlan
from slmtui.lab.result import LabResult, VariantResult


class LabRun:
    """A lab at work; its job's thread writes the rows, screens read them."""

    def __init__(self, plan: LabPlan, before: LabResult | None = None) -> None:
        self.plan = plan
        self._rows = {row.key: row for row in (before.rows if before else ())}

    @property
    def result(self) -> LabResult:
        """The table now."""
        return LabResult(tuple(self._rows.values()), self.plan.output, machine())

    def run(self, service: Service[LabResult]) -> Service[LabResult]:
        """Pass on what `service` says, and keep the rows; a row that is left in the middle waits again."""
        try:
            while True:
                try:
                    event = next(service)
                except StopIteration as end:
                    found: LabResult = end.value
                    return found
                if isinstance(event, RowChanged):
                    self._rows = {**self._rows, event.row.key: event.row}
                yield event
        finally:
            self._rows = {key: _left(row) for key, row in self._rows.items()}


def _left(row: VariantResult) -> VariantResult:
    return dataclasses.replace(row, status="waiting") if row.status == "running" else row
