"""How long the event loop stands still while slmtui converts and while it answers."""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Self

from slmtui.tui.app import SlmtuiApp
from slmtui.tui.widgets.prompt_area import PromptArea
from tests.tui.walking import primary, until

LIMIT_SECONDS = 0.050
ROUNDS = 3
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
    rounds = [await _longest_stalls() for _ in range(ROUNDS)]
    for name, stalls in zip(("converting", "answering"), zip(*rounds, strict=True), strict=True):
        print(f"longest stalls while {name}: " + ", ".join(f"{stall * 1000:.1f} ms" for stall in stalls))
        assert statistics.median(stalls) <= LIMIT_SECONDS


async def _longest_stalls() -> tuple[float, float]:
    """Seconds of the longest stall while converting, and while answering three questions."""
    app = SlmtuiApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query("#sources"))
        for label in ("Start", "Continue"):
            await until(pilot, lambda label=label: primary(app) == label)
            await pilot.press("enter")
        await until(pilot, lambda: primary(app) == "Convert")
        with StallWatch() as converting:
            await pilot.press("enter")
            await until(pilot, lambda: primary(app) == "Continue", 240)
        await pilot.press("enter")
        for label in ("Write and continue", "Deploy", "Continue"):
            await until(pilot, lambda label=label: primary(app) == label, 120)
            await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "chat" and app.chat.loaded is not None)
        with StallWatch() as answering:
            for number in range(1, 4):
                app.screen.query_one("#question", PromptArea).text = "How long is the warranty?"
                await pilot.press("enter")
                await until(
                    pilot, lambda n=number: len(app.chat.turns) == n and app.chat.turns[-1].answer is not None
                )
        assert app.deployment is not None
        app.deployment.delete()  # the next round starts anew
        await app.action_quit()
    return max(converting.stalls), max(answering.stalls)
