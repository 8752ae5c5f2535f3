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

# The figure.
APART = 0.03
MOST_LOADS = 4


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


def agree(model: Path, lengths: Lengths, rounds: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the best rounds are alike: what else the machine does only makes a round slower.

    On a machine that is never quiet it takes more of them until both had a moment for themselves.
    """
    found: list[tuple[float, float, float, float]] = []
    for _ in range(MOST_LOADS):
        found += runs_of_both(model, lengths, rounds, monkeypatch)
        ours_read, bare_read, ours_speed, bare_speed = (max(column) for column in zip(*found, strict=True))
        ratios = {"prompt tokens/s": ours_read / bare_read, "tokens/s": ours_speed / bare_speed}
        for name, ratio in ratios.items():
            print(f"\n{name}: {ratio:.3f} of a bare loop after {len(found)} rounds", end="")
        if all(ratio == pytest.approx(1, abs=APART) for ratio in ratios.values()):
            return True
    return False


@pytest.mark.parametrize(("lengths", "rounds"), [(Lengths(256, 64), 40), (Lengths(32, 128), 40)])
def test_on_the_sample(
    converted_sample: Path, lengths: Lengths, rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert agree(converted_sample, lengths, rounds, monkeypatch)


def test_on_smollm2(converted_smollm2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert agree(converted_smollm2, Lengths(32, 16), 30, monkeypatch)
