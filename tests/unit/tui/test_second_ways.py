"""No command hangs on a key alone that terminals and what runs in them keep for themselves.

Where the key is kept there is another one, or the palette lists the command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from textual.binding import Binding
from textual.screen import ModalScreen, Screen

from slmtui.tui.app import SlmtuiApp
from slmtui.tui.commands import Commands, _below, table
from slmtui.tui.key_words import key_name

# Keys that do not arrive, and who keeps them in its usual settings.
KEPT = {
    "ctrl+b": "tmux",
    "ctrl+a": "GNU screen",
    "ctrl+p": "VS Code",
    "ctrl+e": "VS Code",
    "ctrl+j": "VS Code",
    "ctrl+f": "VS Code",
    "ctrl+q": "VS Code on Windows",
    "f1": "VS Code, GNOME Terminal",
    "f5": "VS Code",
    "f6": "VS Code",
    "f10": "VS Code, GNOME Terminal",
    "f11": "VS Code, Windows Terminal, GNOME Terminal, macOS",
    "shift+f10": "GNOME Terminal",
}
# Windows Terminal and WezTerm: tabs, panes, the size of the letters, scrolling back.
KEPT_KINDS = re.compile(
    r"ctrl\+shift\+.+|alt\+.+|super\+.+|(ctrl|shift)\+(tab|pageup|pagedown|insert)|shift\+(home|end)"
    r"|ctrl\+(\d|plus|minus|equals_sign|comma)"
)
# What the app's own keys do stands in the palette: `test_keys.py` looks there.
IN_PALETTE = re.compile(r"help|quit|change_theme|jump|station\(.+\)")


def arrives(key: str) -> bool:
    return key not in KEPT and not KEPT_KINDS.fullmatch(key)


def bindings() -> Iterator[tuple[type[Any], Binding]]:
    table()  # imports all of them
    for owner in _below(Commands):
        for binding in owner.__dict__.get("BINDINGS", ()):
            if isinstance(binding, Binding):
                yield owner, binding


def keys_of(owner: type[Any], action: str) -> set[str]:
    return {
        key.strip()
        for other, binding in bindings()
        if issubclass(owner, other) and binding.action == action
        for key in binding.key.split(",")
    }


def test_a_command_whose_key_is_kept_has_a_second_way() -> None:
    kept = [(owner, one) for owner, one in bindings() if not all(map(arrives, one.key.split(",")))]
    assert {"chat.copy-code", "app.help", "settings.edit"} <= {one.id for _, one in kept}
    for owner, one in kept:
        another = any(map(arrives, keys_of(owner, one.action)))
        listed = issubclass(owner, Screen) and not issubclass(owner, ModalScreen) and bool(one.description)
        if owner is SlmtuiApp:
            listed = bool(IN_PALETTE.fullmatch(one.action))
        assert another or listed, f"{owner.__name__}: {one.action} has {one.key} alone"


@pytest.mark.parametrize("key", ["ctrl+p", "ctrl+backslash"])
def test_the_palette_opens_from_within_a_field(key: str) -> None:
    (one,) = (one for owner, one in bindings() if owner is SlmtuiApp and one.id == "app.command-palette")
    assert key in one.key.split(",")
    assert one.priority


def test_the_palette_opens_with_a_key_that_arrives() -> None:
    assert any(map(arrives, keys_of(SlmtuiApp, "command_palette")))


def test_keys_have_the_names_people_know() -> None:
    assert key_name("ctrl+underscore") == key_name("ctrl+slash") == "Ctrl+/"
    assert SlmtuiApp().get_key_display(Binding("ctrl+underscore", "jump")) == "^/"
