"""What runs add up to: the figures of a row, and the noise."""

from __future__ import annotations

import json
from typing import Any

import pytest

from slmtui.measure.bench_figures import BenchRow, Spread
from slmtui.measure.bench_runs import Lengths
from slmtui.measure.bench_samples import RowSamples, noise, noise_note, piece


def ran(first: float, *gaps: float, cpu: float = 1.0) -> dict[str, Any]:
    return {
        "ttft_seconds": first,
        "gap_seconds": list(gaps),
        "seconds": first + sum(gaps),
        "cpu_seconds": cpu,
    }


def test_a_row_has_means_over_runs_and_percentiles_over_all_tokens() -> None:
    samples = RowSamples(Lengths(100, 3))
    samples.peak_rss_bytes = 5_000_000
    samples.add(ran(0.5, 0.1, 0.1, cpu=1.4))
    samples.add(ran(1.0, 0.2, 0.6, cpu=1.1))
    row = samples.row()
    assert (row.prompt_tokens, row.output_tokens, row.peak_rss_bytes) == (100, 3, 5_000_000)
    assert row.ttft_ms.mean == pytest.approx(750)
    assert row.ttft_ms.deviation == pytest.approx(353.553, abs=0.001)
    # The rate of each run, then their mean: 200 and 100 a second; not 200 tokens by 1.5 seconds.
    assert row.prompt_tokens_per_second.mean == pytest.approx(150)
    # Two tokens after the first, by the time from the first to the last.
    assert row.tokens_per_second.mean == pytest.approx((10 + 2.5) / 2)
    assert row.tokens_per_second.n == 2
    assert row.tpot_ms_p50 == pytest.approx(150)
    assert row.tpot_ms_p95 == pytest.approx(540)
    assert row.tpot_ms_p99 == pytest.approx(588)
    # Both cores' time by the wall's: 2.5 seconds' work in as many seconds.
    assert row.cpu_percent == pytest.approx(100)


def test_a_single_token_has_no_rate_and_is_written_as_json() -> None:
    samples = RowSamples(Lengths(8, 1))
    assert not samples.measured
    samples.add(ran(0.5))
    assert samples.measured
    row = samples.row()
    assert row.tokens_per_second.n == 0
    assert (row.tpot_ms_p50, row.tpot_ms_p99) == (0.0, 0.0)
    written = json.loads(json.dumps(row.to_json(), allow_nan=False))
    assert written["tokens_per_second"]["mean"] is None
    assert BenchRow.from_json(written).ttft_ms == Spread(500.0, 0.0, 1)


@pytest.mark.parametrize(("gap", "expected"), [(0.00001, 128), (0.001, 100), (0.005, 20), (0.1, 8), (5.0, 8)])
def test_the_piece_that_shows_the_noise_is_fitted_to_the_speed(gap: float, expected: int) -> None:
    assert piece(ran(1.0, gap, gap, gap), 2048) == Lengths(16, expected)


@pytest.mark.parametrize("context", [2, 3, 20, 100])
def test_it_fits_the_context(context: int) -> None:
    found = piece(ran(0.001, 0.0001), context)
    assert found.total <= context
    assert min(found.prompt, found.output) >= 1


def test_noise_is_the_relative_deviation_and_said_above_5_percent() -> None:
    assert noise([1.0, 1.0, 1.0]) == 0.0
    assert noise([]) == 0.0
    assert noise([0.9, 1.0, 1.1]) == pytest.approx(0.1)
    assert noise([90, 100, 110]) == pytest.approx(0.1)
    assert noise_note(0.05) == ()
    (note,) = noise_note(0.1)
    assert "10%" in note
    assert "close other programs" in note
