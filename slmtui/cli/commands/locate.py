"""`slmtui locate`: where slmtui keeps its files."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, command

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel

# Name → what is kept there. The parser knows the names without asking the system for its folders.
PLACES = {
    "settings": "the settings, TOML",
    "keys": "your own keys, TOML",
    "themes": "your own themes, a TOML file each",
    "data": "what you would miss; the next two stand in it unless you say otherwise",
    "deployments": "a TOML file for each deployment, with its verdicts",
    "models": "where the screens put converted models",
    "cache": "what can be made or fetched again",
    "logs": "whole logs of conversions and of the processes that run models",
    "foundry": "the files of the Foundry Local SDK as slmtui starts it",
}


def declare(commands: Commands) -> None:
    """Add `locate`."""
    parser = command(
        commands,
        "locate",
        locate,
        "print where settings, themes, models, logs and the rest are",
        "Print the places of slmtui's own files, or one of them alone, as a path for scripts. A place that\n"
        "is listed need not exist yet. SLMTUI_HOME moves all of them under one folder.",
        example="slmtui locate\n$EDITOR $(slmtui locate settings)",
        cancellable=False,
    )
    parser.add_argument(
        "place", metavar="PLACE", nargs="?", choices=tuple(PLACES), help=f"one of: {', '.join(PLACES)}"
    )
    add_json(parser)


def locate(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Say one place, or all of them."""
    places = {name: find() for name, find in _finders().items()}
    if arguments.place is not None:
        places = {arguments.place: places[arguments.place]}
    if report.json:
        report.object(
            {
                name: {"path": path, "exists": path.exists(), "holds": PLACES[name]}
                for name, path in places.items()
            }
        )
    elif arguments.place is not None:
        report.line(str(places[arguments.place]))
    else:
        report.table(
            ("place", "path", "what is kept there"),
            [(name, str(path), PLACES[name]) for name, path in places.items()],
        )
    return 0


def _finders() -> dict[str, Callable[[], Path]]:
    from slmtui.config import keymap, locations

    return {
        "settings": locations.settings_file,
        "keys": keymap.keymap_file,
        "themes": locations.user_themes_dir,
        "data": locations.data_dir,
        "deployments": locations.deployments_dir,
        "models": locations.models_dir,
        "cache": locations.cache_dir,
        "logs": locations.log_dir,
        "foundry": locations.foundry_home,
    }
