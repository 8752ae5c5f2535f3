"""An answer and its figures, while it grows and when it is whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from slmtui.events import Event
from slmtui.runtime.protocol import FinishReason


@dataclass(frozen=True, slots=True)
class Token(Event):
    """Text that was generated: that of one token, or of a few that came within 10 ms.

    Joined, the texts are the answer. It is data: control characters and markup are still in it.
    """

    kind: ClassVar[str] = "token"
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer and its figures. Times in seconds.

    Attributes:
        text: what was generated, also when it was cancelled.
        prompt_tokens: of the whole conversation as rendered.
        cached_tokens: how many of them the KV cache held already.
        completion_tokens: generated, the token that ends the answer not counted.
        ttft_seconds: time to first token, from the moment the host took the request up until it had the first
            token: rendering, tokenizing and reading the prompt. 0.0 if there was none.
        decode_tokens_per_second: (completion_tokens - 1) / (time of the last token - time of the first), on
            the host's clock; 0.0 if there were fewer than two.
        seconds: from sending the request to the end of the answer, on our clock.
        peak_rss_bytes: the most resident memory the host's process tree has had since it was started, by the
            system's own account where it keeps one (`memory.py`).
        finish_reason: "stop", the model ended it; "length", `max_tokens` or the context was used up;
            "cancelled".
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


class GrowingAnswer:
    """An answer while its replies come in."""

    def __init__(self) -> None:
        self.finish_reason: FinishReason | None = None
        self._texts: list[str] = []
        self._prompt_tokens = self._cached_tokens = 0
        self._tokens = 0
        self._first = self._last = 0.0

    def take(self, reply: dict[str, Any]) -> str:
        """Learn from a reply; returns the text it brings, if any."""
        if reply["event"] == "started":
            self._prompt_tokens = reply["prompt_tokens"]
        elif reply["event"] == "reading":
            self._cached_tokens = reply["cached_tokens"]
        elif reply["event"] == "token":
            # The first reply brings one token alone, so its time is that of the first token.
            self._first = self._first or reply["seconds"]
            self._last = reply["seconds"]
            self._tokens += reply["tokens"]
            self._texts.append(reply["text"])
            return str(reply["text"])
        elif reply["event"] == "finished":
            self.finish_reason = reply["finish_reason"]
        return ""

    def finished(self, seconds: float, peak_rss_bytes: int) -> Answer:
        """The answer as it stands; without a word of its end from the host it was cancelled."""
        span = self._last - self._first
        return Answer(
            text="".join(self._texts),
            prompt_tokens=self._prompt_tokens,
            cached_tokens=self._cached_tokens,
            completion_tokens=self._tokens,
            ttft_seconds=self._first,
            decode_tokens_per_second=(self._tokens - 1) / span if span > 0 else 0.0,
            seconds=seconds,
            peak_rss_bytes=peak_rss_bytes,
            finish_reason=self.finish_reason or "cancelled",
        )
