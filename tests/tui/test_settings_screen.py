"""The settings: rows from the declaration, changes that hold at once, are checked, and can be undone."""

from __future__ import annotations

import sys

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from slmtui.config import settings
from slmtui.config.locations import settings_file
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.plain_signs import PlainSigns
from slmtui.tui.screens.settings import SettingsScreen
from slmtui.tui.screens.themes import ThemesScreen
from slmtui.tui.widgets.choice import Choice
from tests.tui.walking import screen_text, until


@pytest.fixture(autouse=True)
def _no_word_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEXTUAL_ANIMATIONS", raising=False)


async def opened(pilot: Pilot[int], app: SlmtuiApp) -> None:
    """Open the settings by their key."""
    await until(pilot, lambda: app.screen.query("#sources") and app.focused is not None)
    await pilot.press("comma")
    await until(pilot, lambda: isinstance(app.screen, SettingsScreen) and app.screen.query("#close"))
    await until(pilot, lambda: isinstance(app.focused, Choice))


async def test_a_change_holds_at_once_is_written_and_undone() -> None:
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text("# mine\nfuture = 1\n", encoding="utf-8")
    app = SlmtuiApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, app)
        assert {row.key for row in app.screen.query(Choice)} | {"toolchain_python"} == {
            one.name for one in settings.described()
        }
        first = app.theme
        await pilot.press("right")
        await until(pilot, lambda: app.theme != first and settings.load()[0].theme == app.theme)
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.animation_level == "none" and not settings.load()[0].animations)
        await pilot.press("down", "enter")
        await until(pilot, lambda: any(isinstance(each, PlainSigns) for each in app.looks.filters))
        await until(pilot, lambda: "Undo" in screen_text(app) and not app.screen.query_one("#undo").disabled)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: not any(isinstance(each, PlainSigns) for each in app.looks.filters))
        await pilot.press("ctrl+z")
        await until(pilot, lambda: app.animation_level == "full")
        await pilot.press("ctrl+z")
        await until(pilot, lambda: app.theme == first and app.screen.query_one("#undo").disabled)
        assert settings.load() == (settings.Settings(), None)
        assert settings_file().read_text(encoding="utf-8").startswith("# mine\nfuture = 1\n")
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.is_modal)


async def test_what_cannot_be_is_said_with_its_fix_and_nothing_is_written() -> None:
    app = SlmtuiApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        app.screen.query_one("#setting-toolchain_python").focus()
        await pilot.press(*"/no/python", "enter")
        await until(pilot, lambda: "/no/python is no program here." in screen_text(app))
        assert "Give the path of a Python" in screen_text(app)
        assert not settings_file().exists()
        app.screen.query_one("#setting-toolchain_python", Input).value = sys.executable
        await pilot.press("enter")
        await until(pilot, lambda: settings.load()[0].toolchain_python == sys.executable)
        assert "is no program" not in screen_text(app)


async def test_the_themes_are_one_key_away_and_the_path_is_copied() -> None:
    app = SlmtuiApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ThemesScreen))
        before = app.theme
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen) and app.theme != before)
        await until(pilot, lambda: app.screen.query_one("#setting-theme", Choice).value == app.theme)
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == str(settings_file()))
