"""Writes `slmtui/cli/events.schema.json` from the typed events: `python -m tests.event_schemas`."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from slmtui.cli.commands import chat, schema
from slmtui.events import Event
from slmtui.lab.row import VariantResult
from slmtui.runtime.answer import Answer

FILE = Path(schema.__file__).parent.parent / schema.FILE_NAME
DIALECT = "https://json-schema.org/draft/2020-12/schema"
# What a command may print, and where that is declared. Others stay between the screens and their jobs.
PRINTED = {
    "slmtui.events": ("progress", "log", "usage", "verdict"),
    "slmtui.environment.check": ("check",),
    "slmtui.environment.mend": ("state",),
    "slmtui.pipeline.machine": ("plan",),
    "slmtui.pipeline.run": ("station",),
    "slmtui.pipeline.validation": ("validation_part",),
    "slmtui.runtime.answer": ("token", "fill", "loop", "answer"),
    "slmtui.measure.suite_run": ("suite_answer",),
    "slmtui.measure.bench": ("bench_row",),
    "slmtui.lab.events": ("variant",),
    "slmtui.foundry.serve": ("serving",),
}


def document() -> dict[str, Any]:
    """The schema of every event, and the one of any of them."""
    made = {kind: _event(module, kind) for module, kinds in PRINTED.items() for kind in kinds}
    made["finished"] = _finished()
    return {
        "$schema": DIALECT,
        "title": "A line that slmtui prints with --json while it works",
        "oneOf": [{"$ref": _id(kind)} for kind in made],
        "$defs": made,
    }


def text() -> str:
    """The file."""
    return json.dumps(document(), indent=1, ensure_ascii=True) + "\n"


def _id(kind: str) -> str:
    return f"urn:slmtui:event:{kind}"


def _event(module: str, kind: str) -> dict[str, Any]:
    found = [
        value
        for value in vars(importlib.import_module(module)).values()
        if isinstance(value, type) and issubclass(value, Event) and value.__module__ == module
    ]
    (event,) = (value for value in found if value.kind == kind)
    plain = as_printed(TypeAdapter(event).json_schema(mode="serialization"))
    if kind in FLATTENED:
        plain = FLATTENED[kind](plain)
    return _named(kind, plain)


def _named(kind: str, plain: dict[str, Any]) -> dict[str, Any]:
    properties = {"event": {"const": kind}} | plain["properties"]
    head = {"$schema": DIALECT, "$id": _id(kind), "title": kind}
    return head | plain | {"properties": properties, "required": list(properties)}


def _finished() -> dict[str, Any]:
    """The last line of every stream; what else stands in it depends on the command."""
    words = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    return _named(
        "finished",
        {
            "description": "The last line of every stream. Beside these, it has the command's own keys,"
            " always all of them; what is not known is null.",
            "type": "object",
            "properties": {
                "status": {"enum": ["ok", "failed", "cancelled"]},
                **dict.fromkeys(("cause", "fix", "log"), words),
            },
        },
    )


def as_printed(node: Any) -> Any:
    """A schema of pydantic's, as `cli/report.py` prints the values.

    Every field is there; what is no number is null; a path is a text.
    """
    if isinstance(node, list):
        return [as_printed(item) for item in node]
    if not isinstance(node, dict):
        return node
    # A property can be called as a word of JSON Schema is.
    kept = {
        key: {name: as_printed(one) for name, one in value.items()}
        if key == "properties"
        else as_printed(value)
        for key, value in node.items()
        if key not in ("default", "required", "title")
    }
    if kept.get("type") == "number":
        kept["type"] = ["number", "null"]
    if kept.get("format") == "path":
        del kept["format"]
    if kept.get("type") == "object" and "properties" in kept:
        kept["required"] = list(kept["properties"])
    if "description" in kept and isinstance(kept["description"], str):
        kept["description"] = " ".join(kept["description"].split())
    return kept


def _answer(plain: dict[str, Any]) -> dict[str, Any]:
    """`answer` has its figures beside its number."""
    figures = _of(Answer)["properties"]
    properties = {"number": plain["properties"]["number"]} | {name: figures[name] for name in chat._FIGURES}
    return plain | {"properties": properties}


def _variant(plain: dict[str, Any]) -> dict[str, Any]:
    """`variant` has the row beside its number, and of each step the name alone."""
    row = _of(VariantResult)
    fields = {name: value for name, value in row["properties"].items() if name != "made_of"}
    fields["steps"] = {"type": "array", "items": {"type": "string"}}
    fields["label"] = {"type": "string"}
    fields["figures"] = {"type": "object", "additionalProperties": {"type": ["number", "null"]}}
    numbers = {name: plain["properties"][name] for name in ("number", "of")}
    return {
        "description": plain["description"],
        "type": "object",
        "properties": numbers | fields,
        "$defs": row["$defs"],
    }


def _of(kind: type) -> dict[str, Any]:
    made: dict[str, Any] = as_printed(TypeAdapter(kind).json_schema(mode="serialization"))
    return made


# Those that are not printed field by field.
FLATTENED = {"answer": _answer, "variant": _variant}

if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
