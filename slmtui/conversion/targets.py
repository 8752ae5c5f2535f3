"""What a model can be made for, and why that is not possible here where it is not."""

from __future__ import annotations

import functools
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from slmtui.config import toolchain
from slmtui.conversion.options import Precision
from slmtui.environment import installed
from slmtui.environment.interpreter import Interpreter, examine
from slmtui.events import Failure

_FILE = Path(__file__).with_name("targets.toml")
_SYSTEMS = {"linux": "Linux", "win32": "Windows", "darwin": "macOS"}


@dataclass(frozen=True, slots=True)
class Target:
    """A target as the data file has it: Olive's provider and device, and what it takes."""

    name: str
    title: str
    provider: str
    device: str
    precisions: tuple[Precision, ...]
    runtime: str
    systems: tuple[str, ...]
    hardware: str
    builder: bool
    maker: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A target, whether slmtui makes models for it here, and why not."""

    target: Target
    available: bool
    reason: str


@functools.cache
def targets() -> tuple[Target, ...]:
    """All targets; the CPU comes first."""
    with _FILE.open("rb") as file:
        entries = tomllib.load(file)["target"]
    return tuple(
        Target(**{**one, "precisions": tuple(one["precisions"]), "systems": tuple(one["systems"])})
        for one in entries
    )


def offers(python: Path | None = None, system: str = sys.platform) -> tuple[Offer, ...]:
    """All targets with what speaks against them here; `python` is the tool chain's interpreter.

    Only packages' metadata is read: nothing is imported, and no hardware is touched.
    """
    try:
        interpreter = examine(python or toolchain.current().python)
    except Failure as failure:
        return tuple(Offer(target, False, failure.cause) for target in targets())
    found = []
    for target in targets():
        reason = _against(target, interpreter, system)
        found.append(Offer(target, not reason, reason))
    return tuple(found)


def _against(target: Target, interpreter: Interpreter, system: str) -> str:
    if system not in target.systems:
        where = " and ".join(_SYSTEMS[name] for name in target.systems)
        return f"It runs on {where} only."
    missing = [name for name in (target.maker, target.runtime) if name and not _has(name, interpreter)]
    if missing:
        besides = "" if target.device == "cpu" else f", and {target.hardware}"
        return f"It needs the package {' and the package '.join(missing)}{besides}."
    if target.device == "cpu":
        return ""
    if not target.builder:
        return "The model builder does not write it: run an Olive configuration of your own."
    return "slmtui proves what it makes on the CPU: run an Olive configuration of your own with olive."


def _has(package: str, interpreter: Interpreter) -> bool:
    return installed.version(package, interpreter) is not None
