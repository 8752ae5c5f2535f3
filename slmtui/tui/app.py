"""The application: what all screens share, and how one follows another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.filter import LineFilter
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.theme import Theme

from slmtui.config import keymap
from slmtui.events import Failure
from slmtui.tui.commands import Commands, problems, table
from slmtui.tui.harmless import Harmless
from slmtui.tui.in_hand import SIDE_SCREENS, InHandApp
from slmtui.tui.kept_styles import KeptStyles
from slmtui.tui.key_words import keyed
from slmtui.tui.looks import Looks
from slmtui.tui.station_screen import StationScreen
from slmtui.tui.widgets.rail import STATIONS

_HARMLESS = Harmless()


def _screen(name: str) -> Callable[[], Screen[Any]]:
    """The screen of a station, imported when it is first shown."""

    def make() -> Screen[Any]:
        from importlib import import_module

        module = import_module(f"slmtui.tui.screens.{name}")
        screen: Screen[Any] = getattr(module, f"{name.capitalize()}Screen")()
        return screen

    return make


class SlmtuiApp(Commands, InHandApp):
    """slmtui in the terminal."""

    KEYS = "app"
    TITLE = "slmtui"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide"), (150, "-very-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]
    MODES = {mode: _screen(mode) for mode, _ in (*STATIONS, *SIDE_SCREENS)}
    DEFAULT_MODE = "start"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "help", "Help", tooltip="What this screen is for, and its keys"),
        Binding(
            "ctrl+q", "quit", "Quit", tooltip="Quit at once; running work ends, and what it leaves is said"
        ),
        Binding(
            "ctrl+p,ctrl+backslash",
            "command_palette",
            "palette",
            show=False,
            priority=True,
            tooltip="Find a command by its name",
        ),
        # Some terminals keep Ctrl+P for themselves: Ctrl+\ works in fields, and this outside of them.
        Binding(
            "colon",
            "command_palette",
            "Commands",
            id="app.commands",
            show=False,
            tooltip="Find a command by its name",
        ),
        Binding(
            "g,ctrl+underscore,ctrl+slash",
            "jump",
            "Jump",
            show=False,
            tooltip="A letter over every field: go there",
        ),
        Binding(
            "C,f11", "change_theme", "Themes", show=False, tooltip="Choose the colours, and see them at once"
        ),
        Binding("comma", "settings", "Settings", show=False, tooltip="What can be set, and where it is kept"),
        *(
            Binding(f"{n},f{n + 1}", f"station('{mode}')", title, show=False, tooltip=f"Go to {title}")
            for n, (mode, title) in enumerate(STATIONS, 1)
        ),
        Binding("8,f9", "station('lab')", "Precision lab", show=False, tooltip="Go to the precision lab"),
        Binding("9,f10", "station('deployed')", "Deployed", show=False, tooltip="Go to what is deployed"),
    ]

    def __init__(self) -> None:
        self.looks = Looks(self)
        # The variables of the styles, and of which theme.
        self._variables: tuple[Theme, dict[str, str]] | None = None
        super().__init__()
        self.stylesheet = KeptStyles(variables=self.get_css_variables())
        self.up = False
        # Keys of the user's own, by the name of their command; `key_words` puts them into texts.
        self.keys_given: dict[str, str] = {}
        # What is said in the terminal once the screens are gone.
        self.last_words: tuple[str, ...] = ()
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self._problems = self.looks.load()

    # Start and end

    def on_mount(self) -> None:
        """Say what is wrong with the user's own files, and go on without them."""
        self._event_loop = asyncio.get_running_loop()
        self.say(self._problems)
        self.looks.begin()
        self._load_keys()

    def _load_keys(self) -> None:
        """Take the user's keys; which of them cannot be is found out beside, for it takes all the screens."""
        keys, wrong = keymap.load()
        self.say(wrong)
        if keys:
            self.keys_given = keys
            self.set_keymap(keys)
            if palette := keys.get("app.command-palette"):
                # Textual's footer looks for the palette's key under this name, which is the class's.
                vars(self)["COMMAND_PALETTE_BINDING"] = palette.split(",")[0].strip()
            self.run_worker(partial(self._check_keys, keys), thread=True, exit_on_error=False)

    def _check_keys(self, keys: dict[str, str]) -> None:
        self.call_from_thread(self.say, problems(keys, table()))

    def say(self, failures: Iterable[Failure]) -> None:
        """Say what is wrong with the user's own files."""
        for failure in failures:
            self.notify(f"{failure.cause}\n{failure.fix}", severity="warning", markup=False, timeout=10)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Say something in passing, with the user's own keys in it."""
        said = keyed(self, message)
        super().notify(said, title=title, severity=severity, timeout=timeout, markup=markup)

    def on_ready(self) -> None:
        """The first frame can be drawn."""
        self.up = True
        if isinstance(self.screen, StationScreen):
            self.screen.begin()

    def on_unmount(self) -> None:
        self.looks.end()

    @property
    def available_themes(self) -> dict[str, Theme]:
        """All of them; a start reads the one it needs."""
        self.looks.complete()
        return super().available_themes

    def get_theme(self, theme_name: str) -> Theme | None:
        """One that was read already needs no other."""
        return self._registered_themes.get(theme_name) or super().get_theme(theme_name)

    def get_css_variables(self) -> dict[str, str]:
        """Textual asks four times while it starts, and makes them anew each time."""
        theme = self.current_theme
        if self._variables is None or self._variables[0] != theme:
            self._variables = (theme, super().get_css_variables())
        return self._variables[1]

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What every drawn line goes through: Textual's filters, and ours."""
        return [_HARMLESS, *super().get_line_filters(), *self.looks.filters]

    async def action_quit(self) -> None:
        """End every child, then leave."""
        chats = [] if self._chat is None else [self._chat.close_all]
        self.last_words = await self.end_jobs(*chats)
        self.exit(0)

    def _handle_exception(self, error: Exception) -> None:
        """While slmtui ends, widgets go, and none comes; one that looks for another then is no mistake."""
        ends = self._exit or not self.is_running
        if not ends or not isinstance(error, NoMatches):
            super()._handle_exception(error)

    def asked_to_end(self, *_: object) -> None:
        """A signal: leave as Ctrl+Q does, with the terminal as it was."""
        if self._event_loop is not None:
            self._event_loop.call_soon_threadsafe(self.call_later, self.action_quit)

    # Actions

    def action_station(self, mode: str) -> None:
        """Show a station's screen."""
        if mode != self.current_mode:
            self.switch_mode(mode)

    def action_jump(self) -> None:
        """Put a letter over everything that can have the focus, and go to the one that is pressed."""
        from slmtui.tui.screens.jump import JumpScreen

        below = self.screen
        if not isinstance(below, JumpScreen):
            self.push_screen(JumpScreen(below), lambda chosen: below.set_focus(chosen or below.focused))

    def action_help(self) -> None:
        """Explain the shown screen."""
        from slmtui.tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    def action_change_theme(self) -> None:
        """Choose a theme while looking at it."""
        from slmtui.tui.screens.themes import ThemesScreen

        if not isinstance(self.screen, ThemesScreen):
            self.push_screen(ThemesScreen())

    def action_settings(self) -> None:
        """Show what can be set."""
        from slmtui.tui.screens.settings import SettingsScreen

        if not isinstance(self.screen, SettingsScreen):
            self.push_screen(SettingsScreen())

    def action_glossary(self) -> None:
        """Show the words of the field."""
        from slmtui.tui.screens.glossary import GlossaryScreen

        if not isinstance(self.screen, GlossaryScreen):
            self.push_screen(GlossaryScreen())

    def copy_to_clipboard(self, text: str) -> None:
        """Copy through the terminal (OSC 52) and through the system's clipboard, whichever works."""
        super().copy_to_clipboard(text)
        threading.Thread(target=_system_copy, args=(text,), daemon=True).start()

    def get_key_display(self, binding: Binding) -> str:
        """Keys as people know them: terminals say Ctrl+_ for Ctrl+/."""
        return "^/" if binding.key == "ctrl+underscore" else super().get_key_display(binding)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette: Textual's commands, the stations, and everything the shown screen's keys do."""
        yield from super().get_system_commands(screen)
        for mode, title in (*STATIONS, *SIDE_SCREENS):
            yield SystemCommand(
                f"Go to {title}", f"The screen “{title}”", lambda m=mode: self.action_station(m)
            )
        yield SystemCommand("Help", "What this screen is for, and its keys", self.action_help)
        yield SystemCommand("Jump", "A letter over every field: go there", self.action_jump)
        yield SystemCommand("Settings", "Theme, animations, the tool chain's Python", self.action_settings)
        yield SystemCommand("Glossary", "The words of the field, explained", self.action_glossary)
        # An action may have several keys; what Textual itself has keys for (the focus) needs no command.
        own = {
            active.binding.action: active.binding
            for active in screen.active_bindings.values()
            if active.node is screen and active.enabled and active.binding.tooltip
        }
        for action, binding in own.items():
            yield SystemCommand(
                binding.description,
                binding.tooltip,
                partial(screen.call_later, screen.run_action, action),
            )


def _system_copy(text: str) -> None:
    import pyperclip

    try:
        pyperclip.copy(text)
    except pyperclip.PyperclipException:
        return  # no clipboard program here: the terminal's own way was tried already
