"""The JSON Schema of `inference_model.json`, and its errors in words.

The schema is published with the package, for editors and other programs; `rules.py` has what a schema cannot
say. A value that a schema finds wrong is an error always.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from slmtui.config.json_text import Keys
from slmtui.prompt.findings import Findings
from slmtui.prompt.prompt_template import CONTENT

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

FILE_NAME = "inference_model.schema.json"
_KINDS = {
    "string": ("a text", '"…"'),
    "object": ("an object", "{ … }"),
    "array": ("a list", "[ … ]"),
    "number": ("a number", "1"),
    "integer": ("a whole number", "1"),
}


@cache
def schema() -> Mapping[str, Any]:
    """The schema itself."""
    text = files("slmtui.prompt").joinpath(FILE_NAME).read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


@cache
def known(*section: str) -> tuple[str, ...]:
    """The keys that the object at `section` may have, in their order."""
    place: Any = schema()
    for name in section:
        place = place["properties"][name]
    return tuple(place["properties"])


def about(keys: Keys) -> str:
    """What a key of the file is for, in the schema's words."""
    place: Any = schema()
    for name in keys:
        place = place["properties"][name]
    return str(place.get("description", ""))


def check(document: Mapping[str, Any], findings: Findings) -> None:
    """Hold `document` against the schema; what is wrong goes to `findings`."""
    seen: set[tuple[Keys, str]] = set()
    for error in _validator().iter_errors(document):
        keys = tuple(f"[{key}]" if isinstance(key, int) else str(key) for key in error.absolute_path)
        if error.validator == "required":
            names: Any = error.validator_value
            values: Any = error.instance
            for name in names:
                if name not in values and ((*keys, name), "required") not in seen:
                    seen.add(((*keys, name), "required"))
                    _missing(error, keys, name, findings)
        else:
            cause, fix = _words(error, keys)
            findings.add("error", keys, cause, fix)


def plain(name: str) -> str:
    """A key without what people write differently: case, and what joins its words."""
    return name.casefold().replace("_", "").replace("-", "").replace(" ", "")


@cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator  # 0.1 s, which only who looks at such a file pays

    return Draft202012Validator(schema())


def _missing(error: ValidationError, keys: Keys, name: str, findings: Findings) -> None:
    values: Any = error.instance
    if any(plain(other) == plain(name) for other in values):
        return  # it is there with other letters, which is an issue of its own
    cause = f"{name} is missing."
    if name == "Name":
        cause = "Name is missing: Foundry Local skips the folder."
    rules: Any = error.schema
    of = rules["properties"][name]
    example = f'"…{CONTENT}…"' if "$ref" in of else _KINDS[of["type"]][1]
    findings.add("error", (*keys, name), cause, f'Add "{name}": {example}.')


def _words(error: ValidationError, keys: Keys) -> tuple[str, str]:
    """Cause and fix of one error."""
    name = keys[-1] if keys else "The file"
    value: Any = error.instance
    rules: Any = error.schema
    if name.startswith("["):
        name = f"An entry of {keys[-2]}"
    example = f"Write for example {json.dumps(rules['default'])}." if rules.get("default") else ""
    match error.validator:
        case "type":
            kind = str(error.validator_value)
            if kind == "integer" and not isinstance(value, (int, float)):
                kind = "number"
            words, shape = _KINDS[kind]
            fix = f"Write {shape}." if keys[-1].startswith("[") else f'Write "{name}": {shape}.'
            return f"{name} has to be {words}.", example or fix
        case "pattern":
            wrong = CONTENT.lower() in value.lower()
            cause = f"{name} writes {CONTENT} with other letters." if wrong else f"{name} has no {CONTENT}."
            return cause, f"Put {CONTENT} where the text of the message goes."
        case "minLength":
            return f"{name} is empty.", "Write the text, or remove the entry."
    shown = json.dumps(value)
    shown = shown if len(shown) <= 20 else f"{shown[:20]}…"
    return f"{name} is {shown}; it has to be {_limits(rules)}.", example


def _limits(rules: Mapping[str, Any]) -> str:
    words = [
        f"{text} {rules[key]:g}"
        for key, text in (("minimum", "at least"), ("exclusiveMinimum", "above"), ("maximum", "at most"))
        if key in rules
    ]
    return " and ".join(words)
