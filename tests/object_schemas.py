"""Writes `slmtui/cli/objects.schema.json`, what commands print: `python -m tests.object_schemas`."""

from __future__ import annotations

import json
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from slmtui.cli.commands import schema
from tests import printed_endings as endings
from tests import printed_objects as objects
from tests.event_schemas import DIALECT, as_printed

FILE = Path(schema.__file__).parent.parent / schema.OBJECTS
# Command → what its one object can be, or the last line of its stream.
SHAPES: dict[str, tuple[Any, ...]] = {
    "list": (objects.Listed,),
    "presets": (objects.Presets,),
    "lint": (objects.Linted,),
    "template": (objects.Template,),
    "why": (objects.AskedWhy,),
    "locate": (dict[str, objects.Place],),
    "keys": (objects.Keys,),
    "settings": (objects.Settings,),
    "glossary": (objects.Glossary,),
    "samples": (objects.Samples,),
    "samples get": (endings.Fetched,),
    "inspect": (objects.Inspected,),
    "doctor": (objects.Doctor, endings.Mended),
    "toolchain": (objects.Toolchain,),
    "toolchain build": (endings.ToolchainBuilt,),
    "toolchain remove": (objects.ToolchainRemoved,),
    "completion": (objects.Completion,),
    "report": (objects.Reported, objects.ReportWritten),
    "convert": (endings.Converted,),
    "deploy": (endings.Deployed, objects.DeployDryRun),
    "undeploy": (endings.Undeployed,),
    "verify": (endings.Verified,),
    "serve": (endings.Served,),
    "run": (endings.Ran,),
    "chat": (endings.Chatted,),
    "bench": (endings.Benched,),
    "validate": (endings.Validated,),
    "lab": (endings.Compared, objects.LabDryRun),
}
FAILED = "failed"


def document() -> dict[str, Any]:
    """The schema of each command's object."""
    made = {command: _object(command, shapes) for command, shapes in SHAPES.items()}
    made[FAILED] = _object(FAILED, (objects.Failed,))
    return {
        "$schema": DIALECT,
        "title": "What each command prints with --json: its one object, or the last line of its stream",
        "$defs": made,
    }


def text() -> str:
    """The file, a line a command."""
    whole = document()
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(one)}" for name, one in whole.pop("$defs").items())
    head = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in whole.items())
    return f'{{\n{head},\n"$defs": {{\n{lines}\n}}\n}}\n'


def _object(command: str, shapes: tuple[Any, ...]) -> dict[str, Any]:
    plain = as_printed(TypeAdapter(reduce(or_, shapes)).json_schema(mode="serialization"))
    if "SuiteScore" in plain.get("$defs", {}):  # a dataclass in a report, whose scores are printed so
        score = as_printed(TypeAdapter(objects.Score).json_schema(mode="serialization"))
        plain["$defs"]["SuiteScore"] = {key: value for key, value in score.items() if key != "$defs"}
    _loosen(plain, [shape for shape in shapes if shape in OPTIONAL])
    name = command.replace(" ", "-")
    return {"$schema": DIALECT, "$id": f"urn:slmtui:object:{name}", "title": command} | plain


# Keys that are there only if they were asked for.
OPTIONAL = {objects.Doctor: "report", objects.Reported: "comparison"}


def _loosen(plain: dict[str, Any], shapes: list[Any]) -> None:
    for shape in shapes:
        where = plain.get("$defs", {}).get(shape.__name__, plain)
        where["required"].remove(OPTIONAL[shape])


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
