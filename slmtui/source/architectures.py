"""Which architectures the tool chain converts, read from `architectures.toml` beside this file."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from slmtui.source.model_source import Problem
from slmtui.source.questions import Asks

Status: TypeAlias = Literal["measured", "wrong", "broken", "code", "part"]

_FILE = Path(__file__).with_name("architectures.toml")


@dataclass(frozen=True, slots=True)
class Architecture:
    """One class that the model builder names, and what is known about its export.

    `cosine` compares the export's last-token logits with transformers' (1.0 = the same direction). `shim`
    says that the export is right because the conversion worker mends the builder (`rope_shim.py`).
    """

    name: str
    model_type: str
    status: Status
    gguf: str | None = None
    tied: bool = False
    cosine: float | None = None
    reason: str = ""
    shim: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """All architectures by class name, and the releases the table speaks of."""

    builder: str
    loader: str
    by_name: dict[str, Architecture]

    @property
    def convertible(self) -> str:
        """The model types that convert faithfully, for people."""
        return ", ".join(a.model_type for a in self.by_name.values() if a.status == "measured")

    def of_model_type(self, model_type: str) -> Architecture | None:
        """The architecture whose configurations carry this `model_type`."""
        return next((a for a in self.by_name.values() if a.model_type == model_type), None)

    def of_gguf(self, architecture: str) -> Architecture | None:
        """The architecture behind a GGUF file's `general.architecture`, if the loader reads such files."""
        return next((a for a in self.by_name.values() if a.gguf == architecture), None)


@functools.cache
def table() -> Table:
    """The architectures as the data file has them."""
    with _FILE.open("rb") as file:
        data = tomllib.load(file)
    entries = {name: entry for name, entry in data.items() if isinstance(entry, dict)}
    return Table(
        str(data["builder"]),
        str(data["loader"]),
        {name: Architecture(name, **entry) for name, entry in entries.items()},
    )


def problem_with(name: str, code: tuple[str, ...] = (), *, allowed: bool = False) -> Problem | None:
    """Why a model of class `name` cannot be converted; None if it can.

    `code` names the Python files in its folder that define the class; `allowed` says that they may be run.
    """
    known, architecture = table(), table().by_name.get(name)
    instead = f"Take a model of another architecture: {known.convertible}."
    if architecture is not None and architecture.status == "measured":
        return None
    if architecture is None:
        if code and not allowed:
            return _needs_code(name, code, instead)
        cause = f"The architecture {name} is unknown to the converter ({known.builder})."
        if name.endswith(("ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering")):
            cause = f"{name} is a classifier: it cannot chat."
        return Problem("error", cause, instead)
    if architecture.status == "code":
        return None if allowed else _needs_code(name, code, instead)
    if architecture.status == "wrong":
        return Problem(
            "error",
            f"{name} converts without an error, but the result is wrong: its logits agree with the"
            f" checkpoint's by a cosine of {architecture.cosine} "
            f" (1.0 is faithful; {known.builder}, {known.loader}).",
            instead,
        )
    if architecture.status == "part":
        reason = "the converter exports its text part without the embeddings, which cannot chat by itself"
    else:
        reason = architecture.reason
    return Problem("error", f"{name} cannot be converted by {known.builder}: {reason}.", instead)


def _needs_code(name: str, code: tuple[str, ...], instead: str) -> Problem:
    files = ", ".join(code) or "Python files"
    trust = f" Or read the code, and say that it may be run: `--allow-remote-code {','.join(code)}`."
    return Problem(
        "error",
        f"{name} is no part of {table().loader}; it is defined by {files} in the model's folder,"
        " and slmtui runs no code that comes with a model unless you say so.",
        instead + (trust if code else ""),
        Asks("code", code) if code else None,
    )
