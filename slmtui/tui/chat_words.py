"""An answer's figures in words, the same on every screen that shows some."""

from __future__ import annotations

from textual.content import Content

from slmtui.runtime.answer import Answer
from slmtui.runtime.conversation import Conversation
from slmtui.runtime.figures import SessionFigures
from slmtui.tui.format import MUTED, fit
from slmtui.units import duration, size

ENDINGS = {
    "stop": "",
    "stop_string": "a stop string came",
    "length": "reached the limit of tokens",
    "context": "the context is full",
    "cancelled": "stopped",
    "loop": "repeated itself up to the limit",
}


def seconds_short(value: float) -> str:
    """Milliseconds below a second, else seconds."""
    return f"{value * 1000:.0f} ms" if value < 1 else duration(value)


def rate(value: float) -> str:
    """Tokens per second; nothing where it could not be taken."""
    return f"{value:,.0f} tok/s" if value >= 10 else f"{value:.1f} tok/s" if value else ""


def per_token(p50: float, p95: float) -> str:
    """Milliseconds per token, the median and what 19 of 20 stay below."""
    return f"{p50:.1f} ms, 95 %: {p95:.1f}" if p50 else ""


def memory(now: int, peak: int) -> str:
    """Resident memory, and the most it was; the unit once where it is the same, as the panel is narrow."""
    if not now:
        return ""
    number, unit = size(now).split(" ")
    most = size(peak)
    if most == size(now) or not peak:
        return f"{number} {unit}"
    return f"{number}, peak {most}" if most.endswith(f" {unit}") else f"{number} {unit}, peak {most}"


def figures_line(answer: Answer) -> Content:
    """What an answer cost, on one line."""
    if not answer.completion_tokens:
        words = "the model ended its answer at once" if answer.finish_reason == "stop" else ""
        return Content.styled(words or "stopped before the first token", MUTED)
    # How it ended comes first: at 80 columns the end of the line may not be seen.
    parts = [
        ENDINGS.get(answer.finish_reason, answer.finish_reason),
        f"first token {seconds_short(answer.ttft_seconds)}",
        rate(answer.decode_tokens_per_second),
        f"{answer.completion_tokens} tokens",
        size(answer.peak_rss_bytes) if answer.peak_rss_bytes else "",
    ]
    return Content.styled("  ".join(part for part in parts if part), MUTED)


def answer_rows(answer: Answer) -> list[tuple[str, str]]:
    """All figures of one answer."""
    cached = f", {answer.cached_tokens:,} cached" if answer.cached_tokens else ""
    return [
        ("first token", seconds_short(answer.ttft_seconds) if answer.ttft_seconds else ""),
        ("per token", per_token(answer.tpot_ms_p50, answer.tpot_ms_p95)),
        ("generation", rate(answer.decode_tokens_per_second)),
        ("reading", rate(answer.prompt_tokens_per_second)),
        ("prompt", f"{answer.prompt_tokens:,}{cached or ' tokens'}"),
        ("answer", f"{answer.completion_tokens:,} tokens"),
        ("took", seconds_short(answer.seconds)),
        ("memory", memory(answer.rss_bytes, answer.peak_rss_bytes)),
        ("CPU", f"{answer.cpu_percent:.0f} %" if answer.cpu_percent else ""),
        ("cores", cores(answer.cpu_percent_per_core)),
        ("end", ENDINGS.get(answer.finish_reason) or "the model ended it"),
    ]


def session_rows(figures: SessionFigures) -> list[tuple[str, str]]:
    """The figures over all answers: medians and sums."""
    return [
        ("first token", seconds_short(figures.ttft_seconds) if figures.ttft_seconds else ""),
        ("per token", per_token(figures.tpot_ms_p50, figures.tpot_ms_p95)),
        ("generation", rate(figures.decode_tokens_per_second)),
        ("reading", rate(figures.prompt_tokens_per_second)),
        ("tokens", f"{figures.prompt_tokens:,} read, {figures.completion_tokens:,} made"),
        ("took", seconds_short(figures.seconds)),
    ]


def parameter_rows(conversation: Conversation) -> list[tuple[str, str]]:
    """How the next answer is made."""
    p = conversation.parameters
    sampled = [("top-p", f"{p.top_p:g}"), ("top-k", str(p.top_k or ""))]
    return [
        ("temperature", "0, greedy" if p.greedy else f"{p.temperature:g}"),
        *(sampled if not p.greedy else []),
        ("repetition", f"{p.repetition_penalty:g}"),
        ("max tokens", f"{p.max_tokens:,}"),
        ("max length", f"{p.max_length:,}" if p.max_length else ""),
        ("seed", "" if p.seed is None else str(p.seed)),
        ("stop at", " | ".join(p.stop).replace("\n", "\\n")),
        ("system", fit(" ".join(conversation.system.split()), 200)),
    ]


def cores(percents: tuple[float, ...]) -> str:
    """Percent of each core; of many the busiest and how many there are."""
    if len(percents) > 8:
        busiest = " ".join(f"{percent:.0f}" for percent in sorted(percents, reverse=True)[:6])
        return f"{busiest} … % ({len(percents)})"
    return " ".join(f"{percent:.0f}" for percent in percents) + " %" if percents else ""
