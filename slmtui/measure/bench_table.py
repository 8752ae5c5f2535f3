"""A benchmark as a table, in the notation of llama.cpp's `llama-bench`.

`pp512` is reading a prompt of 512 tokens, `tg128 @ d512` generating 128 tokens after it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from slmtui.measure.bench_figures import BenchResult, BenchRow, Spread
from slmtui.runtime.session import Session
from slmtui.text import plain
from slmtui.units import size

# Short, so that a terminal of 80 columns has room; the percentiles of the time per token are in milliseconds.
HEADINGS = ("test", "t/s", "ttft ms", "tpot p50", "p95", "p99", "memory", "CPU")
_NONE = "–"


def rows(result: BenchResult) -> list[tuple[str, ...]]:
    """A line for each prompt's length, and one for each pair of lengths; as `HEADINGS`.

    Runs that differ in the output's length alone have read the same prompt, so the first line is of all.
    """
    found: list[tuple[str, ...]] = []
    for length in dict.fromkeys(row.prompt_tokens for row in result.rows):
        same = [row for row in result.rows if row.prompt_tokens == length]
        read = _spread(pooled(row.prompt_tokens_per_second for row in same))
        first = _spread(pooled(row.ttft_ms for row in same))
        found.append((f"pp{length}", read, first, "", "", "", "", ""))
        found += [_generation(row) for row in same]
    return found


def markdown(model: str, bytes_: int, session: Session, result: BenchResult) -> str:
    """The table in Markdown, with what `llama-bench` says of the model on every line."""
    headings = ("model", "size", "backend", "threads", *HEADINGS)
    threads = str(session.threads) if session.threads else "auto"
    about = (model, size(bytes_), session.backend or _NONE, threads)
    table = [headings, *((*about, *line) for line in rows(result))]
    cells = [[_cell(text) for text in line] for line in table]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [_line(line, widths) for line in (cells[0], rule, *cells[1:])]
    return "\n".join(lines) + "\n"


def pooled(spreads: Iterable[Spread]) -> Spread:
    """Mean and deviation of all the values that these were taken of."""
    parts = [each for each in spreads if each.n]
    n = sum(each.n for each in parts)
    if not n:
        return Spread.of(())
    mean = sum(each.n * each.mean for each in parts) / n
    squares = sum((each.n - 1) * each.deviation**2 + each.n * (each.mean - mean) ** 2 for each in parts)
    return Spread(mean, math.sqrt(squares / (n - 1)) if n > 1 else 0.0, n)


def _generation(row: BenchRow) -> tuple[str, ...]:
    several = row.tokens_per_second.n > 0
    percentiles = (row.tpot_ms_p50, row.tpot_ms_p95, row.tpot_ms_p99)
    return (
        f"tg{row.output_tokens} @ d{row.prompt_tokens}",
        _spread(row.tokens_per_second),
        "",
        *(f"{value:.2f}" if several else _NONE for value in percentiles),
        size(row.peak_rss_bytes),
        f"{row.cpu_percent:.0f} %",
    )


def _spread(spread: Spread) -> str:
    if not spread.n:
        return _NONE
    decimals = 2 if spread.mean < 100 else 1 if spread.mean < 1000 else 0
    return f"{spread.mean:.{decimals}f} ± {spread.deviation:.{decimals}f}"


def _cell(text: str) -> str:
    return " ".join(plain(text).split()).replace("\\", "\\\\").replace("|", "\\|")


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cells[0].ljust(widths[0])]
    padded += [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return f"| {' | '.join(padded)} |"
