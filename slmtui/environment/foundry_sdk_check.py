"""The Foundry Local SDK and the runtime it brings, looked at without importing them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from slmtui.environment import installed
from slmtui.environment.check import Check
from slmtui.environment.interpreter import Interpreter

SDK, CORE = "foundry-local-sdk", "onnxruntime-genai-core"
# Where the wheels keep what they load, with the name each system gives it.
_LIBRARIES = {
    SDK: ("foundry_local_sdk/_native/*", "foundry_local"),
    CORE: ("onnxruntime_genai_core/bin", "onnxruntime-genai"),
    "onnxruntime": ("onnxruntime/capi", "onnxruntime"),
}


def foundry_sdk() -> Check:
    """The SDK's version, its runtime's, and that the native library of each is there."""
    sdk = installed.version(SDK)
    needed = _core_needed()
    wanted = f"{CORE}{needed.specifier}" if needed else CORE
    if sdk is None:
        return _fault("not installed", wanted, installed.install_command(SDK))
    core = installed.version(CORE)
    found = f"{sdk or 'unknown version'}, runtime {core or 'unknown version'}"
    if core is None:
        return _fault(f"{sdk}, without its runtime", wanted, installed.install_command(wanted))
    gone = without_library()
    if gone:
        fix = installed.install_command(*map(_as_installed, gone), repair=True)
        return _fault(f"{found}, but without the library of {' and '.join(gone)}", wanted, fix)
    if needed and core and not needed.specifier.contains(core, prereleases=True):
        return _fault(found, wanted, installed.install_command(wanted))
    library = _library(SDK)
    return Check(
        "foundry-sdk",
        "Foundry Local SDK",
        "ok",
        found,
        wanted,
        f"slmtui deploys through it; its library is {library}.",
    )


def without_library(interpreter: Interpreter | None = None) -> list[str]:
    """The packages that are installed without the native library they load."""
    paths = None if interpreter is None else interpreter.paths
    return [
        package
        for package in _LIBRARIES
        if installed.version(package, interpreter) and not _library(package, paths)
    ]


def _fault(found: str, needed: str, fix: str) -> Check:
    reason = "slmtui deploys through the SDK, and proves with it that the model loads."
    return Check("foundry-sdk", "Foundry Local SDK", "fail", found, needed, reason, fix)


def _core_needed() -> Requirement | None:
    """What the SDK declares of its runtime; its own metadata says it, so a new SDK needs no edit here."""
    for text in installed.requirements(SDK):
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if requirement.name == CORE:
            return requirement
    return None


def _as_installed(package: str) -> str:
    return f"{package}=={installed.version(package)}"


def _library(package: str, paths: Sequence[str] | None = None) -> Path | None:
    """The native library of an installed package, in the first folder of the path that has it."""
    folder, stem = _LIBRARIES[package]
    for place in sys.path if paths is None else paths:
        for inside in sorted(Path(place).glob(folder)):
            for name in (f"lib{stem}.so*", f"lib{stem}*.dylib", f"{stem}.dll"):
                if found := next(iter(sorted(inside.glob(name))), None):
                    return found
    return None
