"""What the tested Olive reads: `olive.json`, and how it judges a value.

The file is written by `tests/real/conversion/read_olive.py`, which tells how; a test compares it with the
installed releases.
"""

from __future__ import annotations

import difflib
import functools
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TRUE_OR_FALSE = {"true", "false", "yes", "no", "on", "off", "t", "f", "y", "n", "1", "0"}
# Texts that stand for a value in any setting of a pass.
SPECIAL = ("DEFAULT_VALUE", "SEARCHABLE_VALUES", "OLIVE_INVALID_PARAM_VALUE")


@dataclass(frozen=True, slots=True)
class Key:
    """One setting.

    `types` are names of JSON kinds (`bool`, `int`, `float`, `str`, `list`, `list[str]`, `dict`, `any`), of
    which one has to fit; where there are none, null alone does. `searchable`: a search may try several
    values, given as a list.
    """

    types: tuple[str, ...]
    choices: tuple[Any, ...] = ()
    any_case: bool = False
    required: bool = False
    default: Any = None
    path: bool = False
    searchable: bool = False

    def accepts(self, value: Any) -> bool:
        """Whether Olive takes `value`; as it does, with some goodwill ("128" is a number, "no" is false)."""
        if value is None:
            return not self.required
        if not any(_fits(kind, value) for kind in self.types):
            return False
        return not self.choices or self._chosen(value) is not None

    def nearest(self, value: Any) -> Any:
        """The value that was probably meant; None if that cannot be told."""
        if self.choices:
            found = self._chosen(value, any_case=True)
            return found if found is not None else _nearest(value, self.choices)
        if "list[str]" in self.types and isinstance(value, str):
            return [value]
        if self.types == ("str",) and type(value) in (int, float):
            return str(value)
        return None

    @property
    def expected(self) -> str:
        """What it takes, for people."""
        if self.choices:
            return "one of " + ", ".join(json.dumps(choice) for choice in self.choices)
        return " or ".join(_WORDS.get(kind, kind) for kind in self.types) or "null"

    def _chosen(self, value: Any, *, any_case: bool = False) -> Any:
        for choice in self.choices:
            if isinstance(choice, str) and isinstance(value, str):
                if choice == value or ((any_case or self.any_case) and choice.lower() == value.lower()):
                    return choice
            elif _number(value) == choice:
                return choice
        return None


_WORDS = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "dict": "an object",
    "list": "a list",
    "list[str]": "a list of texts",
    "list[int]": "a list of whole numbers",
}


@dataclass(frozen=True, slots=True)
class PassKind:
    """A type of pass: what it works on (`pytorch`, `onnx`, …), packages it needs, its settings.

    `dataset` says whether it reads data: `required`, `optional` or nothing.
    """

    name: str
    family: str
    keys: Mapping[str, Key]
    needs: tuple[str, ...] = ()
    dataset: str = ""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything that is known; see `olive.json`."""

    versions: Mapping[str, str]
    devices: Mapping[str, tuple[str, ...]]
    top: Mapping[str, Key]
    models: Mapping[str, Mapping[str, Key]]
    systems: Mapping[str, Mapping[str, Key]]
    accelerator: Mapping[str, Key]
    builder_options: Mapping[str, Key]
    builder_algorithms: tuple[str, ...]
    passes: Mapping[str, PassKind]

    def pass_kind(self, written: str) -> PassKind | None:
        """The type of pass that is called `written`, whose case does not matter."""
        return next((kind for name, kind in self.passes.items() if name.lower() == written.lower()), None)

    @property
    def providers(self) -> tuple[str, ...]:
        """All execution providers."""
        return tuple(sorted({provider for each in self.devices.values() for provider in each}))


@functools.cache
def knowledge() -> Knowledge:
    """What is in `olive.json`."""
    raw = json.loads(Path(__file__).with_name("olive.json").read_text(encoding="utf-8"))
    return Knowledge(
        versions=raw["versions"],
        devices={device: tuple(providers) for device, providers in raw["devices"].items()},
        top=_keys(raw["top"]),
        models={name: _keys(keys) for name, keys in raw["models"].items()},
        systems={name: _keys(keys) for name, keys in raw["systems"].items()},
        accelerator=_keys(raw["accelerator"]),
        builder_options=_keys(raw["builder_options"]),
        builder_algorithms=tuple(raw["builder_algorithms"]),
        passes={
            name: PassKind(
                name,
                each["family"],
                _keys(each["keys"]),
                tuple(each.get("needs", ())),
                each.get("dataset", ""),
            )
            for name, each in raw["passes"].items()
        },
    )


@functools.cache
def renamed() -> dict[str, Any]:
    """What people write, and what it is called today: `renamed.toml`."""
    with Path(__file__).with_name("renamed.toml").open("rb") as file:
        return tomllib.load(file)


def closest(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that was probably meant."""
    plain = {_plain(each): each for each in names}
    if exact := plain.get(_plain(name)):
        return exact
    found = difflib.get_close_matches(_plain(name), plain, n=1, cutoff=0.75)
    return plain[found[0]] if found else None


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _keys(raw: dict[str, dict[str, Any]]) -> dict[str, Key]:
    return {name: _key(each) for name, each in raw.items()}


def _key(raw: dict[str, Any]) -> Key:
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()
    }
    return Key(**fields)


def _fits(kind: str, value: Any) -> bool:
    """Whether pydantic, which Olive asks, takes `value` for `kind`."""
    if kind == "any":
        return True
    if kind == "bool":
        return isinstance(value, bool) or (
            value.lower() in _TRUE_OR_FALSE if isinstance(value, str) else value in (0, 1)
        )
    if kind in ("int", "float"):
        number = _number(value)
        return number is not None and (kind == "float" or number == int(number))
    if kind.startswith("list"):
        inner = kind[5:-1]
        return isinstance(value, list) and (not inner or all(_fits(inner, item) for item in value))
    return isinstance(value, {"str": str, "dict": dict}[kind])


def _number(value: Any) -> float | None:
    if isinstance(value, (bool, int, float)):
        return float(value)
    try:
        return float(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _nearest(value: Any, choices: tuple[Any, ...]) -> Any:
    number = _number(value)
    if number is not None and not isinstance(value, bool) and isinstance(choices[0], int):
        return min(choices, key=lambda choice: abs(choice - number))
    if isinstance(value, str) and all(isinstance(choice, str) for choice in choices):
        return closest(value, choices)
    return None
