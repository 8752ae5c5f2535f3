"""What the figures of an answer mean: one place, for the help, the documentation and whoever measures.

Every time is taken on the host's clock, beside the runtime, so that neither the pipe nor the screen is in it;
only `seconds` is the app's.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slmtui.runtime.answer import Answer


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name in JSON and in `Answer`, a title, its unit and how it is measured."""

    name: str
    title: str
    unit: str
    meaning: str


FIGURES: tuple[Figure, ...] = (
    Figure(
        "ttft_seconds",
        "first token",
        "s",
        "Time to first token: from the moment the host takes the request up until it has the first token;"
        " rendering, tokenizing and reading the prompt. A benchmark's begins with the prompt's tokens at"
        " hand.",
    ),
    Figure(
        "tpot_ms_p50",
        "per token",
        "ms",
        "Time per output token: the median of the times between two tokens of the answer.",
    ),
    Figure("tpot_ms_p95", "per token, 95 %", "ms", "19 of 20 tokens took at most this long."),
    Figure(
        "decode_tokens_per_second",
        "generation",
        "tokens/s",
        "Tokens after the first, by the time from the first to the last.",
    ),
    Figure(
        "prompt_tokens_per_second",
        "reading",
        "tokens/s",
        "Tokens of the prompt that the KV cache did not hold, by the time it took to read them.",
    ),
    Figure("prompt_tokens", "prompt", "tokens", "The whole conversation as the model sees it."),
    Figure("cached_tokens", "cached", "tokens", "How many of them the KV cache held already."),
    Figure("completion_tokens", "answer", "tokens", "Generated, the token that ends it not counted."),
    Figure("seconds", "took", "s", "From sending the request to the end of the answer."),
    Figure("load_seconds", "loaded in", "s", "From the start of the host process until the model is ready."),
    Figure("rss_bytes", "memory", "bytes", "Resident memory of the host's process tree after the answer."),
    Figure("peak_rss_bytes", "peak memory", "bytes", "The most it has had since it was started."),
    Figure(
        "cpu_percent",
        "CPU",
        "%",
        "Processor time of the host by wall time, during the answer; 100 is one core kept busy.",
    ),
    Figure(
        "cpu_percent_per_core",
        "cores",
        "%",
        "How busy each core of the machine was during the answer, whoever used it.",
    ),
    Figure(
        "finish_reason",
        "end",
        "",
        "stop: the model ended it. length: the maximum of tokens. context: the context is full."
        " stop_string: a stop string came. cancelled: you stopped it. loop: it repeated itself until the"
        " maximum of tokens.",
    ),
)


@dataclass(frozen=True, slots=True)
class SessionFigures:
    """Figures over the answers of a session: medians of what is per answer, sums of what adds up."""

    answers: int
    ttft_seconds: float
    tpot_ms_p50: float
    tpot_ms_p95: float
    prompt_tokens_per_second: float
    decode_tokens_per_second: float
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    peak_rss_bytes: int
    cpu_percent: float


def over(answers: Sequence[Answer]) -> SessionFigures:
    """The figures of a session. Answers without a token count for time and memory alone."""
    spoken = [answer for answer in answers if answer.completion_tokens]

    def median(name: str) -> float:
        values = [value for answer in spoken if (value := float(getattr(answer, name))) > 0]
        return statistics.median(values) if values else 0.0

    return SessionFigures(
        answers=len(answers),
        ttft_seconds=median("ttft_seconds"),
        tpot_ms_p50=median("tpot_ms_p50"),
        tpot_ms_p95=median("tpot_ms_p95"),
        prompt_tokens_per_second=median("prompt_tokens_per_second"),
        decode_tokens_per_second=median("decode_tokens_per_second"),
        prompt_tokens=sum(answer.prompt_tokens for answer in answers),
        completion_tokens=sum(answer.completion_tokens for answer in answers),
        seconds=sum(answer.seconds for answer in answers),
        peak_rss_bytes=max((answer.peak_rss_bytes for answer in answers), default=0),
        cpu_percent=median("cpu_percent"),
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of them do not exceed (linear between two); 0.0 of none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def tpot_ms(times: Sequence[float]) -> tuple[float, float]:
    """Median and 95 % of the times between tokens, in ms, from the time of each token in seconds."""
    gaps = [(later - earlier) * 1000 for earlier, later in itertools.pairwise(times)]
    return percentile(gaps, 50), percentile(gaps, 95)
