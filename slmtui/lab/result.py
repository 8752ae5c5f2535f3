"""What a lab has found: the whole table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmtui.lab.constraints import Constraint
from slmtui.lab.plan import Measures
from slmtui.lab.recommend import Recommendation, frontier, recommend
from slmtui.lab.row import STEPS, Status, Step, VariantResult

__all__ = ["STEPS", "LabResult", "Status", "Step", "VariantResult"]


@dataclass(frozen=True, slots=True)
class LabResult:
    """The table, in the plan's order; `complete` once every row is done or failed.

    `measures` is how it was measured, None where its journal does not say.
    """

    rows: tuple[VariantResult, ...]
    output: Path
    machine: str = ""
    at: str = ""
    measures: Measures | None = None

    @property
    def complete(self) -> bool:
        """Whether nothing waits any more."""
        return all(row.status in ("done", "failed") for row in self.rows)

    @property
    def sources(self) -> tuple[str, ...]:
        """The models' names, in order."""
        return tuple(dict.fromkeys(row.source for row in self.rows))

    def of(self, source: str) -> tuple[VariantResult, ...]:
        """The rows of one model."""
        return tuple(row for row in self.rows if row.source == source)

    def share_of_fp32(self, row: VariantResult, metric: str = "bytes") -> float | None:
        """A figure of `row` as a share of the FP32 variant's of the same model; None where one is missing."""
        fp32 = next((each for each in self.of(row.source) if each.variant.precision == "fp32"), None)
        base = None if fp32 is None else fp32.figures.get(metric)
        mine = row.figures.get(metric)
        return mine / base if mine is not None and base else None

    def frontier(self, cost: str = "bytes", gain: str = "kl_mean") -> tuple[VariantResult, ...]:
        """The rows that no other of the same model beats in one figure without losing in the other."""
        return frontier(self.rows, cost, gain)

    def recommend(self, constraints: Sequence[Constraint] = (), source: str | None = None) -> Recommendation:
        """The variant to take (of one model, if named) that keeps all constraints, and why."""
        return recommend(self.rows if source is None else self.of(source), constraints)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return {
            "output": str(self.output),
            "machine": self.machine,
            "at": self.at,
            "complete": self.complete,
            "measures": self.measures.to_json() if self.measures else None,
            "rows": [row.to_json() for row in self.rows],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> LabResult:
        """What `to_json` wrote."""
        return cls(
            tuple(VariantResult.from_json(row) for row in value["rows"]),
            Path(value["output"]),
            str(value.get("machine", "")),
            str(value.get("at", "")),
            Measures.from_json(value["measures"]) if value.get("measures") else None,
        )
