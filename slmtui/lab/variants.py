"""Variants: the precisions and presets that a lab compares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slmtui.conversion.options import Value, spelled
from slmtui.conversion.recipe import PRECISIONS, Recipe, recipe
from slmtui.events import Failure


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to convert: a precision, a preset of it, and the options that differ from the preset's."""

    precision: str
    preset: str
    options: Mapping[str, Value] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """How it is typed and kept: `int4:compact`, `int4:guide,block_size=128`."""
        options = "".join(f",{key}={spelled(value)}" for key, value in sorted(self.options.items()))
        return f"{self.precision}:{self.preset}{options}"

    @property
    def label(self) -> str:
        """For people: `INT4 compact`, `INT4 guide, block_size 128`; a plain preset needs no name."""
        preset = "" if self.preset == "plain" else f" {self.preset}"
        options = "".join(f", {key} {spelled(value)}" for key, value in sorted(self.options.items()))
        return f"{self.precision.upper()}{preset}{options}"

    @property
    def folder(self) -> str:
        """The name of its output's folder, valid on every system."""
        kept = (character if character.isalnum() or character in "._" else "-" for character in self.id)
        return "".join(kept)

    def recipe(self) -> Recipe:
        """How it is converted.

        Raises:
            Failure: the recipe is none, with what would be one.
        """
        options = {key: spelled(value) for key, value in self.options.items()}
        return recipe(self.precision, self.preset, options)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"precision": self.precision, "preset": self.preset, "options": dict(self.options)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Variant:
        """What `to_json` wrote."""
        return cls(str(value["precision"]), str(value["preset"]), dict(value.get("options", {})))

    @classmethod
    def of(cls, made: Recipe) -> Variant:
        """The variant that a recipe makes."""
        return cls(made.precision, made.preset, dict(made.options))


def default_variants() -> tuple[Variant, ...]:
    """The guide's four precisions, and the compact INT4 that is half as large for a small model.

    The finest comes first: what it is made of is begun with by others, and all others are compared with it.
    """
    plain = tuple(Variant.of(recipe(precision)) for precision in PRECISIONS)
    return (*plain, Variant.of(recipe("int4", "compact")))


def parse_variant(text: str) -> Variant:
    """The variant that a person types as `PRECISION[:PRESET][,KEY=VALUE…]`.

    Raises:
        Failure: there is no such recipe, with what there is.
    """
    name, *options = (part.strip() for part in text.split(","))
    precision, _, preset = (part.strip() for part in name.partition(":"))
    pairs: dict[str, str] = {}
    for option in options:
        key, equals, value = option.partition("=")
        if not equals:
            raise Failure(
                f"{option!r} in the variant {text!r} is not KEY=VALUE.",
                "Write for example int4:compact,block_size=64.",
            )
        pairs[key.strip()] = value.strip()
    return Variant.of(recipe(precision.lower(), preset.lower() or None, pairs))


def parse_variants(texts: Iterable[str]) -> tuple[Variant, ...]:
    """The variants that people type, each once, in order; `;` and blanks divide several in one text."""
    named = [part for text in texts for part in text.replace(";", " ").split()]
    return tuple({variant.id: variant for variant in map(parse_variant, named)}.values())
