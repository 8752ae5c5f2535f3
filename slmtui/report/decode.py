"""From JSON to dataclasses by their annotations, so that a damaged file is found before anything reads it."""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

T = TypeVar("T")
# Nothing that is counted here is more; arithmetic with floats ends a little further on.
_MOST = 2**63


def decode(kind: type[T], value: Any, where: str) -> T:
    """`value` as a `kind`: a dataclass, a plain type, a tuple or mapping of such, or None where that may be.

    A null where a number belongs is not a number. Keys that the dataclass does not have are left out: a later
    version may have written them.

    Raises:
        ValueError: it is something else; the message names the place below `where`.
    """
    found: T = _decode(kind, value, where)
    return found


def _decode(kind: Any, value: Any, where: str) -> Any:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return value
    if origin in (types.UnionType, typing.Union):
        kinds = [one for one in inner if one is not type(None)]
        return None if value is None else _decode(kinds[0], value, where)
    if origin is typing.Literal:
        if value not in inner:
            raise ValueError(f"{where} is none of {', '.join(map(str, inner))}")
        return value
    if origin is tuple:
        _check(isinstance(value, list), where, "list")
        return tuple(_decode(inner[0], one, f"{where}[{number}]") for number, one in enumerate(value))
    if origin is not None and issubclass(origin, Mapping):
        _check(isinstance(value, dict), where, "object")
        return {str(key): _decode(inner[1], one, f"{where}.{key}") for key, one in value.items()}
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, value, where)
    return _plain(kind, value, where)


def _dataclass(kind: Any, value: Any, where: str) -> Any:
    _check(isinstance(value, dict), where, "object")
    hints = _hints(kind)
    found = {}
    for each in dataclasses.fields(kind):
        if each.name in value:
            found[each.name] = _decode(hints[each.name], value[each.name], f"{where}.{each.name}")
        elif each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING:
            raise ValueError(f"{where}.{each.name} is missing")
    return kind(**found)


def _plain(kind: Any, value: Any, where: str) -> Any:
    if kind is float:
        if value is None:
            return math.nan
        number = isinstance(value, float) or (isinstance(value, int) and abs(value) < _MOST)
        _check(number and not isinstance(value, bool), where, "number")
        return float(value)
    if kind is int:
        whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MOST
        _check(whole, where, "whole number")
    elif kind in (str, bool):
        _check(isinstance(value, kind), where, "text" if kind is str else "true or false")
    return value


def _check(fine: bool, where: str, wanted: str) -> None:
    if not fine:
        raise ValueError(f"{where} is no {wanted}")


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)
