"""A row of the lab's table: one variant of one model, what was measured of it, and what that says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from slmtui.lab.metrics import METRICS
from slmtui.lab.variants import Variant
from slmtui.measure.bench_figures import BenchResult
from slmtui.measure.quality_figures import Quality
from slmtui.measure.suite import SuiteScore

Status: TypeAlias = Literal["waiting", "running", "done", "failed"]
Step: TypeAlias = Literal["conversion", "bench", "quality", "suite"]

STEPS: tuple[Step, ...] = ("conversion", "bench", "quality", "suite")


@dataclass(frozen=True, slots=True)
class VariantResult:
    """A row: one variant of one model.

    `steps` holds what was measured, by step, as plain JSON; a step that is not there was not done (yet).
    "conversion" has `bytes`, `seconds`, `peak_rss_bytes`, `parity`, `cached`; "bench" and "quality" are what
    `BenchResult` and `Quality` write of themselves, and "suite" has a `SuiteScore` of that name. `failure`
    says why a row failed, and `fix` what to do.
    `made_of` names, by step, what was measured: a figure of something else is not taken over.
    """

    source: str
    variant: Variant
    status: Status = "waiting"
    output: Path | None = None
    steps: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seconds: float = 0.0
    failure: str = ""
    fix: str = ""
    made_of: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Names the row among all of a lab."""
        return f"{self.source}/{self.variant.id}"

    @property
    def bytes(self) -> int | None:
        """The folder's size."""
        found = self.steps.get("conversion", {}).get("bytes")
        return None if found is None else int(found)

    @property
    def figures(self) -> dict[str, float]:
        """What was measured, by the metrics' names (`metrics.METRICS`); what was not is not there."""
        read = {metric.id: metric.read(self.steps) for metric in METRICS}
        return {name: value for name, value in read.items() if value is not None}

    @property
    def bench(self) -> BenchResult | None:
        """The benchmark, if it was made."""
        found = self.steps.get("bench")
        return None if found is None else BenchResult.from_json(found)

    @property
    def quality(self) -> Quality | None:
        """The comparison with the source over a text, if it was made."""
        found = self.steps.get("quality")
        return None if found is None else Quality.from_json(found)

    @property
    def suite(self) -> SuiteScore | None:
        """The suite's answers and what they score, if there is a suite."""
        found = self.steps.get("suite", {}).get("suite")
        return None if found is None else SuiteScore.from_json(found)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON, with the figures drawn out of the steps."""
        return {
            "source": self.source,
            "variant": self.variant.to_json(),
            "label": self.variant.label,
            "status": self.status,
            "output": None if self.output is None else str(self.output),
            "figures": self.figures,
            "seconds": round(self.seconds, 2),
            "failure": self.failure,
            "fix": self.fix,
            "steps": {name: dict(found) for name, found in self.steps.items()},
            "made_of": dict(self.made_of),
        }

    def summary(self) -> dict[str, Any]:
        """As `to_json`, of each step its name alone: the whole is in the journal."""
        found = self.to_json() | {"steps": list(self.steps)}
        found.pop("made_of")
        return found

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> VariantResult:
        """What `to_json` wrote."""
        output = value.get("output")
        return cls(
            str(value["source"]),
            Variant.from_json(value["variant"]),
            value.get("status", "waiting"),
            Path(output) if output else None,
            dict(value.get("steps", {})),
            float(value.get("seconds", 0.0)),
            str(value.get("failure", "")),
            str(value.get("fix", "")),
            dict(value.get("made_of", {})),
        )
