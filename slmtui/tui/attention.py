"""Calls a user back who looks elsewhere: the terminal's bell, and a desktop notification where it can."""

from __future__ import annotations

import os
from collections.abc import Mapping

from textual.app import App

from slmtui.text import plain

_OSC9 = ("iTerm.app", "WezTerm", "ghostty")
_OSC9_TERMS = ("xterm-kitty", "xterm-ghostty")
_OSC777_TERMS = ("foot", "rxvt")


def call(app: App[int], title: str, text: str) -> None:
    """Ring; tell the desktop too, unless the user is looking at the terminal."""
    app.bell()
    sequence = notification(title, text, os.environ)
    driver = app._driver
    if sequence and driver is not None and not app.app_focus:
        driver.write(sequence)
        driver.flush()


def notification(title: str, text: str, environment: Mapping[str, str]) -> str:
    """The control sequence with which this terminal shows a desktop notification; "" if it has none.

    A terminal that does not know a sequence may print it, so only those are used that are known to.
    Multiplexers (tmux, screen) keep them to themselves.
    """
    title, text = (plain(part).replace(";", ",") for part in (title, text))
    term = environment.get("TERM", "")
    if environment.get("TMUX") or term.startswith(("screen", "tmux")):
        return ""
    if environment.get("TERM_PROGRAM") in _OSC9 or term in _OSC9_TERMS or environment.get("KITTY_WINDOW_ID"):
        return f"\x1b]9;{title}: {text}\x07"
    if term.startswith(_OSC777_TERMS):
        return f"\x1b]777;notify;{title};{text}\x07"
    return ""
