"""What was measured, in words: the figures of speed and quality, and whose fault a wrong answer is."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from slmtui.events import Status
from slmtui.measure.bench_figures import BenchResult, BenchRow
from slmtui.measure.bench_table import HEADINGS, pooled, rows
from slmtui.measure.judge import Bounds, Figures, judge, thresholds
from slmtui.measure.quality_figures import BUILT_IN, Quality
from slmtui.pipeline import Measurements
from slmtui.tui.format import MUTED, icon, safe
from slmtui.tui.widgets.bars import Bar
from slmtui.units import duration, size

_STATES: dict[str, Status] = {
    "verified": "ok",
    "degraded": "warn",
    "wrong": "fail",
    "unverified": "unchecked",
}
# A relative deviation of the same piece of work that a quiet machine stays below.
_QUIET = 0.05
_COSTS: dict[Status, str] = {
    "ok": "no more than {} costs",
    "warn": "more than {} has to cost",
    "fail": "far more than {} costs",
}


def speed_rows(bench: BenchResult) -> list[tuple[str, str | Content]]:
    """What stands beside the table."""
    quiet = "quiet" if bench.noise < _QUIET else "not quiet"
    return [
        ("machine", bench.machine),
        ("loading", f"{bench.load_seconds:.2f} s"),
        ("memory", _memory(bench.rows)),
        ("noise", f"{bench.noise:.1%}: the machine was {quiet}" if bench.rows else ""),
        ("took", duration(bench.seconds) + ("" if bench.complete else ", stopped before its end")),
    ]


def _memory(measured: tuple[BenchRow, ...]) -> str:
    """The most it took, and with which lengths."""
    most = max(measured, key=lambda row: row.peak_rss_bytes, default=None)
    if most is None:
        return ""
    lengths = f"{most.prompt_tokens:,} + {most.output_tokens:,} tokens"
    return f"{size(most.peak_rss_bytes)} with {lengths}; CPU {most.cpu_percent:.0f} %"


def speed_bars(measured: tuple[BenchRow, ...]) -> tuple[tuple[Bar, ...], tuple[Bar, ...]]:
    """The time to the first token over the prompts' lengths, and tokens per second over all lengths."""
    first = []
    for length in dict.fromkeys(row.prompt_tokens for row in measured):
        ttft = pooled(row.ttft_ms for row in measured if row.prompt_tokens == length)
        if ttft.n:
            first.append(Bar(f"pp{length}", ttft.mean, f"{ttft.mean:,.0f} ms"))
    speeds = [
        Bar(f"tg{row.output_tokens} @ d{row.prompt_tokens}", speed.mean, f"{speed.mean:,.0f} tok/s")
        for row in measured
        if (speed := row.tokens_per_second).n
    ]
    return tuple(first), tuple(speeds)


def quality_rows(quality: Quality, precision: str) -> list[tuple[str, str | Content]]:
    """Each figure, its sign, and what it means."""
    text = "the built-in text" if quality.text == BUILT_IN else quality.text
    read = f"{quality.tokens:,} tokens of {text} in {duration(quality.seconds)}"
    if not quality.against_source:
        words = "read without its source: the figure compares with others of the same text alone"
        return [("perplexity", f"{_plain(quality.perplexity)}: {words}"), ("read", read)]
    bounds = thresholds().get(precision, thresholds()["int4"])
    name = precision.upper() or "a conversion"
    verdict = judge(_figures(quality), precision or "int4")
    known = quality.perplexity / quality.perplexity_source - 1
    worse = (
        "it foresees the text as well" if known < 0.01 else f"it foresees the text {known:.1%} less surely"
    )
    mean = _state(quality.kl_mean, bounds.verified, bounds.degraded, "kl_mean")
    worst = _state(quality.kl_p99, bounds.verified, bounds.degraded, "kl_p99")
    return [
        ("verdict", Content.assemble(icon(_STATES[verdict.verdict]), " ", safe(verdict.reason))),
        (
            "perplexity",
            f"{_plain(quality.perplexity)} to its source's {_plain(quality.perplexity_source)}: {worse}",
        ),
        (
            "same choice",
            f"{quality.top1:.1%}: in so many places both would go on with the same token",
        ),
        (
            "KL divergence",
            _signed(
                mean,
                f"mean {quality.kl_mean:.3g}, median {quality.kl_median:.3g}: how far its expectations are"
                f" from its source's; {_COSTS[mean].format(name)}",
            ),
        ),
        (
            "worst places",
            _signed(worst, f"{quality.kl_p99:.3g} in the worst hundredth; {_COSTS[worst].format(name)}"),
        ),
        ("read", read),
    ]


def _plain(perplexity: float) -> str:
    """As people write numbers: four digits, or all of a large one."""
    return f"{perplexity:,.0f}" if perplexity >= 1000 else f"{perplexity:.4g}"


def _figures(quality: Quality) -> Figures:
    return Figures(
        cosine=quality.cosine,
        top1=quality.top1,
        kl_mean=quality.kl_mean,
        kl_p99=quality.kl_p99,
        tokens=quality.tokens,
    )


def _state(value: float, verified: Bounds, degraded: Bounds, name: str) -> Status:
    if value <= getattr(verified, name):
        return "ok"
    return "warn" if value <= getattr(degraded, name) else "fail"


def _signed(state: Status, text: str) -> Content:
    return Content.assemble(icon(state), " ", text)


def fault(passed: bool, control: bool | None, base: bool | None) -> Content:
    """Whose fault a wrong answer is, as far as the controls can tell; or what a right one says."""
    if passed:
        if control is False:
            return _signed("ok", "Its source does not know it: gained by chance.")
        if base:
            return Content.styled("The untuned base knows it, too.", MUTED)
        return Content("")
    if control is None:
        return Content.styled("Nobody has asked its source, which would tell whose fault it is.", MUTED)
    if control:
        return _signed("fail", "Its source says it right: lost by the conversion.")
    if base:
        return _signed("warn", "The untuned base says it right: lost by the fine-tuning.")
    return _signed("warn", "Its source does not know it either: never learnt, so no precision mends it.")


def figures_text(found: Measurements, precision: str) -> str:
    """All that was measured, to be pasted elsewhere."""
    return "\n\n".join("\n".join(part) for part in _parts(found, precision)) + "\n"


def _parts(found: Measurements, precision: str) -> Iterator[list[str]]:
    if found.bench is not None:
        lines = ["| " + " | ".join(row) + " |" for row in (HEADINGS, *rows(found.bench))]
        lines.insert(1, "|" + " --- |" * len(HEADINGS))
        yield [f"{name}: {text}" for name, text in speed_rows(found.bench)]
        yield lines
        yield list(found.bench.notes)
    if found.quality is not None:
        yield [f"{name}: {text}" for name, text in quality_rows(found.quality, precision)]
    if found.checklist is not None:
        yield [
            f"{item.status}: {item.title}. {item.evidence}" + (f" → {item.fix}" if item.fix else "")
            for item in found.checklist.items
        ]
