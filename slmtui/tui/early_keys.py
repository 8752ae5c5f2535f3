"""What is typed while a screen comes up, or all at once, waits its turn: no key is lost or overtakes."""

from __future__ import annotations

import asyncio
import time
from collections import deque

from textual.app import App
from textual.events import Event, Key, Paste

from slmtui.tui.station_screen import StationScreen

# What a key does is all there within milliseconds; what is always busy is not waited for.
_AT_MOST_SECONDS = 0.5


class EarlyKeys(App[int]):
    """An app that holds keys and pasted text until the shown screen has its widgets, and has heard the last.

    Over a slow line several keys come in one go. Each may move the focus, or change a field that tells its
    screen, by messages that go from widget to widget: the next key would overtake them.
    """

    def __init__(self) -> None:
        super().__init__()
        self._early: deque[Event] = deque()
        self._on_its_way = self._was_text = False
        self._latest = 0.0  # by the monotonic clock, as the next
        self.typed_at = 0.0

    async def on_event(self, event: Event) -> None:
        """Quitting alone waits for nothing."""
        typed = isinstance(event, (Key, Paste)) and not event.is_forwarded
        if typed:
            self.typed_at = time.monotonic()
            if self.screen_stack and isinstance(self.screen, StationScreen):
                self.screen.hurry()
        if not typed or getattr(event, "key", "") == "ctrl+q":
            await super().on_event(event)
            return
        self._early.append(event)
        await self.take_early()

    async def take_early(self) -> None:
        """Let the shown screen have what was typed next, as soon as it can take it."""
        while self._early and self._screen_ready:
            event = self._early[0]
            text = isinstance(event, Key) and self._takes(event)
            if self._on_its_way and not (text and self._was_text):
                return
            self._was_text, self._latest = text, time.monotonic() + _AT_MOST_SECONDS
            if not self._on_its_way:
                self._on_its_way = True
                self.call_later(self._heard)
            await super().on_event(self._early.popleft())

    def _takes(self, event: Key) -> bool:
        """Whether it is a letter of a text: of those a terminal may send hundreds, for what is pasted."""
        return self.focused is not None and self.focused.check_consume_key(event.key, event.character)

    async def _heard(self, still: int = 0) -> None:
        """A key has arrived when nothing is on its way from the focus up for two turns of the event loop."""
        await asyncio.sleep(0)  # everybody else's turn
        up = self.focused.ancestors_with_self if self.focused is not None else self.screen_stack[-1:]
        still = 0 if any(node.message_queue_size for node in up if node is not self) else still + 1
        if still < 2 and time.monotonic() < self._latest:
            self.call_later(self._heard, still)
        else:
            self._on_its_way = False
            await self.take_early()

    @property
    def _screen_ready(self) -> bool:
        if not self.screen_stack:
            return False
        return not isinstance(self.screen, StationScreen) or self.screen.has_body
