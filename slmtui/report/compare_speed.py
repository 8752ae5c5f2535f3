"""Two benchmarks compared: only on the same machine, only the same lengths, and only beyond the noise."""

from __future__ import annotations

import math
from collections.abc import Iterator

from slmtui.measure.bench_figures import BenchResult, BenchRow, Spread
from slmtui.report.change import Change, figure
from slmtui.units import size

_AREA = "speed"
# Less is never called a change; of a single repetition no deviation is known, so that it takes more.
_LEAST, _LEAST_OF_ONE = 0.05, 0.10
# Resident memory moves with what else the machine does.
_MEMORY = 0.10
_FIGURES = (
    ("ttft_ms", "time to first token", "{:,.1f} ms", False),
    ("prompt_tokens_per_second", "prompt", "{:,.0f} tokens/s", True),
    ("tokens_per_second", "generation", "{:,.0f} tokens/s", True),
)


def speeds(
    before: BenchResult | None, now: BenchResult | None, machines: tuple[str, str], notes: list[str]
) -> Iterator[Change]:
    """The changes of all rows that both have; `machines` stand in where a benchmark does not name its own."""
    if before is None or now is None:
        if before is not None:
            notes.append(f"{_AREA}: the baseline has it, this report does not: it was not compared.")
        elif now is not None:
            notes.append(f"{_AREA}: the baseline does not have it.")
        return
    if (before.machine or machines[0]) != (now.machine or machines[1]):
        notes.append(
            f"{_AREA}: the baseline was measured on another machine"
            f" ({before.machine or machines[0]}; this one on {now.machine or machines[1]}): speeds cannot be"
            " compared."
        )
        return
    rows = {_lengths(row): row for row in before.rows}
    same = [(rows[_lengths(row)], row) for row in now.rows if _lengths(row) in rows]
    if not same and (before.rows or now.rows):
        notes.append(f"{_AREA}: other lengths were measured: speeds cannot be compared.")
    elif len(same) < len(before.rows):
        notes.append(f"{_AREA}: {len(before.rows) - len(same)} of the baseline's lengths were not measured.")
    noise = _noise(before) + _noise(now)
    for old, new in same:
        yield from _row(old, new, noise)


def _row(old: BenchRow, new: BenchRow, noise: float) -> Iterator[Change]:
    lengths = f"{new.prompt_tokens:,} + {new.output_tokens:,} tokens"
    for name, title, form, more in _FIGURES:
        before, now = getattr(old, name), getattr(new, name)
        allowed = _allowed(before, now, noise)
        why = f"over {allowed / abs(before.mean):.1%}" if before.mean else ""
        yield from figure(
            _AREA,
            f"{title}, {lengths}",
            before.mean,
            now.mean,
            allowed,
            form.format,
            why,
            more_is_better=more,
        )
    memory = max(_MEMORY, noise) * old.peak_rss_bytes
    title = f"peak memory, {lengths}"
    yield from figure(
        _AREA, title, old.peak_rss_bytes, new.peak_rss_bytes, memory, size, f"over {_MEMORY:.0%}"
    )


def _allowed(before: Spread, now: Spread, noise: float) -> float:
    """The most that two measurements of the same thing may be apart."""
    least = _LEAST if min(before.n, now.n) > 1 else _LEAST_OF_ONE
    return max(math.hypot(before.deviation, now.deviation), max(noise, least) * abs(before.mean))


def _noise(result: BenchResult) -> float:
    return result.noise if math.isfinite(result.noise) else 0.0


def _lengths(row: BenchRow) -> tuple[int, int]:
    return row.prompt_tokens, row.output_tokens
