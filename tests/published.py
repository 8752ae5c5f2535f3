"""What `slmtui schema` publishes holds for what a command has printed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from slmtui.cli.commands.schema import events


def hold(lines: Iterable[str]) -> list[str]:
    """Check every event among these lines of JSON against its schema; returns their names."""
    seen = []
    for line in lines:
        value = json.loads(line)
        if isinstance(value, dict) and "event" in value:
            seen.append(str(value["event"]))
            _validator(seen[-1]).validate(value)
    return seen


@cache
def _validator(kind: str) -> Draft202012Validator:
    found: dict[str, Any] = copy.deepcopy(events()["$defs"][kind])
    # Other programs have to bear a key more; a test that finds one has found a mistake.
    if kind != "finished":
        found["additionalProperties"] = False
    return Draft202012Validator(found)
