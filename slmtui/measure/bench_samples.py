"""What the runs of a benchmark add up to: a row as it grows, and how quiet the machine was."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from slmtui.measure.bench_figures import BenchRow, Spread
from slmtui.measure.bench_runs import Lengths
from slmtui.runtime.figures import percentile

# The relative deviation of the same piece of work from which on it is said: two precisions often differ by no
# more than this.
NOISY = 0.05
# The piece of work that shows the noise: so many tokens of prompt, and output that takes about this long, in
# seconds. Shorter ones would show the clock's and the scheduler's noise, not what the figures suffer from.
PIECE_PROMPT = 16
_PIECE_SECONDS, _PIECE_LEAST, _PIECE_MOST = 0.1, 8, 128


class RowSamples:
    """The runs of one pair of lengths."""

    def __init__(self, lengths: Lengths) -> None:
        self.lengths = lengths
        # Of the warm-up or, after it, of the longest run: what one more is expected to take.
        self.expected_seconds = 0.0
        self.peak_rss_bytes = 0
        self._runs: list[Mapping[str, Any]] = []

    @property
    def measured(self) -> bool:
        """Whether there is a run that counts."""
        return bool(self._runs)

    def add(self, ran: Mapping[str, Any]) -> None:
        """Count one run, as the worker tells of it."""
        self._runs.append(ran)
        self.expected_seconds = float(ran["seconds"])

    def row(self) -> BenchRow:
        """The figures of the runs so far; there has to be one."""
        runs, gaps = self._runs, list(itertools.chain(*(ran["gap_seconds"] for ran in self._runs)))
        first = [float(ran["ttft_seconds"]) for ran in runs]
        p50, p95, p99 = (percentile(gaps, percent) * 1000 for percent in (50, 95, 99))
        return BenchRow(
            prompt_tokens=self.lengths.prompt,
            output_tokens=self.lengths.output,
            ttft_ms=Spread.of(seconds * 1000 for seconds in first),
            tpot_ms_p50=p50,
            tpot_ms_p95=p95,
            tpot_ms_p99=p99,
            prompt_tokens_per_second=Spread.of(self.lengths.prompt / seconds for seconds in first),
            tokens_per_second=Spread.of(
                len(ran["gap_seconds"]) / sum(ran["gap_seconds"]) for ran in runs if ran["gap_seconds"]
            ),
            peak_rss_bytes=self.peak_rss_bytes,
            cpu_percent=100 * sum(ran["cpu_seconds"] for ran in runs) / sum(ran["seconds"] for ran in runs),
        )


def piece(ran: Mapping[str, Any], context_length: int) -> Lengths:
    """The piece of work that shows the noise, fitted to the speed of a run that was no piece itself."""
    prompt = max(1, min(PIECE_PROMPT, context_length // 2))
    gaps: Sequence[float] = ran["gap_seconds"] or [float(ran["ttft_seconds"])]
    wanted = math.ceil(_PIECE_SECONDS / max(percentile(gaps, 50), 1e-6))
    return Lengths(prompt, min(max(_PIECE_LEAST, min(_PIECE_MOST, wanted)), context_length - prompt))


def noise(seconds: Sequence[float]) -> float:
    """The relative deviation of what the same piece of work took, again and again."""
    spread = Spread.of(seconds)
    return spread.deviation / spread.mean if spread.n and spread.mean > 0 else 0.0


def noise_note(found: float) -> tuple[str, ...]:
    """What has to be said of it, if anything."""
    if found <= NOISY:
        return ()
    said = (
        "The machine was not quiet: the same piece of work, done between the runs, took"
        f" {found:.0%} more or less from one time to the next (standard deviation). Smaller differences"
        " between two benchmarks say nothing; close other programs and measure again for steadier figures."
    )
    return (said,)
