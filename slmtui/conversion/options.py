"""The options of a conversion, declared once: the form's field, the flag, the help, the check of a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from slmtui.events import Failure

Precision: TypeAlias = Literal["fp32", "fp16", "int8", "int4"]
Value: TypeAlias = str | int | bool
Kind: TypeAlias = Literal["choice", "number", "yes/no", "file"]

_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Option:
    """One option.

    `key` is what `--option KEY=VALUE` calls it. `choices` are all the values it may have, empty for a file.
    `default` is the value of a precision's plain preset. `precisions` are those it means something for, and
    `olive` the key of Olive's configuration that it becomes there, with the pass's type.
    """

    key: str
    title: str
    kind: Kind
    choices: tuple[Value, ...]
    default: Value
    precisions: tuple[Precision, ...]
    olive: str
    help: str

    def read(self, text: str) -> Value:
        """The value that `text`, as a person types it, stands for.

        Raises:
            Failure: it stands for none of the choices.
        """
        text = text.strip()
        value: Value | None = text
        if self.kind == "yes/no":
            value = _BOOLEANS.get(text.lower())
        elif self.kind == "number":
            value = int(text) if text.isdecimal() else None
        elif self.kind == "choice":
            value = text.lower()
        if value is None or (self.choices and value not in self.choices):
            possible = ", ".join(spelled(choice) for choice in self.choices)
            raise Failure(f"The option {self.key} cannot be {text!r}.", f"Take one of: {possible}.")
        return value


def spelled(value: Value) -> str:
    """A value as it is typed after `--option KEY=`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


OPTIONS: tuple[Option, ...] = (
    Option(
        "block_size",
        "Block size",
        "number",
        (16, 32, 64, 128, 256),
        32,
        ("int8", "int4"),
        "ModelBuilder int4_block_size",
        "How many weights share one scale. Smaller blocks follow the weights better and take more room.",
    ),
    Option(
        "symmetric",
        "Symmetric",
        "yes/no",
        (True, False),
        True,
        ("int8", "int4"),
        "ModelBuilder int4_is_symmetric",
        "Whether zero lies in the middle of each block's range. If not, each block has a zero point, too.",
    ),
    Option(
        "accuracy_level",
        "Accuracy level",
        "number",
        (1, 4),
        4,
        ("int8", "int4"),
        "ModelBuilder int4_accuracy_level",
        "What the products are computed in: 4 is INT8, the fastest; 1 is FP32, the most exact.",
    ),
)

BY_KEY: Mapping[str, Option] = {option.key: option for option in OPTIONS}
