"""The benchmark's figures against a bare onnxruntime-genai loop: the same runs in one process, in turn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from slmtui.events import Cancel, drain
from slmtui.measure import bench as bench_module
from slmtui.measure.bench_figures import BenchPlan
from slmtui.measure.bench_runs import Lengths
from slmtui.measure.bench_samples import RowSamples
from tests.benchmarks.conftest import Goals

APART = 0.03


def runs_of_both(
    model: Path, lengths: Lengths, rounds: int, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[float, float, float, float]]:
    """Each round's figures: prompt tokens per second, ours and the bare loop's, and tokens per second."""
    found: list[tuple[float, float, float, float]] = []

    class Watched(RowSamples):
        """Samples whose runs are seen one by one, each as a row of its own."""

        def add(self, ran: dict[str, Any]) -> None:
            super().add(ran)
            alone = RowSamples(self.lengths)
            alone.add(ran)
            row, bare = alone.row(), ran["bare"]
            read = self.lengths.prompt / bare["first"]
            found.append((row.prompt_tokens_per_second.mean, read, row.tokens_per_second.mean, bare["speed"]))

    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setattr(bench_module, "WORKER", "racing_bench")
    monkeypatch.setattr(bench_module, "RowSamples", Watched)
    plan = BenchPlan((lengths.prompt,), (lengths.output,), rounds)
    assert drain(bench_module.bench(model, plan, Cancel())).complete
    return found


@pytest.mark.parametrize(
    ("model", "lengths", "rounds"),
    [
        ("converted_sample", Lengths(256, 64), 40),
        ("converted_sample", Lengths(32, 128), 40),
        ("converted_smollm2", Lengths(32, 16), 30),
    ],
)
def test_figures_beside_a_bare_loops(
    model: str,
    lengths: Lengths,
    rounds: int,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    goals: Goals,
) -> None:
    """The best rounds count: what else the machine does only makes a round slower."""
    found = runs_of_both(request.getfixturevalue(model), lengths, rounds, monkeypatch)
    ours_read, bare_read, ours_speed, bare_speed = (max(column) for column in zip(*found, strict=True))
    name = f"bench, {model.removeprefix('converted_')}, {lengths.prompt}+{lengths.output}"
    goals.at_most(
        f"{name}: prompt tokens/s apart by", 100 * abs(ours_read / bare_read - 1), 100 * APART, " %"
    )
    goals.at_most(f"{name}: tokens/s apart by", 100 * abs(ours_speed / bare_speed - 1), 100 * APART, " %")
