"""The table of commands: what is declared on a screen as a binding is its key, the footer, the help, the
palette's entry, a line of `slmtui keys`, and a name in the user's key map.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from slmtui.config.keymap import keymap_file
from slmtui.events import Failure

# Keys that every screen has to leave alone: the way out, and the way to the help.
_FIXED = {"escape", "ctrl+q", "ctrl+c"}


class Commands:
    """What has bindings, before Textual's own class among the bases: gives those that are explained a name.

    The name is that of the station and of the action, such as `chat.regenerate`; `KEYS` says the first part
    where the class's own name does not begin with it.
    """

    KEYS: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init_subclass__(cls, **arguments: Any) -> None:
        if own := cls.__dict__.get("BINDINGS"):
            place = cls.__dict__.get("KEYS") or _first_word(cls.__name__)
            cls.BINDINGS = [_named(place, binding) for binding in own]
        super().__init_subclass__(**arguments)


def _first_word(name: str) -> str:
    """`ChatDeeds` is part of the chat."""
    found = re.match(r"[A-Z]+[a-z]*", name)
    return found[0].lower() if found else name.lower()


def _named(place: str, binding: BindingType) -> BindingType:
    if not isinstance(binding, Binding) or binding.id or not binding.tooltip:
        return binding
    words = re.findall(r"[a-z0-9]+", binding.action.lower())
    return dataclasses.replace(binding, id=f"{place}.{'-'.join(words)}")


@dataclasses.dataclass(frozen=True, slots=True)
class Command:
    """One line of the table: its `name` in a key map, its `keys`, and what it does."""

    name: str
    keys: tuple[str, ...]
    does: str


def table() -> list[Command]:
    """Every command that a key can be given to, by name; imports all screens and widgets."""
    import importlib
    import pkgutil

    for part in ("screens", "widgets"):
        folder = Path(__file__).with_name(part)
        for module in pkgutil.iter_modules([str(folder)]):
            importlib.import_module(f"slmtui.tui.{part}.{module.name}")
    importlib.import_module("slmtui.tui.app")
    found: dict[str, Command] = {}
    for owner in _below(Commands):
        for binding in owner.__dict__.get("BINDINGS", ()):
            if isinstance(binding, Binding) and binding.id:
                keys = tuple(key.strip() for key in binding.key.split(","))
                found[binding.id] = Command(binding.id, keys, binding.tooltip)
    return [found[name] for name in sorted(found)]


def _below(owner: type[Commands]) -> Iterator[type[Commands]]:
    for child in owner.__subclasses__():
        yield child
        yield from _below(child)


def problems(keymap: Mapping[str, str], commands: Iterable[Command]) -> list[Failure]:
    """What is wrong with a key map: names of no command, keys that another command of the same place has."""
    known = {command.name: command for command in commands}
    path = keymap_file()
    found = [
        Failure(f"{path}: there is no command {name!r}.", "`slmtui keys` lists the commands.")
        for name in keymap
        if name not in known
    ]
    taken: dict[tuple[str, str], list[str]] = {}
    for name, command in known.items():
        keys = keymap[name].split(",") if name in keymap else command.keys
        for key in keys:
            taken.setdefault((name.split(".")[0], key), []).append(name)
    for (place, key), names in taken.items():
        changed = [name for name in names if name in keymap]
        if not changed:
            continue
        everywhere = taken.get(("app", key), []) + taken.get(("station", key), [])
        others = [name for name in names if name != changed[0]]
        if place not in ("app", "station"):
            others += everywhere
        if key in _FIXED:
            others.append("the way out")
        if others:
            found.append(
                Failure(
                    f"{path}: {key} is the key of {changed[0]} and of {', '.join(others)}.",
                    "Give one of them another key.",
                )
            )
    return found
