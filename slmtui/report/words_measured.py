"""Benchmark, quality and checklist in words."""

from __future__ import annotations

import math
from collections.abc import Iterator

from slmtui.measure.bench_figures import BenchResult, BenchRow, Spread
from slmtui.measure.checklist_item import Checklist
from slmtui.measure.quality_figures import Quality
from slmtui.measure.suite import SuiteScore
from slmtui.report.blocks import Bar, Block, Facts, Plot, Table, Text, Verdicts
from slmtui.units import duration, size

_NONE = "–"


def bench_blocks(bench: BenchResult) -> Iterator[Block]:
    """The rows as `llama-bench` has them, plots of them, and what has to be known to read them."""
    headings = (
        "Prompt",
        "Output",
        "First token, ms",
        "Prompt, tokens/s",
        "Generation, tokens/s",
        "Per token, ms:\u00a050\u00a0%",
        "95\u00a0%",
        "99\u00a0%",
        "Peak memory",
        "CPU",
    )
    yield Table(headings, tuple(_row(row) for row in bench.rows), tuple(range(len(headings))))
    if bench.rows:
        yield Plot("Generation, tokens per second", _bars(bench, "tokens_per_second", "{:,.0f}"))
        yield Plot("Time to first token, milliseconds", _bars(bench, "ttft_ms", "{:,.1f}"))
        latency = tuple(
            Bar(
                _lengths(row),
                row.tpot_ms_p50,
                f"{row.tpot_ms_p50:.2f} · {row.tpot_ms_p95:.2f} · {row.tpot_ms_p99:.2f}",
                row.tpot_ms_p50,
                row.tpot_ms_p99,
                row.tpot_ms_p95,
            )
            for row in bench.rows
            if all(map(_is_number, (row.tpot_ms_p50, row.tpot_ms_p95, row.tpot_ms_p99)))
        )
        yield Plot(
            "Time per output token, milliseconds: 50 % · 95 % · 99 %",
            latency,
            "The bar is the median, the tick 95 %, the line's end 99 %.",
        )
    noise = f"{bench.noise:.1%}" if math.isfinite(bench.noise) else "not known"
    repetitions = max((row.tokens_per_second.n for row in bench.rows), default=0)
    yield Facts(
        (
            ("Loaded in", duration(bench.load_seconds)),
            ("Repetitions", f"{repetitions}; after ± stands their standard deviation"),
            ("Noise of the machine", noise),
            ("Measured", f"{_when(bench.at)}, on {bench.machine or 'this machine'}"),
        )
    )
    yield from (Text(note) for note in bench.notes)
    if not bench.complete:
        yield Text("The benchmark was stopped before its end.")


def quality_blocks(quality: Quality) -> Iterator[Block]:
    """The figures of a text that was read with the model and its source."""
    pairs = [("Perplexity", _number(quality.perplexity))]
    if quality.against_source:
        pairs += [
            ("Perplexity of the source", _number(quality.perplexity_source)),
            ("KL divergence, mean", _number(quality.kl_mean)),
            ("KL divergence, median", _number(quality.kl_median)),
            ("KL divergence, 99 %", _number(quality.kl_p99)),
            ("Same first choice", share(quality.top1)),
            ("Cosine of the logits", _number(quality.cosine)),
        ]
    yield Facts((*pairs, ("Text", f"{quality.text}, {quality.tokens:,} tokens")))
    if quality.against_source:
        bars = [
            (name, value) for name, value in (("source", quality.perplexity_source),) if _is_number(value)
        ]
        bars.append(("model", quality.perplexity))
        yield Plot("Perplexity: less is better", tuple(Bar(name, each, _number(each)) for name, each in bars))
    yield from (Text(note) for note in quality.notes)


def checklist_blocks(checklist: Checklist) -> Iterator[Block]:
    """The items with their evidence, and the shares of model, source and base."""
    yield Verdicts(tuple(item.as_verdict() for item in checklist.items))
    scores = [("model", checklist.suite), ("source", checklist.control), ("untuned base", checklist.base)]
    bars = tuple(_score(name, score) for name, score in scores if score is not None)
    if bars:
        yield Plot(f"Share of {checklist.suite_name} that passed", bars)
        headings = ("Asked", "Passed", "Of", "Share")
        rows = tuple(
            (name, f"{score.passed:,}", f"{score.of:,}", share(score.share))
            for name, score in scores
            if score
        )
        yield Table(headings, rows, (1, 2, 3))
    if not checklist.complete:
        yield Text("The checklist was stopped before its end.")
    yield Text(f"Gone through {_when(checklist.at)}, in {duration(checklist.seconds)}.")


def share(value: float) -> str:
    """A share of 1 in per cent."""
    return f"{value:.1%}" if math.isfinite(value) else _NONE


def _score(name: str, score: SuiteScore) -> Bar:
    return Bar(name, score.share, share(score.share), tone="ok" if name == "model" else "plain")


def _row(row: BenchRow) -> tuple[str, ...]:
    return (
        f"{row.prompt_tokens:,}",
        f"{row.output_tokens:,}",
        _spread(row.ttft_ms, 1),
        _spread(row.prompt_tokens_per_second, 0),
        _spread(row.tokens_per_second, 1),
        *(f"{each:.2f}" if _is_number(each) else _NONE for each in (row.tpot_ms_p50, row.tpot_ms_p95)),
        f"{row.tpot_ms_p99:.2f}" if _is_number(row.tpot_ms_p99) else _NONE,
        size(row.peak_rss_bytes),
        f"{row.cpu_percent:.0f} %" if _is_number(row.cpu_percent) else _NONE,
    )


def _bars(bench: BenchResult, name: str, form: str) -> tuple[Bar, ...]:
    found = []
    for row in bench.rows:
        spread: Spread = getattr(row, name)
        if _is_number(spread.mean):
            low, high = max(0.0, spread.mean - spread.deviation), spread.mean + spread.deviation
            text = f"{form.format(spread.mean)} ± {form.format(spread.deviation)}"
            found.append(Bar(_lengths(row), spread.mean, text, low, high))
    return tuple(found)


def _lengths(row: BenchRow) -> str:
    return f"{row.prompt_tokens:,} + {row.output_tokens:,}"


def _spread(spread: Spread, digits: int) -> str:
    if not _is_number(spread.mean):
        return _NONE
    return f"{spread.mean:,.{digits}f} ± {spread.deviation:,.{digits}f}"


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _number(value: float) -> str:
    if not _is_number(value):
        return _NONE
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _when(at: str) -> str:
    return f"{at[:16].replace('T', ' ')} UTC" if at else "at an unknown time"
