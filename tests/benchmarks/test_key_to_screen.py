"""How long it takes from a key to the change on the screen, where much is shown.

The real screens with a log of 100,000 lines, a conversation of 500 turns and 200 deployments; the 99th
percentile counts, said beside that of a bare Textual log. What lies in them is made here: no model is needed
to look at it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.events import Key
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Log

from slmtui.events import Cancel, LogLine, Service
from slmtui.runtime import conversation as change
from slmtui.runtime.conversation import Turn
from slmtui.runtime.parameters import ChatParameters
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.chat_session import ChatSession
from slmtui.tui.widgets.log_view import LogView
from slmtui.tui.widgets.table import Table
from tests.benchmarks.conftest import Goals
from tests.tui import deploy_bench
from tests.tui.chat_bench import deploy, figures, open_chat
from tests.tui.walking import settled, until

LINES, TURNS, DEPLOYMENTS = 100_000, 500, 200
LIMIT_MS = 50
PAUSE_SECONDS = 0.1  # as fast as quick typists are
SHARE = 0.99
SIZE = (120, 40)


class Hand:
    """Presses keys, and keeps how long each took until something else was drawn."""

    def __init__(self, app: App[object], monkeypatch: pytest.MonkeyPatch) -> None:
        self.app = app
        self.keys: list[str] = []
        self.seconds: list[float] = []
        self.busy: list[float] = []  # what of that the event loop's thread was at work
        self._drawn: tuple[float, float] | None = None
        shown = App._display

        def display(app: Any, screen: Any, update: Any) -> None:
            shown(app, screen, update)
            if update is not None and self._drawn is None:
                self._drawn = time.perf_counter(), time.thread_time()

        monkeypatch.setattr(App, "_display", display)

    async def press(self, keys: Sequence[str]) -> None:
        """Key after key; one that changes nothing is a mistake of the benchmark."""
        for key in keys:
            await asyncio.sleep(PAUSE_SECONDS)
            self._drawn = None
            name = _character_to_key(key) if len(key) == 1 else key
            event = Key(name, key if len(key) == 1 else None)
            event.set_sender(self.app)
            started, worked = time.perf_counter(), time.thread_time()
            self.app.post_message(event)
            while self._drawn is None:
                assert time.perf_counter() < started + 30, f"{key} changes nothing"
                await asyncio.sleep(0.001)
            self.keys.append(key)
            self.seconds.append(self._drawn[0] - started)
            self.busy.append(self._drawn[1] - worked)

    def worst(self, times: list[float]) -> float:
        """The 99th percentile, in ms."""
        return 1000 * sorted(times)[int(len(times) * SHARE)]

    def note(self, goals: Goals, name: str) -> None:
        for what, times in (("", self.seconds), (", of it at work", self.busy)):
            goals.at_most(f"key to screen, {name}{what}: 99 % within", self.worst(times), LIMIT_MS, " ms")
        middle = sorted(self.seconds)[len(self.seconds) // 2]
        most: dict[str, float] = {}
        for busy, key in zip(self.busy, self.keys, strict=True):
            most[key] = max(busy, most.get(key, 0))
        slowest = sorted(most, key=lambda key: -most[key])[:6]
        print(
            f"\n{name}: {len(self.seconds)} keys, median {1000 * middle:.1f} ms; most at work, in ms: "
            + ", ".join(f"{key} {1000 * most[key]:.0f}" for key in slowest)
        )


class BareApp(App[None]):
    """A log as it comes with Textual, as large as ours keeps it: what to compare with."""

    def compose(self) -> ComposeResult:
        yield Log()

    def on_mount(self) -> None:
        log = self.query_one(Log)
        log.write_lines(f"layer {number} is read, and nothing is wrong with it" for number in range(5_000))
        log.focus()


async def test_a_bare_textual_log(monkeypatch: pytest.MonkeyPatch) -> None:
    app = BareApp()
    hand = Hand(app, monkeypatch)
    async with app.run_test(size=SIZE) as pilot:
        while not app.query_one(Log).has_focus:
            await pilot.pause()
        await hand.press(["pageup", "up", "down"] * 15 + ["home", "end"] * 10)
    print(f"\na bare Textual log: 99 % within {hand.worst(hand.seconds):.0f} ms,", end=" ")
    print(f"of it at work {hand.worst(hand.busy):.0f} ms")


async def focused(pilot: Pilot[int], widget: Widget) -> None:
    widget.focus()
    await until(pilot, lambda: widget.has_focus)
    await settled(pilot)


async def test_a_log_of_100000_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, goals: Goals, slmtui_home: Path
) -> None:
    deploy(tmp_path, tmp_path)
    app = SlmtuiApp()
    hand = Hand(app, monkeypatch)
    may_end = asyncio.Event()

    def talks(cancel: Cancel) -> Service[None]:
        for number in range(LINES):
            kind = "WARNING" if number % 7 == 0 else "INFO"
            yield LogLine(f"[2026-11-24 12:00:00,000] [{kind}] [engine.py:665:run] layer {number} is read")
        while not may_end.is_set():
            cancel.check()
            time.sleep(0.01)

    async with app.run_test(size=SIZE) as pilot:
        await open_chat(pilot, app, loaded=False)
        app.start_job("convert", talks)
        app.action_station("convert")
        await until(pilot, lambda: app.screen.query(LogView) and app.job("convert").logged == LINES, 300)
        log = app.screen.query_one(LogView)
        await until(pilot, lambda: log.lines and "99999" in log.lines[-1])
        await focused(pilot, log.query_one(".job-log"))
        await hand.press(["pageup", "up", "down"] * 15 + ["home", "end"] * 10)
        await hand.press(["v"] * 6)
        await hand.press(["slash", *"layer 999", "enter", "enter", "escape"])
        await hand.press(["end", *["up"] * 20])
        may_end.set()
        await app.action_quit()
    hand.note(goals, "log of 100,000 lines")


async def test_a_conversation_of_500_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, goals: Goals, slmtui_home: Path
) -> None:
    (tmp_path / "genai_config.json").write_text("{}", encoding="utf-8")
    deploy(tmp_path, tmp_path)
    text = "The lamp has a **ring**:\n\n- amber: fill it\n- blue: wait\n\n```python\nlamp.fill(2)\n```\n"

    def load(session: ChatSession, cancel: Cancel) -> Service[None]:
        begun = change.new("my-model", str(tmp_path), ChatParameters())
        turns = tuple(
            Turn(f"What is the ring for, {number}?", text, figures(text=text)) for number in range(TURNS)
        )
        session.conversation = replace(begun, turns=turns)
        yield from ()

    monkeypatch.setattr(ChatSession, "load", load)
    app = SlmtuiApp()
    hand = Hand(app, monkeypatch)
    async with app.run_test(size=SIZE) as pilot:
        question = await open_chat(pilot, app, loaded=False)
        await until(pilot, lambda: len(app.chat.turns) == TURNS)
        await focused(pilot, question)
        await hand.press([*"What does it say when the ring is amber, and why?", *["backspace"] * 20])
        await hand.press(["pageup", "pagedown"] * 5)
        await hand.press(["shift+tab", *"kkkkkkkkkkjjjjj", "i", *"So?"])
        await app.action_quit()
    hand.note(goals, "chat of 500 turns")


async def test_200_deployments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, goals: Goals, slmtui_home: Path
) -> None:
    for number in range(DEPLOYMENTS):
        deploy(tmp_path, tmp_path, f"model-{number}")
    app = SlmtuiApp()
    hand = Hand(app, monkeypatch)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.screen.query("#sources"))
        await settled(pilot)
        await hand.press(["down"] * 40 + ["up"] * 20 + ["slash", *"~/models/some-model"])
        await app.action_quit()
    depot = deploy_bench.FixedDepot()
    depot.models = tuple(
        deploy_bench.model(number, folder=tmp_path, model_dir=tmp_path)
        for number in range(1, DEPLOYMENTS + 1)
    )
    hand.app = app = deploy_bench.app_with(depot, "deployed")
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.screen.query(Table) and app.screen.query_one(Table).rows.has_focus)
        await settled(pilot)
        await hand.press(["down"] * 40 + ["up"] * 10 + ["end", "home", "pagedown", "pageup"] * 5)
        await app.action_quit()
    hand.note(goals, "200 deployments")
