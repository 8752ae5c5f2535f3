"""The user's key map: `keys.toml` beside the settings gives commands other keys.

    [chat]
    regenerate = "ctrl+r,f11"     # several keys, with commas between them

A command's name is what `slmtui keys` prints. Nothing here knows which commands there are: `tui/commands.py`
does, and looks through a map for names that do not exist and keys that are taken.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from slmtui.config.locations import config_dir
from slmtui.events import Failure

# What Textual calls keys: modifiers with plus signs before a name or a character.
_KEY = re.compile(r"(?:(?:ctrl|shift|alt|super|hyper|meta)\+)*(?:[a-z][a-z0-9_]*|\S)", re.IGNORECASE)


def keymap_file() -> Path:
    """Where the key map is looked for."""
    return config_dir() / "keys.toml"


def load() -> tuple[dict[str, str], list[Failure]]:
    """Keys by the name of their command, and what is wrong with the file; without one there are none."""
    path = keymap_file()
    try:
        saved = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}, []
    except OSError as error:
        reason = error.strerror or str(error)
        return {}, [Failure(f"{path} cannot be read: {reason}.", "Make that file readable.")]
    except ValueError as error:
        return {}, [
            Failure(f"{path} is damaged: {error}", "Mend it. Until then the keys are the usual ones.")
        ]
    keys: dict[str, str] = {}
    wrong: list[Failure] = []
    for name, value in _flat(saved):
        found = [key.strip() for key in value.split(",")] if isinstance(value, str) else []
        if found and all(_KEY.fullmatch(key) for key in found):
            keys[name] = ",".join(found)
        else:
            wrong.append(
                Failure(
                    f"In {path}: {name} = {value!r} is no key.",
                    'Write keys as "ctrl+r", "f5" or "x", several with commas between them.',
                )
            )
    return keys, wrong


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, object]]:
    """Names with dots, of tables in tables."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value
