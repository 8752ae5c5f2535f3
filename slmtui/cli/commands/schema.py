"""`slmtui schema`: what the lines of `--json` look like, for programs that read them."""

from __future__ import annotations

import argparse
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from slmtui.cli.declare import Commands, add_json, command

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel

FILE_NAME = "events.schema.json"


def declare(commands: Commands) -> None:
    """Add `schema`."""
    parser = command(
        commands,
        "schema",
        schema,
        "print the JSON Schema of the events that --json prints",
        "Print the JSON Schema (2020-12) of one event, or of any line that a command prints with --json\n"
        "while it works. `event` tells them apart; the last line is always `finished`.",
        example="slmtui schema > slmtui-events.schema.json\nslmtui schema verdict",
        cancellable=False,
    )
    parser.add_argument("event", metavar="EVENT", nargs="?", help="an event's name, such as progress")
    add_json(parser)


@cache
def events() -> dict[str, Any]:
    """The schema of any event; those of each stand in `$defs`, by name."""
    text = files("slmtui.cli").joinpath(FILE_NAME).read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def schema(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Say the schema; it is JSON with or without --json."""
    from slmtui.events import Failure

    document = events()
    if arguments.event is not None:
        known = document["$defs"]
        if arguments.event not in known:
            raise Failure(f"There is no event {arguments.event!r}.", f"There are: {', '.join(known)}.")
        document = known[arguments.event]
    if report.json:
        report.object(document)
    else:
        report.write(json.dumps(document, indent=2) + "\n")
    return 0
