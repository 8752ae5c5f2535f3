"""What a host says of itself and of an answer: events, and figures while it grows and when it is whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from slmtui.events import Event, jsonable
from slmtui.runtime.protocol import FinishReason


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model is ready.

    `seconds` from the start of the process to its readiness; `context_length` in tokens; `rss_bytes` resident
    memory of the host's process tree now; `model_type` as the runtime calls it ("qwen2").
    """

    seconds: float
    context_length: int
    rss_bytes: int
    model_type: str


@dataclass(frozen=True, slots=True)
class Token(Event):
    """Text that was generated: that of one token, or of a few that came within 20 ms.

    Joined, the texts are the answer. It is data: control characters and markup are still in it.
    """

    kind: ClassVar[str] = "token"
    text: str


@dataclass(frozen=True, slots=True)
class Fill(Event):
    """The context as the request fills it; said before the first token, and only if room may be made.

    `used` of `context_length` tokens, the answer not counted; `dropped_messages` were left out, oldest first,
    because they no longer fit.
    """

    kind: ClassVar[str] = "fill"
    used: int
    context_length: int
    dropped_messages: int


@dataclass(frozen=True, slots=True)
class Loop(Event):
    """The answer has begun to repeat itself: a piece of `period` tokens, again and again."""

    kind: ClassVar[str] = "loop"
    period: int


@dataclass(frozen=True, slots=True)
class Answered(Event):
    """One answer of several is whole: which one, from 1, and its figures by name."""

    kind: ClassVar[str] = "answer"
    number: int
    figures: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Its number and figures, side by side."""
        return {"event": self.kind, "number": self.number, **jsonable(dict(self.figures))}


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer and its figures; `figures.py` says how each is measured.

    A figure that could not be taken, such as the speed of a single token, is 0.

    Attributes:
        text: what was generated, also when it was cancelled; nothing of a stop string is in it.
        dropped_messages: how many of the oldest messages did not fit and were left out.
        context_length: of the model, in tokens.
    """

    text: str
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    ttft_seconds: float
    decode_tokens_per_second: float
    seconds: float
    peak_rss_bytes: int
    finish_reason: FinishReason
    tpot_ms_p50: float = 0.0
    tpot_ms_p95: float = 0.0
    prompt_tokens_per_second: float = 0.0
    load_seconds: float = 0.0
    rss_bytes: int = 0
    cpu_percent: float = 0.0
    cpu_percent_per_core: tuple[float, ...] = ()
    dropped_messages: int = 0
    context_length: int = 0

    @property
    def context_used(self) -> int:
        """Tokens of the context that the conversation takes with this answer."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Consumption:
    """What the client has seen of the host: memory in bytes, CPU of each core of the machine in percent."""

    rss_bytes: int = 0
    peak_rss_bytes: int = 0
    cpu_percent_per_core: tuple[float, ...] = ()


class GrowingAnswer:
    """An answer while its replies come in."""

    def __init__(self, load_seconds: float = 0.0) -> None:
        self.finish_reason: FinishReason | None = None
        self._load_seconds = load_seconds
        self._texts: list[str] = []
        self._started: dict[str, Any] = {}
        self._finished: dict[str, Any] = {}
        self._cached_tokens = self._tokens = 0
        self._first = self._last = 0.0

    def take(self, reply: dict[str, Any]) -> Event | None:
        """Learn from a reply; returns what there is to say of it, if anything."""
        if reply["event"] == "started":
            self._started = reply
            if "dropped" in reply:
                return Fill(reply["prompt_tokens"], reply["context_length"], reply["dropped"])
        elif reply["event"] == "reading":
            self._cached_tokens = reply["cached_tokens"]
        elif reply["event"] == "token":
            # The first reply brings one token alone, so its time is that of the first token.
            self._first = self._first or reply["seconds"]
            self._last = reply["seconds"]
            self._tokens += reply["tokens"]
            self._texts.append(reply["text"])
            return Token(reply["text"]) if reply["text"] else None
        elif reply["event"] == "loop":
            return Loop(reply["period"])
        elif reply["event"] == "finished":
            self._finished = reply
            self.finish_reason = reply["finish_reason"]
        return None

    def finished(self, seconds: float, seen: Consumption) -> Answer:
        """The answer as it stands; without a word of its end from the host it was cancelled."""
        span = self._last - self._first
        prompt_tokens = self._started.get("prompt_tokens", 0)
        prompt_seconds = self._finished.get("prompt_seconds", 0.0)
        at_host = self._finished.get("seconds", 0.0)
        tokens = self._finished.get("tokens", self._tokens)
        p50, p95 = self._finished.get("tpot_ms", (0.0, 0.0))
        return Answer(
            text="".join(self._texts),
            prompt_tokens=prompt_tokens,
            cached_tokens=self._cached_tokens,
            completion_tokens=tokens,
            ttft_seconds=self._first,
            decode_tokens_per_second=(tokens - 1) / span if span > 0 else 0.0,
            seconds=seconds,
            peak_rss_bytes=seen.peak_rss_bytes,
            finish_reason=self.finish_reason or "cancelled",
            tpot_ms_p50=p50,
            tpot_ms_p95=p95,
            prompt_tokens_per_second=_rate(prompt_tokens - self._cached_tokens, prompt_seconds),
            load_seconds=self._load_seconds,
            rss_bytes=seen.rss_bytes,
            cpu_percent=100 * _rate(self._finished.get("cpu_seconds", 0.0), at_host),
            cpu_percent_per_core=seen.cpu_percent_per_core,
            dropped_messages=self._started.get("dropped", 0),
            context_length=self._started.get("context_length", 0),
        )


def _rate(amount: float, seconds: float) -> float:
    return amount / seconds if seconds > 0 else 0.0
