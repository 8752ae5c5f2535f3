"""A recipe: what Olive is told to do to the weights, from a precision, a preset and single options."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from slmtui.conversion.options import OPTIONS, Precision, Value, options_of, spelled
from slmtui.conversion.passes import Step, steps
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
        """The value of every option that means something here."""
        preset = find_preset(self.precision, self.preset)
        return _together({**_defaults(self.precision), **preset.values, **self.options})

    @property
    def steps(self) -> tuple[Step, ...]:
        """The passes, and how each of them stores the model."""
        return steps(self.precision, self.values)


def recipe(
    precision: str = "int4", preset: str | None = None, options: Mapping[str, str] | None = None
) -> Recipe:
    """The recipe for `precision`, from `preset` (its first if None) and `options` as a person types them.

    Raises:
        Failure: one of them is unknown, not possible, or does not go with another; the fix names what does.
    """
    known = next((name for name in PRECISIONS if name == precision), None)
    if known is None:
        raise Failure(
            f"slmtui does not convert to the precision {precision!r}.",
            f"Take one of: {', '.join(PRECISIONS)}.",
        )
    base = find_preset(known, preset)
    chosen = {key: _read(known, key, text) for key, text in (options or {}).items()}
    wanted = {**_defaults(known), **base.values, **chosen}
    values = _together(wanted)
    for key, value in chosen.items():
        if values.get(key) != value:
            raise _apart(key, value, str(wanted["algorithm"]), values.get(key))
    if values.get("algorithm") == "gptq":
        _check_text(str(values["calibration_text"]))
    plain = _together({**_defaults(known), **base.values})
    differing = {key: value for key, value in chosen.items() if value != plain.get(key)}
    made = {step.name: MappingProxyType(dict(step.settings)) for step in steps(known, values)}
    return Recipe(
        known, base.name, MappingProxyType(differing), _title(known, values), MappingProxyType(made)
    )


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


def _defaults(precision: Precision) -> dict[str, Value]:
    return {option.key: option.default for option in options_of(precision)}


def _together(values: Mapping[str, Value]) -> dict[str, Value]:
    """The values, after the algorithm has decided those that it leaves no choice of."""
    algorithm = str(values.get("algorithm", ""))
    if algorithm == "dynamic":
        return {"algorithm": algorithm}
    found = dict(values)
    if algorithm.startswith("k_quant"):
        found |= {"symmetric": False, "quantize_head": "8", "quantize_embeddings": "no"}
    if algorithm != "gptq":
        found.pop("calibration_text", None)
    return found


def _apart(key: str, value: Value, algorithm: str, instead: Value | None) -> Failure:
    if instead is None:
        return Failure(
            f"The option {key} means nothing with the algorithm {algorithm}.",
            f"Leave {key} out, or take another algorithm.",
        )
    return Failure(
        f"The algorithm {algorithm} does not go with {key}={spelled(value)}.",
        f"Take {key}={spelled(instead)}, or another algorithm.",
    )


def _check_text(path: str) -> None:
    if not path:
        raise Failure(
            "The algorithm gptq needs a text to calibrate with.",
            "Name one with --option calibration_text=FILE: UTF-8, of the kind the model is meant for.",
        )
    if not Path(path).is_file():
        raise Failure(f"There is no file {path} to calibrate with.", "Name a text file.")


def _read(precision: Precision, key: str, text: str) -> Value:
    known = options_of(precision)
    for option in known:
        if option.key == key:
            return option.read(text)
    other = any(option.key == key for option in OPTIONS)
    names = ", ".join(each.key for each in known)
    raise Failure(
        f"The option {key} {f'means nothing for {precision}' if other else 'is unknown'}.",
        f"Take one of: {names}.",
    )


def _title(precision: Precision, values: Mapping[str, Value]) -> str:
    """What people read: "INT4, block size 32, symmetric"."""
    parts = [precision.upper()]
    if values.get("share_embeddings"):
        parts.append("embeddings stored once")
    if values.get("algorithm", "rtn") != "rtn":
        parts.append(str(values["algorithm"]))
    if "block_size" in values:
        parts += [
            f"block size {values['block_size']}",
            "symmetric" if values["symmetric"] else "asymmetric",
        ]
        if values["accuracy_level"] != 4:
            parts.append(f"accuracy level {values['accuracy_level']}")
        parts += _outer(precision, str(values["quantize_embeddings"]), str(values["quantize_head"]))
    return ", ".join(parts)


def _outer(precision: Precision, embeddings: str, head: str) -> list[str]:
    """What is said of embeddings and output layer, where they are not as the plain ones of INT4."""
    if precision == "int4" and (embeddings, head) == ("no", "4"):
        return []
    said = {"no": "FP32", "4": "4 bits", "8": "8 bits"}
    if embeddings == head:
        return [f"embeddings and output in {said[head]}"]
    return [f"embeddings in {said[embeddings]}", f"output in {said[head]}"]
