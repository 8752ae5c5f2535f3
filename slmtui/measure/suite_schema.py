"""Whether an answer's JSON is what a schema wants: without a network or a pattern that never ends."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

# A pattern can take for ever on an unlucky answer: after so many seconds it is not found.
REGEX_SECONDS = 1.0
_SHOWN = 200
# What stands below these is no schema.
_DATA = ("const", "default", "enum", "examples")


def schema_mistake(schema: Any) -> str:
    """What is wrong with a schema itself; "" if nothing is."""
    from jsonschema import SchemaError

    try:
        _validator().check_schema(schema)
    except SchemaError as error:
        return error.message[:_SHOWN]
    except RecursionError:
        return "it is nested too deeply"
    return next(_lost(schema), "")


def not_accepted(schema: Any, value: Any) -> str:
    """Why the schema refuses the value; "" if it accepts it."""
    from jsonschema.exceptions import ValidationError
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import EMPTY_REGISTRY

    try:
        # Without a registry of its own it would fetch what any address refers to.
        found = _validator()(schema, registry=EMPTY_REGISTRY).iter_errors(value)
        wrong: ValidationError | None = next(iter(found), None)
    except Unresolvable as error:
        return f"the schema refers to what is not in it: {str(error)[:_SHOWN]}"
    except RecursionError:
        return "the schema goes on for ever with it"
    except TimeoutError:
        return f"a pattern of the schema was not done with it in {REGEX_SECONDS:g} s"
    if wrong is None:
        return ""
    where = "/".join(str(step) for step in wrong.absolute_path)
    return f"the schema refuses {where or 'it'}: {wrong.message[:_SHOWN]}"


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator, validators

    # Those of jsonschema search with `re`, which nothing can stop.
    extend: Any = validators.extend
    return extend(Draft202012Validator, {"pattern": _pattern, "patternProperties": _pattern_properties})


def _pattern(validator: Any, pattern: str, value: Any, schema: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError

    if isinstance(value, str) and not _found(pattern, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Any, value: Any, schema: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for pattern, below in patterns.items():
            for name, one in value.items():
                if _found(pattern, name):
                    yield from validator.descend(one, below, path=name, schema_path=pattern)


def _found(pattern: str, text: str) -> bool:
    import regex

    return regex.search(pattern, text, timeout=REGEX_SECONDS) is not None


def _lost(schema: Any) -> Iterator[str]:
    """References that lead nowhere, in a schema whose parts have no addresses of their own."""
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012, EMPTY_REGISTRY

    parts = list(_parts(schema))
    if any("$id" in part for part in parts):
        return
    resolver = EMPTY_REGISTRY.with_resource("", DRAFT202012.create_resource(schema)).resolver()
    for part in parts:
        reference = part.get("$ref")
        if isinstance(reference, str):
            try:
                resolver.lookup(reference)
            except (Unresolvable, ValueError):
                yield f"{reference[:_SHOWN]!r} leads to nothing that is in it"


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Every object of it."""
    todo = [schema]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            yield one
            todo += (below for name, below in one.items() if name not in _DATA)
        elif isinstance(one, list):
            todo += one
