"""What `slmtui schema` publishes holds for what a command has printed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from slmtui.cli.commands.schema import events, objects

# What a command prints that says its own schema, or the tool's.
_OTHERS = ("schema",)


def hold(lines: Iterable[str], command: Sequence[str] = ()) -> list[str]:
    """Check every event among these lines of JSON against its schema; returns their names.

    With the `command` that printed them, its one object, or its last line, too.
    """
    seen = []
    for line in lines:
        value = json.loads(line)
        if isinstance(value, dict) and "event" in value:
            seen.append(str(value["event"]))
            _event(seen[-1]).validate(value)
        if command and (not seen or seen[-1] == "finished"):
            _hold_object(value, command)
    return seen


def _hold_object(value: Any, command: Sequence[str]) -> None:
    words = [word for word in command[:2] if not word.startswith("-")]
    known = objects()["$defs"]
    name = next((name for name in (" ".join(words), words[0] if words else "") if name in known), None)
    if name is None:
        assert not words or words[0] in _OTHERS, f"there is no schema of {words[0]}"
        return
    failed = "event" not in value and value.get("status") in ("failed", "cancelled") and "cause" in value
    _object("failed" if failed else name).validate(value)


@cache
def _event(kind: str) -> Draft202012Validator:
    found: dict[str, Any] = copy.deepcopy(events()["$defs"][kind])
    # Other programs have to bear a key more; a test that finds one has found a mistake.
    if kind != "finished":
        found["additionalProperties"] = False
    return Draft202012Validator(found)


@cache
def _object(name: str) -> Draft202012Validator:
    return Draft202012Validator(_closed(copy.deepcopy(objects()["$defs"][name])))


def _closed(node: Any) -> Any:
    """A schema that bears no keys but its own."""
    if isinstance(node, list):
        return [_closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    if "properties" in node and "additionalProperties" not in node:
        node["additionalProperties"] = False
    return {key: _closed(value) for key, value in node.items()}
