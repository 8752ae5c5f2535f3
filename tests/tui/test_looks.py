"""Themes are tried before they are kept, and a user's own one is followed while it is edited."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widgets import OptionList

from slmtui.config import settings
from slmtui.config.locations import settings_file, user_themes_dir
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.few_colours import FewColours
from slmtui.tui.screens.themes import ThemesScreen
from slmtui.tui.widgets.transcript import Transcript
from tests.tui.walking import offered, screen_text, until

SIZE = (80, 24)
MINE = 'name = "mine"\nprimary = "#3366cc"\nbackground = "#101010"\n'


async def at_start(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: app.screen.query("#sources") and offered(app))


async def picking(pilot: Pilot[int], app: SlmtuiApp) -> OptionList:
    await at_start(pilot, app)
    app.screen.set_focus(None)
    await pilot.press("C")
    await until(pilot, lambda: isinstance(app.screen, ThemesScreen) and app.screen.query("#theme-list"))
    return app.screen.query_one("#theme-list", OptionList)


def own(text: str) -> Path:
    path = user_themes_dir() / "mine.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def said(app: SlmtuiApp) -> str:
    return "\n".join(each.message for each in app._notifications)


async def test_the_cursor_shows_a_theme_and_enter_keeps_it() -> None:
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        themes = await picking(pilot, app)
        assert themes.highlighted_option is not None
        assert themes.highlighted_option.id == "slmtui-dark"
        await pilot.press("j", "j")
        await until(pilot, lambda: app.theme == "slmtui-herbarium")
        assert not settings_file().exists()
        await pilot.press("enter")
        await until(pilot, lambda: settings.load()[0].theme == "slmtui-herbarium")
        assert not isinstance(app.screen, ThemesScreen)
        assert app.theme == "slmtui-herbarium"


async def test_esc_goes_back_to_the_theme_before_and_keeps_nothing() -> None:
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await picking(pilot, app)
        await pilot.press("down")
        await until(pilot, lambda: app.theme == "slmtui-ember")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, ThemesScreen))
        assert app.theme == "slmtui-dark"
        app.theme = "nord"  # what is chosen elsewhere is kept again
        await until(pilot, lambda: settings.load()[0].theme == "nord")


async def test_the_palette_and_the_help_lead_to_the_themes() -> None:
    app = SlmtuiApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_start(pilot, app)
        await pilot.press("f1")
        await until(pilot, lambda: "Choose what to deploy" in screen_text(app))
        await pilot.press("end")
        await until(pilot, lambda: "Choose the colours" in screen_text(app))
        await pilot.press("escape")
        commands = {command.title: command for command in app.get_system_commands(app.screen)}
        commands["Theme"].callback()
        await until(pilot, lambda: isinstance(app.screen, ThemesScreen))


async def test_a_theme_of_ones_own_follows_its_file_and_survives_mistakes() -> None:
    path = own(MINE)
    settings.save(theme="mine")
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await at_start(pilot, app)
        assert app.screen.styles.background.hex == "#101010"
        own(MINE.replace("#101010", "#203040"))
        await until(pilot, lambda: app.screen.styles.background.hex == "#203040")
        own(MINE + 'accent = "#12"\n')
        await until(pilot, lambda: f"{path} is left out: line 4: accent has to be a colour" in said(app))
        assert app.theme == "mine"
        assert app.screen.styles.background.hex == "#203040"
        own(MINE.replace("#101010", "#304050"))
        await until(pilot, lambda: app.screen.styles.background.hex == "#304050")
        path.unlink()
        (path.parent / "new.toml").write_text(MINE.replace("mine", "new"), encoding="utf-8")
        await until(pilot, lambda: "new" in app.available_themes)
        assert app.theme == "mine"  # nobody takes the colours from under the user's hands


async def test_a_theme_that_was_broken_at_the_start_is_taken_once_it_is_mended() -> None:
    own(MINE + "dark = 3\n")
    settings.save(theme="mine")
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await at_start(pilot, app)
        assert app.theme == "slmtui-dark"
        await until(pilot, lambda: "line 4: dark has to be true or false" in said(app))
        own(MINE)
        await until(pilot, lambda: app.theme == "mine")
    assert settings.load()[0].theme == "mine"


async def test_a_variable_that_nothing_asks_for_is_told() -> None:
    own(MINE + '[variables]\nfooter-foregrund = "#ffffff"\n')
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await at_start(pilot, app)
        await until(pilot, lambda: "unknown key, line 5: variables.footer-foregrund" in said(app))
        assert "Did you mean variables.footer-foreground?" in said(app)


@pytest.mark.parametrize(("value", "level"), [(False, "none"), (True, "full")])
def test_what_moves_can_be_stilled(monkeypatch: pytest.MonkeyPatch, value: bool, level: str) -> None:
    monkeypatch.delenv("TEXTUAL_ANIMATIONS", raising=False)
    settings.save(animations=value)
    assert SlmtuiApp().animation_level == level


async def test_signs_and_lines_have_twins_in_ascii() -> None:
    settings.save(plain_signs=True)
    app = SlmtuiApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_start(pilot, app)
        await pilot.press("f1")
        await until(pilot, lambda: "Choose what to deploy" in screen_text(app))
        assert screen_text(app).isascii()


async def test_an_empty_conversation_is_drawn_without_colours_where_there_are_none() -> None:
    app = SlmtuiApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await at_start(pilot, app)
        app.looks.filters.append(FewColours("none", lambda: app.theme_variables))
        await pilot.press("6")
        await until(pilot, lambda: app.current_mode == "chat" and app.screen.query(Transcript))
        transcript = app.screen.query_one(Transcript)
        await until(pilot, lambda: transcript.size.height > 3)
        (strip, *_) = transcript.render_lines(Region(0, 0, 10, 3))
        for segment in strip:
            assert segment.style is not None
            for colour in (segment.style.color, segment.style.bgcolor):
                assert colour is None or colour.is_default
