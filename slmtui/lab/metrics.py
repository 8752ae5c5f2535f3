"""The figures of the lab's table, by name: where each is found, its unit, and which way is better."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from slmtui.units import duration, size

Steps: TypeAlias = Mapping[str, Mapping[str, Any]]
Unit: TypeAlias = Literal["bytes", "ms", "per_second", "share", "nats", "number", "seconds"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure: its name in constraints and JSON, its title in tables, and other names people type."""

    id: str
    title: str
    unit: Unit
    better: Literal["low", "high"]
    read: Callable[[Steps], float | None]
    aliases: tuple[str, ...] = ()

    def show(self, value: float | None) -> str:
        """A value for people; a dash for one that was not measured."""
        return "-" if value is None else _SHOWN[self.unit](value)


_SHOWN: Mapping[Unit, Callable[[float], str]] = {
    "bytes": size,
    "ms": lambda value: f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms",
    "per_second": lambda value: f"{value:,.0f}" if value >= 100 else f"{value:.1f}",
    "share": lambda value: f"{value:.1%}",
    "nats": lambda value: "<1e-6" if value < 1e-6 else f"{value:.2g}" if value < 1 else f"{value:.2f}",
    "number": lambda value: f"{value:.2f}",
    "seconds": duration,
}


def _number(value: Any) -> float | None:
    if isinstance(value, Mapping):  # a mean with its deviation
        value = value.get("mean")
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _at(step: str, *keys: str) -> Callable[[Steps], float | None]:
    """Reads what stands under `keys` in a step."""

    def read(steps: Steps) -> float | None:
        found: Any = steps.get(step)
        for key in keys:
            found = found.get(key) if isinstance(found, Mapping) else None
        return _number(found)

    return read


def _row(key: str, *, most: bool = False) -> Callable[[Steps], float | None]:
    """Reads a figure of the benchmark: of its shortest prompt, or the most of all rows."""

    def read(steps: Steps) -> float | None:
        rows = steps.get("bench", {}).get("rows") or []
        rows = sorted(rows, key=lambda row: (row["prompt_tokens"], row["output_tokens"]))
        found = [value for value in (_number(row.get(key)) for row in rows) if value is not None]
        if not found:
            return None
        return max(found) if most else found[0]

    return read


def _quality_or_parity(key: str) -> Callable[[Steps], float | None]:
    """Reads a figure of the quality step, else of the conversion's own comparison with the source."""
    own, parity = _at("quality", key), _at("conversion", "parity", key)

    def read(steps: Steps) -> float | None:
        found = own(steps)
        return parity(steps) if found is None else found

    return read


METRICS: tuple[Metric, ...] = (
    Metric("bytes", "size", "bytes", "low", _at("conversion", "bytes"), ("size", "disk")),
    Metric("peak_rss_bytes", "memory", "bytes", "low", _row("peak_rss_bytes", most=True), ("memory", "ram")),
    Metric(
        "ttft_ms", "first token", "ms", "low", _row("ttft_ms"), ("ttft", "first_token", "time to first token")
    ),
    Metric(
        "tokens_per_second",
        "tokens/s",
        "per_second",
        "high",
        _row("tokens_per_second"),
        ("speed", "tokens/s", "tok/s"),
    ),
    Metric("kl_mean", "KL", "nats", "low", _quality_or_parity("kl_mean"), ("kl",)),
    Metric("top1", "top-1", "share", "high", _quality_or_parity("top1"), ("top-1", "top_1")),
    Metric("suite", "suite", "share", "high", _at("suite", "suite", "share"), ("suite_share", "suite_score")),
    Metric("kl_p99", "KL 99 %", "nats", "low", _quality_or_parity("kl_p99")),
    Metric("cosine", "cosine", "number", "high", _quality_or_parity("cosine")),
    Metric("perplexity", "perplexity", "number", "low", _at("quality", "perplexity"), ("ppl",)),
    Metric(
        "prompt_tokens_per_second",
        "prompt tokens/s",
        "per_second",
        "high",
        _row("prompt_tokens_per_second"),
        ("prompt_speed",),
    ),
    Metric("load_seconds", "load", "seconds", "low", _at("bench", "load_seconds"), ("load",)),
)
# What the table shows for people; the rest is there for constraints and programs.
SHOWN = tuple(metric.id for metric in METRICS[:7])


def metric(name: str) -> Metric | None:
    """The metric that `name` means, by its own or another name; None if there is none."""
    wanted = name.strip().lower()
    return next((each for each in METRICS if wanted in (each.id, each.title.lower(), *each.aliases)), None)
