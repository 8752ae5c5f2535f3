"""How long the event loop stands still while slmtui converts and while it answers."""

from __future__ import annotations

import asyncio
import time
from typing import Self

from slmtui.tui.app import SlmtuiApp
from tests.tui.walking import primary, until

LIMIT_SECONDS = 0.050
STEP_SECONDS = 0.005


class StallWatch:
    """Sleeps in short steps and keeps by how much each was longer than asked for."""

    def __init__(self) -> None:
        self.stalls: list[float] = []
        self._task: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        self._task = asyncio.get_running_loop().create_task(self._watch())
        return self

    def __exit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()

    async def _watch(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(STEP_SECONDS)
            self.stalls.append(time.perf_counter() - before - STEP_SECONDS)


async def test_the_event_loop_never_stands_still_for_50_ms() -> None:
    app = SlmtuiApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query("#sources"))
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "environment" and primary(app) == "Continue")
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "convert" and primary(app) == "Convert")
        await pilot.press("enter")
        with StallWatch() as converting:
            await until(pilot, lambda: primary(app) == "Continue", 240)
        await pilot.press("enter")
        await until(pilot, lambda: primary(app) == "Write and continue")
        await pilot.press("enter")
        await until(pilot, lambda: primary(app) == "Deploy")
        await pilot.press("enter")
        await until(pilot, lambda: primary(app) == "Continue", 120)
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "chat" and app.chat.loaded is not None)
        with StallWatch() as answering:
            await pilot.press("enter")
            await until(pilot, lambda: app.chat.turns and app.chat.turns[-1].answer is not None)
        await app.action_quit()
    for name, watch in (("converting", converting), ("answering", answering)):
        print(f"longest stall while {name}: {max(watch.stalls) * 1000:.1f} ms of {len(watch.stalls)} steps")
        assert max(watch.stalls) <= LIMIT_SECONDS
