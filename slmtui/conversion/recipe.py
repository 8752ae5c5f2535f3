"""A recipe: what Olive is told to do to the weights, from a precision, a preset and single options."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from slmtui.conversion.options import BY_KEY, OPTIONS, Option, Precision, Value
from slmtui.conversion.passes import passes, title
from slmtui.events import Failure

PRECISIONS: tuple[Precision, ...] = get_args(Precision)
_PRESETS = Path(__file__).with_name("presets.toml")


@dataclass(frozen=True, slots=True)
class Preset:
    """A named set of values for the options of a precision; the first of a precision is its default.

    `help` says what it does to size, speed and quality; `evidence` holds the figures measured, by model:
    `{"smollm2-135m-instruct": {"megabytes": 196.4, …}}`.
    """

    name: str
    precision: Precision
    title: str
    help: str
    values: Mapping[str, Value]
    evidence: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to convert.

    `options` are those that differ from the preset's own values. `passes` are Olive's, by name and in order.
    """

    precision: Precision
    preset: str
    options: Mapping[str, Value]
    title: str
    passes: Mapping[str, Mapping[str, Any]]

    @property
    def values(self) -> dict[str, Value]:
        """The value of every option that means something for the precision."""
        return {
            **_defaults(self.precision),
            **find_preset(self.precision, self.preset).values,
            **self.options,
        }


def recipe(
    precision: str = "int4", preset: str | None = None, options: Mapping[str, str] | None = None
) -> Recipe:
    """The recipe for `precision`, from `preset` (its first if None) and `options` as a person types them.

    Raises:
        Failure: one of them is unknown or not possible; the fix names what is.
    """
    known = next((name for name in PRECISIONS if name == precision), None)
    if known is None:
        raise Failure(
            f"slmtui does not convert to the precision {precision!r}.",
            f"Take one of: {', '.join(PRECISIONS)}.",
        )
    base = find_preset(known, preset)
    plain = {**_defaults(known), **base.values}
    chosen = {key: _read(known, key, text) for key, text in (options or {}).items()}
    differing = {key: value for key, value in chosen.items() if value != plain[key]}
    values = {**plain, **differing}
    return Recipe(known, base.name, MappingProxyType(differing), title(known, values), passes(known, values))


@functools.cache
def presets() -> tuple[Preset, ...]:
    """All presets, as the data file has them."""
    with _PRESETS.open("rb") as file:
        entries = tomllib.load(file)["preset"]
    return tuple(Preset(**{"values": {}, "evidence": {}, **entry}) for entry in entries)


def find_preset(precision: Precision, name: str | None = None) -> Preset:
    """The preset `name` of a precision; its first, if None.

    Raises:
        Failure: there is none.
    """
    possible = [preset for preset in presets() if preset.precision == precision]
    for preset in possible:
        if name in (None, preset.name):
            return preset
    names = ", ".join(preset.name for preset in possible)
    raise Failure(f"{precision} has no preset {name!r}.", f"Take one of: {names}.")


def options_of(precision: Precision) -> tuple[Option, ...]:
    """The options that mean something for a precision."""
    return tuple(option for option in OPTIONS if precision in option.precisions)


def _defaults(precision: Precision) -> dict[str, Value]:
    return {option.key: option.default for option in options_of(precision)}


def _read(precision: Precision, key: str, text: str) -> Value:
    option = BY_KEY.get(key)
    if option is None or precision not in option.precisions:
        names = ", ".join(each.key for each in options_of(precision))
        what = "is unknown" if option is None else f"means nothing for {precision}"
        raise Failure(
            f"The option {key} {what}.",
            f"Take one of: {names}." if names else f"{precision} has no options.",
        )
    return option.read(text)
