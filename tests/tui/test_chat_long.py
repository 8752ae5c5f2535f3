"""The Chat screen while a model speaks at length: stopped, gone on with, killed, resized, scrolled."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import pytest

from slmtui.runtime.parameters import ChatParameters
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.widgets.transcript import Transcript
from tests.tui.chat_bench import answered, ask, deploy, kill_hosts, open_chat
from tests.tui.walking import primary, screen_text, until

SIZE = (100, 30)
LONG = "Write a very long story about a ship."
STOP_SECONDS = 0.2


@pytest.fixture
def talkative(smollm2: Path, converted_smollm2: Path) -> Path:
    """A deployment of a model that talks long enough to be interrupted."""
    deploy(smollm2, converted_smollm2)
    return converted_smollm2


async def _speaks(pilot, app, characters: int = 60) -> None:
    await until(pilot, lambda: app.chat.answering and len("".join(app.chat.pieces)) > characters)


async def test_an_answer_is_stopped_gone_on_with_and_looked_away_from(talkative: Path) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        question = await open_chat(pilot, app)
        await pilot.press("f12")
        question.text = LONG
        await pilot.press("enter")
        await _speaks(pilot, app)
        job, asked = app.job("chat"), time.monotonic()
        app.screen.action_leave()
        await until(pilot, lambda: not job.running)
        assert job.ended - asked < STOP_SECONDS
        first = app.chat.turns[-1]
        assert first.answer.finish_reason == "cancelled"
        assert "stopped" in screen_text(app)

        await pilot.press("ctrl+g")
        await _speaks(pilot, app)
        # What comes while another screen is shown is there when one comes back.
        app.action_station("start")
        await until(pilot, lambda: app.current_mode == "start")
        size = len(app.chat.growing)
        await until(pilot, lambda: len(app.chat.growing) > size + 200)
        app.action_station("chat")
        tail = app.chat.growing[size : size + 20].split("\n")[0]
        await until(pilot, lambda: not tail.strip() or tail.split()[-1] in screen_text(app))
        app.screen.action_leave()
        await answered(pilot, app)
        assert app.chat.turns[-1].text.startswith(first.text)
        assert len(app.chat.turns) == 1
        await app.action_quit()


async def test_whoever_scrolls_up_is_left_alone_and_whoever_scrolls_down_follows(talkative: Path) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=(100, 20)) as pilot:
        question = await open_chat(pilot, app)
        question.text = LONG
        await pilot.press("enter")
        transcript = app.screen.query_one(Transcript)
        await until(pilot, lambda: transcript.max_scroll_y > 4 and app.chat.answering)
        await pilot.press("pageup")
        await pilot.pause(0.2)
        place, end = transcript.scroll_y, transcript.max_scroll_y
        await until(pilot, lambda: transcript.max_scroll_y > end + 2 or not app.chat.answering)
        assert transcript.scroll_y == place < transcript.max_scroll_y
        while app.chat.answering and transcript.scroll_y < transcript.max_scroll_y:
            await pilot.press("pagedown")
            await pilot.pause(0.1)
        end = transcript.max_scroll_y
        await until(pilot, lambda: transcript.max_scroll_y > end or not app.chat.answering)
        await pilot.pause(0.1)
        assert transcript.max_scroll_y - transcript.scroll_y <= 1
        app.screen.action_leave()
        await answered(pilot, app)
        await app.action_quit()


async def test_a_host_killed_in_the_middle_leaves_the_conversation_and_enter_goes_on(talkative: Path) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        question = await open_chat(pilot, app)
        await ask(pilot, app, "Say hello.")
        question.text = LONG
        await pilot.press("enter")
        await _speaks(pilot, app)
        assert kill_hosts() == 1
        await answered(pilot, app)
        broken = app.chat.turns[-1]
        assert len(broken.text) > 40
        assert broken.problem is not None
        assert broken.problem.fix
        assert primary(app) == "Restart"
        await pilot.press("enter")
        await _speaks(pilot, app)
        app.screen.action_leave()
        await answered(pilot, app)
        assert [turn.question for turn in app.chat.turns] == ["Say hello.", LONG]
        assert app.chat.turns[-1].problem is None
        await app.action_quit()


async def test_a_seed_gives_the_same_answer_again_and_what_was_told_is_remembered(talkative: Path) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await open_chat(pilot, app)
        parameters = ChatParameters(temperature=1.0, top_p=1.0, max_tokens=16, seed=7)
        app.chat.conversation = dataclasses.replace(app.chat.conversation, parameters=parameters)
        first = await ask(pilot, app, "Tell me a story about a lamp.")
        for seed in (7, None):
            other = dataclasses.replace(parameters, seed=seed)
            app.chat.conversation = dataclasses.replace(app.chat.conversation, parameters=other)
            await pilot.press("ctrl+r")
            await answered(pilot, app)
            assert (app.chat.turns[-1].text == first) is (seed == 7)

        await pilot.press("ctrl+l", "f12")
        await ask(pilot, app, "My dog is called Bruno. Please remember his name.")
        assert "Bruno" in await ask(pilot, app, "What is the name of my dog?")
        assert app.chat.turns[-1].answer.cached_tokens > 0
        await app.action_quit()


async def test_the_terminal_may_be_resized_all_the_time_while_an_answer_comes(talkative: Path) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        question = await open_chat(pilot, app)
        await pilot.press("f12")
        question.text = LONG
        await pilot.press("enter")
        await _speaks(pilot, app)
        sizes = ((60, 20), (20, 8), (160, 48), (40, 12), (1, 1), (120, 40), (300, 5), (80, 24))
        for _ in range(3):
            for width, height in sizes:
                await pilot.resize_terminal(width, height)
                await pilot.pause(0.02)
        app.screen.action_leave()
        await answered(pilot, app)
        await until(pilot, lambda: "stopped" in screen_text(app) or "limit" in screen_text(app))
        await app.action_quit()
