"""What a benchmark asks for and what it has found; the layout is that of llama.cpp's `llama-bench`."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

PROMPT_TOKENS = (32, 512, 2048)
OUTPUT_TOKENS = (128,)
REPETITIONS = 5


@dataclass(frozen=True, slots=True)
class BenchPlan:
    """Every prompt length with every output length, in tokens, each so many times."""

    prompt_tokens: tuple[int, ...] = PROMPT_TOKENS
    output_tokens: tuple[int, ...] = OUTPUT_TOKENS
    repetitions: int = REPETITIONS


@dataclass(frozen=True, slots=True)
class Spread:
    """A mean and the sample's standard deviation (0 of a single value), of `n` values."""

    mean: float
    deviation: float
    n: int

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """That of some values; not a number of none."""
        found = list(values)
        if not found:
            return cls(math.nan, 0.0, 0)
        return cls(statistics.fmean(found), statistics.stdev(found) if len(found) > 1 else 0.0, len(found))

    def to_json(self) -> dict[str, Any]:
        """As plain JSON; what is not a number is null."""
        mean = None if math.isnan(self.mean) else float(f"{self.mean:.6g}")
        return {"mean": mean, "deviation": float(f"{self.deviation:.6g}"), "n": self.n}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Spread:
        """What `to_json` wrote."""
        mean = math.nan if value["mean"] is None else float(value["mean"])
        return cls(mean, float(value["deviation"]), int(value["n"]))


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One prompt length with one output length.

    Attributes:
        prompt_tokens, output_tokens: the lengths.
        ttft_ms: from handing over the prompt to having the first token, in milliseconds.
        tpot_ms_p50, tpot_ms_p95, tpot_ms_p99: of the times from one token to the next, over all repetitions.
        prompt_tokens_per_second: prompt tokens by the time to the first token.
        tokens_per_second: tokens after the first, by the time they took.
        peak_rss_bytes: the most memory that the process tree had resident meanwhile.
        cpu_percent: of one core, mean: 200 is two cores at work all the time.
    """

    prompt_tokens: int
    output_tokens: int
    ttft_ms: Spread
    tpot_ms_p50: float
    tpot_ms_p95: float
    tpot_ms_p99: float
    prompt_tokens_per_second: Spread
    tokens_per_second: Spread
    peak_rss_bytes: int
    cpu_percent: float

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        spreads = ("ttft_ms", "prompt_tokens_per_second", "tokens_per_second")
        return asdict(self) | {name: getattr(self, name).to_json() for name in spreads}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> BenchRow:
        """What `to_json` wrote."""
        spreads = ("ttft_ms", "prompt_tokens_per_second", "tokens_per_second")
        return cls(**{**value, **{name: Spread.from_json(value[name]) for name in spreads}})


@dataclass(frozen=True, slots=True)
class BenchResult:
    """What was measured.

    Attributes:
        rows: in the order of their lengths; of a stopped benchmark, those with one repetition at least.
        load_seconds: from starting to load the model to its being ready.
        noise: how unsteady the machine was: the relative deviation of the same piece of work, done again and
            again between the measurements; 0.02 is quiet.
        notes: what has to be known to read the figures (noise, lengths left out), in sentences.
        complete: False if it was stopped before the end.
        at: when, ISO 8601, UTC.
        seconds: how long it took.
        machine: in general terms.
    """

    rows: tuple[BenchRow, ...]
    load_seconds: float
    noise: float
    notes: tuple[str, ...]
    complete: bool
    at: str
    seconds: float
    machine: str

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return {
            "rows": [row.to_json() for row in self.rows],
            "load_seconds": round(self.load_seconds, 4),
            "noise": float(f"{self.noise:.4g}"),
            "notes": list(self.notes),
            "complete": self.complete,
            "at": self.at,
            "seconds": round(self.seconds, 2),
            "machine": self.machine,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> BenchResult:
        """What `to_json` wrote."""
        rows = tuple(BenchRow.from_json(row) for row in value["rows"])
        return cls(**{**value, "rows": rows, "notes": tuple(value["notes"])})
