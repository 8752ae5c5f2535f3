"""Settings while the program runs: whether a value can hold here, and what it changes at once."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from textual.theme import BUILTIN_THEMES

from slmtui.config import themes
from slmtui.config.locations import user_themes_dir
from slmtui.config.settings import Settings
from slmtui.config.toolchain import interpreter
from slmtui.events import Failure
from slmtui.tui.plain_signs import PlainSigns, needed

if TYPE_CHECKING:
    from slmtui.tui.app import SlmtuiApp


def theme_names() -> tuple[str, ...]:
    """Every theme there is: slmtui's, the user's, Textual's."""
    own = [file.name for file in themes.load_all()[0]]
    return (*own, *(name for name in BUILTIN_THEMES if name not in own))


def check(name: str, value: str | bool) -> None:
    """Whether a setting can have this value on this machine.

    Raises:
        Failure: it cannot.
    """
    if name == "theme" and value not in theme_names():
        import difflib

        near = difflib.get_close_matches(str(value), theme_names(), n=3)
        fix = f"Did you mean {' or '.join(near)}?" if near else f"Take one of: {', '.join(theme_names())}."
        raise Failure(f"There is no theme {value!r}.", f"{fix} Your own stand in {user_themes_dir()}.")
    if name == "toolchain_python" and value:
        path = interpreter(str(value))
        if shutil.which(path) is None:
            raise Failure(
                f"{value} is no program here.",
                "Give the path of a Python, such as /opt/olive/bin/python, or leave it empty.",
            )


def take(app: SlmtuiApp, now: Settings) -> None:
    """Let the running app look as its settings say."""
    if "TEXTUAL_ANIMATIONS" not in os.environ:
        app.animation_level = "full" if now.animations else "none"
    filters = app.looks.filters
    plain = [each for each in filters if isinstance(each, PlainSigns)]
    if now.plain_signs and not plain:
        filters.append(PlainSigns())
    elif plain and not now.plain_signs and not needed(os.environ):
        filters.remove(plain[0])
    if now.theme in app.available_themes:
        app.theme = now.theme
    for widget in (each for screen in app.screen_stack for each in (screen, *screen.query("*"))):
        widget.refresh()
