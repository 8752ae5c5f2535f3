"""The Chat screen while a model speaks at length: stopped, gone on with, killed, resized, scrolled."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from slmtui.runtime.parameters import ChatParameters
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.widgets.transcript import Transcript
from tests.tui.chat_bench import answered, ask, deploy, kill_hosts, open_chat
from tests.tui.paced_host import speaks_for
from tests.tui.walking import primary, screen_text, settled, until

SIZE = (100, 30)
LONG = "Write a very long story about a ship."


def at_its_end(transcript: Transcript) -> bool:
    return transcript.max_scroll_y - transcript.scroll_y <= 1


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
        job = app.job("chat")
        app.screen.action_leave()
        await until(pilot, lambda: not job.running)
        first = app.chat.turns[-1]
        assert first.answer.finish_reason == "cancelled"
        # Of a story that goes on and on.
        assert first.answer.completion_tokens < first.answer.context_length / 2
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


async def test_whoever_scrolls_up_is_left_alone_and_whoever_scrolls_down_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test decides when more comes: a model's answer may be over before a busy screen has scrolled."""
    deploy(tmp_path, tmp_path)
    host, app = speaks_for(monkeypatch, tmp_path), SlmtuiApp()

    def more(lines: int) -> None:
        for _ in range(lines):
            host.says("The ship sails on and on.\n\n")

    async with app.run_test(size=(100, 20)) as pilot:
        question = await open_chat(pilot, app)
        question.text = LONG
        await pilot.press("enter")
        more(30)
        transcript = app.screen.query_one(Transcript)
        await until(pilot, lambda: transcript.max_scroll_y > 40 and at_its_end(transcript))
        await pilot.press("pageup")
        await until(pilot, lambda: not at_its_end(transcript))
        place, end = transcript.scroll_y, transcript.max_scroll_y
        more(10)
        await until(pilot, lambda: transcript.max_scroll_y >= end + 20)
        await settled(pilot)
        assert transcript.scroll_y == place < transcript.max_scroll_y
        while not at_its_end(transcript):
            place = transcript.scroll_y
            await pilot.press("pagedown")
            await until(pilot, lambda place=place: transcript.scroll_y > place)
        end = transcript.max_scroll_y
        more(10)
        await until(pilot, lambda: transcript.max_scroll_y >= end + 20)
        await until(pilot, lambda: at_its_end(transcript))
        assert app.chat.answering
        app.screen.action_leave()
        await answered(pilot, app)
        await until(pilot, lambda: at_its_end(transcript))
        await app.action_quit()


async def test_a_host_killed_in_the_middle_leaves_the_conversation_and_enter_goes_on(talkative: Path) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        question = await open_chat(pilot, app)
        await pilot.press("f12")  # greedy: a sampled story may end at once
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
        parameters = ChatParameters(temperature=5.0, top_p=1.0, max_tokens=16, seed=7)
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
