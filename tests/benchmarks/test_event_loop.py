"""How long the event loop is kept busy at a stretch while slmtui converts and while it answers.

The median of three rounds counts, aimed at 50 ms, and said beside that of a bare Textual app of thirty
widgets in the same run: a slow machine stalls every program. It is the event loop's own time that counts, not
what other processes take of the machine meanwhile.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Self

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from slmtui.tui.app import SlmtuiApp
from slmtui.tui.widgets.prompt_area import PromptArea
from tests.benchmarks.conftest import Goals
from tests.tui.walking import primary, until

LIMIT_SECONDS = 0.050
ROUNDS = 3
STEP_SECONDS = 0.005


class StallWatch:
    """Sleeps in short steps, and keeps for how long the event loop's thread was at work during each."""

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
            before = time.thread_time()
            await asyncio.sleep(STEP_SECONDS)
            self.stalls.append(time.thread_time() - before)


class BareApp(App[None]):
    """A column of texts and a column of fields, which comes and goes: less than what our screens draw."""

    CSS = "Vertical { width: 1fr; } Input { height: 1; border: none; } .-off { display: none; }"

    def compose(self) -> ComposeResult:
        with Horizontal():
            with Vertical(id="texts"):
                yield from (Static(f"line {number} " * 6) for number in range(20))
            with Vertical(id="fields"):
                yield from (Input(f"field {number}") for number in range(10))


async def _bare_stall() -> float:
    """Seconds of the longest stall while the bare app shows and hides half of its screen."""
    app = BareApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.3)
        with StallWatch() as watch:
            for turn in range(6):
                app.query_one("#fields").set_class(turn % 2 == 0, "-off")
                await pilot.pause(0.1)
    return max(watch.stalls)


async def test_the_event_loops_longest_stalls_beside_those_of_a_bare_app(goals: Goals) -> None:
    bare = [await _bare_stall() for _ in range(ROUNDS)]
    rounds = [await _longest_stalls() for _ in range(ROUNDS)]
    bare += [await _bare_stall() for _ in range(ROUNDS)]
    print("\nlongest stalls of a bare app: " + ", ".join(f"{stall * 1000:.1f} ms" for stall in bare))
    for name, stalls in zip(("converting", "answering"), zip(*rounds, strict=True), strict=True):
        print(f"longest stalls while {name}: " + ", ".join(f"{stall * 1000:.1f} ms" for stall in stalls))
        stall = statistics.median(stalls)
        goals.at_most(f"longest stall while {name}", 1000 * stall, 1000 * LIMIT_SECONDS, " ms")
        goals.at_most(f"longest stall while {name} / of a bare app", stall / statistics.median(bare), 1.5)


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
