"""`slmtui keys`: the table of commands, and the user's key map."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, command

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel


def declare(commands: Commands) -> None:
    """Add `keys`."""
    parser = command(
        commands,
        "keys",
        keys,
        "list the keys of the screens, and check your own key map",
        "List every command of the screens with its keys. Another key is given to one in keys.toml beside\n"
        'the settings: a line such as chat.regenerate = "f11", several keys with commas between them.\n'
        "Exits with 1 if that file names a command that does not exist, or a key that is taken.",
        cancellable=False,
    )
    add_json(parser)


def keys(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Print the table; the user's keys stand in it already."""
    from slmtui.config import keymap
    from slmtui.tui.commands import problems, table

    mine, wrong = keymap.load()
    commands = table()
    wrong += problems(mine, commands)
    rows = [
        (one.name, mine[one.name].split(",") if one.name in mine else list(one.keys), one.does)
        for one in commands
    ]
    if report.json:
        report.object(
            {
                "file": str(keymap.keymap_file()),
                "commands": [{"name": name, "keys": taken, "does": does} for name, taken, does in rows],
                "problems": [{"cause": failure.cause, "fix": failure.fix} for failure in wrong],
            }
        )
        return 1 if wrong else 0
    report.table(("command", "keys", "what it does"), [(name, " ".join(k), does) for name, k, does in rows])
    report.line(f"\nyour own keys: {keymap.keymap_file()}")
    for failure in wrong:
        report.line(f"error: {failure.cause}\nfix: {failure.fix}")
    return 1 if wrong else 0
