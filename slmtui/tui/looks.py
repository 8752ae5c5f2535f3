"""How the app looks: its themes, followed while their files are edited, and whether anything moves."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App
from textual.filter import LineFilter
from textual.theme import Theme

from slmtui.config import settings, themes
from slmtui.config.locations import user_themes_dir
from slmtui.config.themes import ThemeFile
from slmtui.events import Failure
from slmtui.tui.few_colours import FewColours, colours_of
from slmtui.tui.plain_signs import PlainSigns, needed
from slmtui.tui.themes import as_theme, unknown_variables

if TYPE_CHECKING:
    from slmtui.tui.app import SlmtuiApp

POLL_SECONDS = 0.5
# An editor may empty a file before it writes it: what was just changed is read once it has come to rest.
_REST_SECONDS = 0.1
Stamps = dict[str, tuple[int, int]]


class Looks:
    """The themes of an app.

    A theme that is tried in the picker is not kept; one that was broken while it is edited goes on as it was.
    """

    def __init__(self, app: SlmtuiApp) -> None:
        self._app = app
        self.filters: list[LineFilter] = []  # what every drawn line goes through
        self._files: dict[str, ThemeFile] = {}
        self._told: list[Failure] = []
        self._wanted = settings.Settings().theme
        self._trying = False
        self._complete = False
        self._ended = threading.Event()

    def load(self) -> list[Failure]:
        """Take the user's theme, before anything is drawn; returns what is wrong with the settings.

        The other themes, and what is wrong with them, come once the program is up, or when one asks for them.
        """
        loaded, problem = settings.load()
        self._wanted = loaded.theme
        if not loaded.animations and "TEXTUAL_ANIMATIONS" not in os.environ:
            self._app.animation_level = "none"
        if loaded.plain_signs:
            self.filters.append(PlainSigns())
        for name in (loaded.theme, settings.Settings().theme):
            file = themes.find(name)
            if file is not None:
                self._register([file])
            if self._app.get_theme(name) is not None:
                self._app.set_reactive(App.theme, name)
                self._app.stylesheet.set_variables(self._app.get_css_variables())
                break
        return [problem] if problem is not None else []

    def complete(self) -> None:
        """Have all themes, if some were not read yet."""
        if not self._complete:
            self._complete = True
            self._register(themes.load_all()[0])

    def begin(self) -> None:
        """Remember what is chosen from now on, and follow the user's own themes."""
        self._suit_terminal()
        self._app.theme_changed_signal.subscribe(self._app, self._remember)
        threading.Thread(target=self._follow, name="user's themes", daemon=True).start()

    def _suit_terminal(self) -> None:
        """Draw what this terminal can show; without one, or in a browser, that is everything."""
        if self._app.is_headless or "TEXTUAL_DRIVER" in os.environ:
            return
        if not self.filters and needed(os.environ):
            self.filters.append(PlainSigns())
        colours = colours_of(os.environ, self._app.console.color_system)
        if colours != "many":
            self.filters.append(FewColours(colours, lambda: self._app.theme_variables))

    def end(self) -> None:
        """Follow them no more."""
        self._ended.set()

    def names(self) -> dict[str, str]:
        """Every theme and whose it is: slmtui's, then the user's, then Textual's."""
        own = user_themes_dir()
        whose = {
            name: "yours"
            if name in self._files and self._files[name].path.parent == own
            else "slmtui's"
            if name in self._files
            else "Textual's"
            for name in self._app.available_themes
        }
        order = ("slmtui's", "yours", "Textual's")
        return dict(sorted(whose.items(), key=lambda item: (order.index(item[1]), item[0])))

    # Trying one

    def attempt(self, name: str) -> None:
        """Show a theme without keeping it."""
        self._trying = True
        if name in self._app.available_themes:
            self._app.theme = name

    def settle(self, name: str) -> None:
        """End the trying with this theme."""
        self.attempt(name)
        # The app tells of a change only after what stands in its queue.
        self._app.call_next(self._tried, name)

    def _tried(self, name: str) -> None:
        self._trying = False
        self._keep(name)

    def _remember(self, theme: Theme) -> None:
        if not self._trying:
            self._keep(theme.name)

    def _keep(self, name: str) -> None:
        """Write the chosen theme into the settings, which is nothing for the event loop."""
        if name != self._wanted:
            self._wanted = name
            self._app.run_worker(partial(settings.save, theme=name), thread=True, exit_on_error=False)

    # The user's files

    def _register(self, files: list[ThemeFile]) -> None:
        for file in files:
            self._files[file.name] = file
            self._app.register_theme(as_theme(file))

    def _follow(self) -> None:
        """Read the themes, and again when a file has changed; looking costs a few system calls."""
        folder = user_themes_dir()
        last: Stamps | None = None  # the first look finds all of them new
        while not self._ended.wait(POLL_SECONDS):
            now = _stamps(folder)
            if now == last:
                continue
            while not self._ended.wait(_REST_SECONDS) and now != (now := _stamps(folder)):
                pass
            last = now
            files, problems = themes.load_all()
            problems += [each for file in files for each in unknown_variables(file)]
            with suppress(RuntimeError):  # the app has ended meanwhile
                self._app.call_later(self._changed, files, problems)

    def _changed(self, files: list[ThemeFile], problems: list[Failure]) -> None:
        """Take the changed files; of a broken one the last good state stays."""
        self._complete = True
        good = {file.path for file in files}
        broken = {name for name, file in self._files.items() if file.path not in good and file.path.is_file()}
        before, current = dict(self._files), self._app.theme
        self._register([file for file in files if file.name not in broken])
        for name in set(before) - {file.name for file in files} - broken - {current}:
            del self._files[name]
            self._app.unregister_theme(name)
        if self._wanted != current and self._wanted in self._files and not self._trying:
            self._app.theme = self._wanted
        elif before.get(current) != self._files.get(current):
            self._app.mutate_reactive(App.theme)
        told, self._told = self._told, problems
        self._app.say([each for each in problems if str(each) not in {str(one) for one in told}])


def _stamps(folder: Path) -> Stamps:
    """What tells that a file of the folder has changed."""
    found: Stamps = {}
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".toml"):
                with suppress(OSError):
                    is_now = entry.stat()
                    found[entry.name] = (is_now.st_mtime_ns, is_now.st_size)
    return found
