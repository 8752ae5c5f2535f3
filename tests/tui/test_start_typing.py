"""The first thing a newcomer does: type a path, as fast as a terminal delivers it, wherever the focus is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from textual.events import Key, Paste
from textual.pilot import Pilot
from textual.widgets import Input

from slmtui.tui.app import SlmtuiApp
from slmtui.tui.widgets.verdicts import FailurePanel
from tests.tui.walking import offered, screen_text, until


def burst(app: SlmtuiApp, text: str) -> None:
    """All keys in one go, as a terminal sends what was typed ahead."""
    for character in text:
        app.post_message(Key("enter" if character == "\r" else character, character))


def slash() -> Key:
    return Key("slash", "/")


def field(app: SlmtuiApp) -> str:
    return app.screen.query_one("#path", Input).value


async def begun(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: app.deployment is not None and app.current_mode == "environment")


async def test_what_is_typed_before_the_screen_is_there_waits_for_it(sample_dir: Path) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=(80, 24)) as pilot:
        assert not app.screen.query("#path")
        app.post_message(slash())
        burst(app, f"{sample_dir}\r")
        await begun(pilot, app)
        assert app.deployment is not None
        assert Path(app.deployment.source) == sample_dir


@pytest.mark.parametrize("tail", ["", "/models/2/9/f1"])
async def test_keys_that_come_faster_than_the_focus_moves_are_the_field_s(tail: str) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query("#sources") and offered(app))
        app.post_message(slash())
        burst(app, "some/1where?" + tail)
        await until(pilot, lambda: field(app) == "some/1where?" + tail)
        assert app.current_mode == "start"


async def test_a_pasted_path_is_meant_wherever_the_focus_is(sample_dir: Path) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query("#sources") and offered(app))
        app.post_message(Paste(f"{sample_dir}\n"))
        await until(pilot, lambda: field(app) == str(sample_dir))
        burst(app, "\r")
        await begun(pilot, app)


@pytest.mark.skipif(not Path("/").exists() or Path("/").drive != "", reason="paths begin with a drive")
async def test_the_first_slash_of_a_path_may_open_the_field(sample_dir: Path) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query("#sources") and offered(app))
        app.post_message(slash())
        burst(app, f"{str(sample_dir)[1:]}\r")
        await begun(pilot, app)
        assert app.deployment is not None
        assert Path(app.deployment.source) == sample_dir


async def test_an_error_of_the_source_is_said_once(tmp_path: Path, sample_dir: Path) -> None:
    broken = Path(shutil.copytree(sample_dir, tmp_path / "broken"))
    (broken / "tokenizer.json").unlink()
    app = SlmtuiApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query("#sources") and offered(app))
        app.post_message(Paste(str(broken)))
        await until(pilot, lambda: "tokenizer" in screen_text(app))
        burst(app, "\r")
        await until(pilot, lambda: app.screen.query_one(FailurePanel).display)
        assert screen_text(app).count("There is no tokenizer") == 1
