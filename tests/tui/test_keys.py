"""The table of commands, the user's key map, and jump mode."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.content import Content
from textual.events import Key
from textual.widgets import Input

from slmtui.config.keymap import keymap_file
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.commands import Command, problems, table
from slmtui.tui.key_words import keyed
from slmtui.tui.screens.glossary import GlossaryScreen
from slmtui.tui.screens.help import HelpScreen
from slmtui.tui.screens.jump import JumpScreen
from slmtui.tui.widgets.studio_pane import StudioPane
from tests.tui.walking import screen_text, until

COMMANDS = [
    Command("app.help", ("f1",), "Help"),
    Command("chat.export", ("ctrl+s",), "Export"),
    Command("chat.clear", ("ctrl+l",), "New"),
    Command("lab.copy", ("y",), "Copy"),
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SLMTUI_HOME", str(tmp_path))
    (tmp_path / "config").mkdir()
    return tmp_path


def test_every_command_has_one_name_and_keys_that_differ_within_their_place() -> None:
    commands = table()
    assert len(commands) > 80
    assert len({command.name for command in commands}) == len(commands)
    assert {"app.jump", "station.proceed", "chat.regenerate"} <= {command.name for command in commands}
    assert problems({}, commands) == []


@pytest.mark.parametrize(
    ("keymap", "said"),
    [
        ({"chat.nothing": "x"}, "there is no command 'chat.nothing'"),
        ({"chat.export": "ctrl+l"}, "ctrl+l is the key of chat.export and of chat.clear"),
        ({"chat.export": "f1"}, "f1 is the key of chat.export and of app.help"),
        ({"lab.copy": "escape"}, "escape is the key of lab.copy and of the way out"),
    ],
)
def test_names_and_keys_that_cannot_be_are_said(keymap: dict[str, str], said: str) -> None:
    (failure,) = problems(keymap, COMMANDS)
    assert said in failure.cause


def test_two_commands_may_change_their_keys_with_each_other() -> None:
    assert problems({"chat.export": "ctrl+l", "chat.clear": "ctrl+s", "lab.copy": "ctrl+s"}, COMMANDS) == []


async def test_the_users_keys_hold_and_stand_in_the_help(home: Path) -> None:
    keymap_file().write_text('[app]\nhelp = "f11"\n[start]\npath = "x"\n', encoding="utf-8")
    app = SlmtuiApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.screen.query("#sources"))
        assert "f1" not in app.screen.active_bindings
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press("escape", "f11")
        await until(pilot, lambda: app.screen.is_modal)
        assert isinstance(app.screen, HelpScreen)
        assert "| x | Type the path" in app.screen._text()


async def test_the_palettes_own_key_stands_in_the_footer_and_opens_it(home: Path) -> None:
    keymap_file().write_text('[app]\ncommand-palette = "alt+p, f12"\n', encoding="utf-8")
    app = SlmtuiApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query("#sources"))
        await until(pilot, lambda: screen_text(app).splitlines()[-1].rstrip().endswith("alt+p palette"))
        for key in ("alt+p", "f12"):
            await pilot.press(key)
            await until(pilot, lambda: isinstance(app.screen, CommandPalette))
            await pilot.press("escape")
            await until(pilot, lambda: not app.screen.is_modal)


async def test_texts_name_the_users_keys_where_they_hold(home: Path) -> None:
    keymap_file().write_text(
        '[start]\npath = "x"\n[chat]\nclear = "alt+l"\n[convert]\nconfig-reset = "alt+r"\n', encoding="utf-8"
    )
    app = SlmtuiApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query("#sources"))
        start = app.screen
        assert keyed(start, "No deployment. / names your own; ./a/b stays.") == (
            "No deployment. x names your own; ./a/b stays."
        )
        # The chat's and the configuration's keys are no keys here.
        assert keyed(start, "Ctrl+L and Ctrl+R") == "Ctrl+L and Ctrl+R"
        await pilot.press("3")
        await until(pilot, lambda: app.current_mode == "convert" and app.screen.query(StudioPane))
        said = keyed(app.screen, Content.assemble(("Ctrl+R", "bold"), " goes back; `Ctrl+Ra` is no key"))
        assert said.plain == "Alt+R goes back; `Ctrl+Ra` is no key"
        assert str(said.spans[0].style) == "bold"
        assert (said.spans[0].start, said.spans[0].end) == (0, 5)
        app.notify("Ctrl+R goes back to the form's.")
        await until(pilot, lambda: len(app._notifications) == 1)
        assert [note.message for note in app._notifications] == ["Alt+R goes back to the form's."]
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert isinstance(app.screen, HelpScreen)
        text = app.screen._text()
        assert "Alt+R" in text
        assert "Ctrl+R" not in text


async def test_a_text_is_left_alone_where_no_key_was_given(home: Path) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.screen.query("#sources"))
        text = Content("/ names one; Ctrl+P finds it")
        assert keyed(app.screen, text) is text


async def test_a_key_map_that_cannot_be_is_said_and_the_app_goes_on(home: Path) -> None:
    keymap_file().write_text('start.path = "f1"\nno.such = "x"\n', encoding="utf-8")
    app = SlmtuiApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: len(app._notifications) == 2, 60)
        said = " ".join(note.message for note in app._notifications)
        assert "there is no command 'no.such'" in said
        assert "f1 is the key of start.path and of app.help" in said


async def test_a_letter_over_each_field_goes_there_and_escape_nowhere(home: Path) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.screen.query("#sources") and app.focused is not None)
        before = app.focused
        await pilot.press("g")
        await until(pilot, lambda: isinstance(app.screen, JumpScreen))
        assert isinstance(app.screen, JumpScreen)
        labels = [label for label in app.screen.query(".jump") if label.region]
        assert len(labels) == len(app.screen._places) > 2
        places = dict(app.screen._places)
        for label, widget in zip(labels, places.values(), strict=True):
            assert label.region.offset == widget.region.offset
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.is_modal)
        assert app.focused is before
        letter, wanted = next((key, widget) for key, widget in places.items() if widget is not before)
        await pilot.press("g", letter)
        await until(pilot, lambda: app.focused is wanted)


async def test_the_letters_go_when_the_terminal_is_resized(home: Path) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.screen.query("#sources") and app.focused is not None)
        before = app.focused
        await pilot.press("g")
        await until(pilot, lambda: "A letter goes there; Esc closes." in screen_text(app))
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: not app.screen.is_modal)
        assert app.focused is before


@pytest.mark.parametrize("key", ["ctrl+p", "colon"])
async def test_the_commands_open_by_either_key(home: Path, key: str) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.screen.query("#sources") and app.focused is not None)
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))


async def test_the_palette_has_what_the_apps_keys_do_and_opens_from_within_a_field(home: Path) -> None:
    app = SlmtuiApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.screen.query("#sources"))
        titles = {one.title for one in app.get_system_commands(app.screen)}
        assert {"Help", "Jump", "Theme", "Settings", "Quit", "Go to Chat", "Go to Deployed models"} <= titles
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press("ctrl+backslash")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"jump", "enter")
        await until(pilot, lambda: isinstance(app.screen, JumpScreen))


async def test_a_window_that_was_closed_is_not_closed_again_by_what_was_typed_for_it() -> None:
    app = SlmtuiApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query("#sources"))
        below = app.screen
        for window in (JumpScreen(below), GlossaryScreen()):
            app.push_screen(window)
            await until(pilot, lambda shown=window: app.screen is shown)
            window.dismiss()
            window.dismiss()
            await until(pilot, lambda: app.screen is below)
        app.push_screen(JumpScreen(below))
        await until(pilot, lambda: isinstance(app.screen, JumpScreen))
        jump = app.screen
        for key in ("end", "tab", "end"):
            pressed = Key(key, None)
            pressed.set_sender(app)
            jump.post_message(pressed)  # as they are when they come in a hurry
        await until(pilot, lambda: app.screen is below)
        await app.action_quit()
