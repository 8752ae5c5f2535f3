"""Generating an answer, token by token, until something ends it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slmtui.runtime.pacing import Speaker
from slmtui.runtime.protocol import FinishReason
from slmtui.runtime.repetition import EVERY, repeating
from slmtui.runtime.stop_strings import StopStrings

if TYPE_CHECKING:
    from slmtui.runtime.kv_cache import KvCache

# The context was full before the answer had its `max_tokens`.
FULL: FinishReason = "context"


class Generation:
    """One answer while it is generated: its tokens, their times (`time.perf_counter`) and its text.

    Args:
        stop: texts that end it.
        looping: told the length of the piece that it repeats, once.
    """

    def __init__(self, stop: Sequence[str] = (), looping: Callable[[int], None] | None = None) -> None:
        self.tokens: list[int] = []
        self.times: list[float] = []
        self._texts: list[str] = []
        self._stops = StopStrings(stop)
        self._stopping = bool(stop)
        self._looping = looping
        self._period = 0

    @property
    def text(self) -> str:
        """What was said."""
        return "".join(self._texts)

    def run(
        self,
        cache: KvCache,
        decode: Callable[[int], str],
        end: frozenset[int],
        limit: int,
        send: Callable[[str, int, float], None],
        stopped: Callable[[], bool],
    ) -> FinishReason:
        """Generate up to `limit` tokens.

        Args:
            cache: has read the prompt.
            decode: a token's text; it holds back the bytes of an unfinished character.
            end: tokens that end an answer.
            limit: the most tokens.
            send: as in `Engine.answer`.
            stopped: as in `Engine.answer`.
        """
        # Looked up once: a tiny model makes thousands of tokens a second, and this loop is all we add.
        step, latest = cache.generator.generate_next_token, cache.generator.get_next_tokens
        clock, speaker = time.perf_counter, Speaker(send)
        tokens, times, texts, hold = self.tokens, self.times, self._texts, speaker.hold
        feed = self._stops.feed if self._stopping else None
        reason: FinishReason = "length"
        try:
            for count in range(1, limit + 1):
                step()
                token = int(latest()[0])
                if token in end:
                    reason = "stop"
                    break
                tokens.append(token)
                text = decode(token)
                if feed is not None:
                    text = feed(text)
                texts.append(text)
                now = clock()
                times.append(now)
                if now < speaker.due:
                    hold(text)
                else:
                    speaker.say(text, now)
                    if stopped() and self._stops.found is None:
                        reason = "cancelled"
                        break
                if feed is not None and self._stops.found is not None:
                    reason = "stop_string"
                    break
                if not count % EVERY and not self._period:
                    self._look(speaker)
        finally:
            cache.wrote(tokens, ended=reason == "stop")
        speaker.latest = times[-1] if times else 0.0
        if rest := self._stops.rest():
            texts.append(rest)
            speaker.add(rest)
        speaker.flush()
        return "loop" if reason == "length" and self._period and repeating(tokens) else reason

    def _look(self, speaker: Speaker) -> None:
        self._period = repeating(self.tokens)
        if self._period and self._looping is not None:
            speaker.latest = self.times[-1]
            speaker.flush()
            self._looping(self._period)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer goes on from: a prompt's tokens, and tokens and text of an answer that was `begun`."""

    prompt: list[int]
    begun: list[int]
    text: str

    def said(self, generation: Generation) -> Asked:
        """The same with what was generated since."""
        return Asked(self.prompt, self.begun + generation.tokens, self.text + generation.text)
