"""`slmtui why`: is a folder listed by Foundry Local, and if not, why not?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, command

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel
    from slmtui.pipeline import Why


def declare(commands: Commands) -> None:
    """Add `why`."""
    parser = command(
        commands,
        "why",
        why,
        "say whether Foundry Local lists a folder, and why not",
        "Foundry Local's scanner skips a folder without a word. This says what it makes of one, by its\n"
        "rules, and what to do about it; also of models that slmtui did not deploy. Of a cache folder it\n"
        "says so for every folder below. The exit code is 1 if the folder is not listed.",
        example="slmtui why ~/.foundry/cache/models/custom/my-model\nslmtui why ~/.foundry/cache/models",
        cancellable=False,
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="a folder, or a cache folder as a whole")
    parser.add_argument(
        "--root",
        metavar="DIR",
        type=Path,
        help="the cache folder it is in (default: the known one around it)",
    )
    add_json(parser)


def why(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Say it of one folder, or of every folder below a cache's root."""
    from slmtui import pipeline

    one = pipeline.why(arguments.folder.absolute(), arguments.root)
    below = pipeline.why_all(one.folder) if one.root == one.folder else ()
    if report.json:
        report.object(_as_json(one) | {"below": [_as_json(other) for other in below]})
    elif below or one.root == one.folder:
        for other in below:
            _say(other, report)
        listed = sum(other.listed for other in below)
        report.line(f"{one.folder}: {listed} listed of {len(below)} folders.")
    else:
        _say(one, report)
    if one.root == one.folder:
        return 0
    return 0 if one.listed else 1


def _say(found: Why, report: Report) -> None:
    report.line(f"{found.folder} {found.reason}.")
    if found.registered and found.listed:
        report.line(f"  The SDK has it registered as {found.registered}.")
    if found.fix:
        report.line(f"  fix: {found.fix}")


def _as_json(found: Why) -> dict[str, object]:
    from slmtui.events import jsonable

    fields: dict[str, object] = jsonable(found)
    return fields
