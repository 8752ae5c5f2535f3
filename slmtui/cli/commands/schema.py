"""`slmtui schema`: what `--json` prints, for programs that read it."""

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
OBJECTS = "objects.schema.json"


def declare(commands: Commands) -> None:
    """Add `schema`."""
    parser = command(
        commands,
        "schema",
        schema,
        "print the JSON Schema of what --json prints",
        "Print the JSON Schema (2020-12) of any line that a command prints with --json while it works, or\n"
        "of one event: `event` tells them apart, and the last line is always `finished`. With a command's\n"
        "name, that of its one object, or of its last line. A command that prints one object and fails\n"
        "prints `failed` in its place.",
        example="slmtui schema > slmtui-events.schema.json\nslmtui schema verdict\nslmtui schema list",
        cancellable=False,
    )
    parser.add_argument(
        "name",
        metavar="NAME",
        nargs="*",
        help="an event's name, such as progress, or a command's, such as list or samples get",
    )
    add_json(parser)


def events() -> dict[str, Any]:
    """The schema of any event; those of each stand in `$defs`, by name."""
    return _read(FILE_NAME)


def objects() -> dict[str, Any]:
    """The schemas of what each command prints at last, in `$defs`, by the command."""
    return _read(OBJECTS)


@cache
def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(files("slmtui.cli").joinpath(name).read_text(encoding="utf-8"))
    return document


def schema(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Say the schema; it is JSON with or without --json."""
    from slmtui.events import Failure

    document, name = events(), " ".join(arguments.name)
    if name:
        streamed, single = document["$defs"], objects()["$defs"]
        if name not in streamed and name not in single:
            raise Failure(
                f"There is no event and no command {name!r}.",
                f"Events: {', '.join(streamed)}. Commands: {', '.join(single)}.",
            )
        document = streamed.get(name) or single[name]
    if report.json:
        report.object(document)
    else:
        report.write(json.dumps(document, indent=2) + "\n")
    return 0
