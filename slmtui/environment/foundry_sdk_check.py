"""The Foundry Local SDK and the runtime it brings, looked at without importing them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from slmtui.environment import installed
from slmtui.environment.check import Check
from slmtui.environment.interpreter import Interpreter
from slmtui.environment.packages import workers_interpreter
from slmtui.environment.version_set import version_set

_ID, _TITLE = "foundry-sdk", "Foundry Local SDK"
SDK, CORE = "foundry-local-sdk", "onnxruntime-genai-core"
# Where the wheels keep what they load, with the name each system gives it.
_LIBRARIES = {
    SDK: ("foundry_local_sdk/_native/*", "foundry_local"),
    CORE: ("onnxruntime_genai_core/bin", "onnxruntime-genai"),
    "onnxruntime": ("onnxruntime/capi", "onnxruntime"),
}


def foundry_sdk() -> Check:
    """The SDK's version, its runtime's, and that the native library of each is there."""
    interpreter = workers_interpreter()
    if interpreter is None:
        reason = "The Python that is to run it cannot be used; the row of the tool chain says why."
        return Check(_ID, _TITLE, "skipped", "not looked for", SDK, reason)
    version = partial(installed.version, interpreter=interpreter)
    install = partial(installed.install_command, interpreter=interpreter)
    needed = _core_needed(interpreter)
    wanted = f"{CORE}{needed.specifier}" if needed else CORE
    sdk, core = version(SDK), version(CORE)
    if sdk is None:
        return _fault("not installed", wanted, install(_tested(SDK)))
    found = f"{sdk or 'unknown version'}, runtime {core or 'unknown version'}"
    if core is None:
        return _fault(f"{sdk}, without its runtime", wanted, install(wanted))
    gone = without_library(interpreter)
    if gone:
        fix = install(*(f"{package}=={version(package)}" for package in gone), repair=True)
        return _fault(f"{found}, but without the library of {' and '.join(gone)}", wanted, fix)
    if needed and core and not needed.specifier.contains(core, prereleases=True):
        return _fault(found, wanted, install(wanted))
    reason = f"slmtui deploys through it; its library is {_library(SDK, interpreter)}."
    return Check(_ID, _TITLE, "ok", found, wanted, reason)


def without_library(interpreter: Interpreter) -> list[str]:
    """The packages that are installed without the native library they load."""
    return [
        package
        for package in _LIBRARIES
        if installed.version(package, interpreter) and not _library(package, interpreter)
    ]


def _fault(found: str, needed: str, fix: str) -> Check:
    reason = "slmtui deploys through the SDK, and proves with it that the model loads."
    return Check(_ID, _TITLE, "fail", found, needed, reason, fix)


def _tested(package: str) -> str:
    """What to give to pip for a package of the version set."""
    return next((one.requirement for one in version_set().packages if one.name == package), package)


def _core_needed(interpreter: Interpreter) -> Requirement | None:
    """What the SDK declares of its runtime; its own metadata says it, so a new SDK needs no edit here."""
    for text in installed.requirements(SDK, interpreter):
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if requirement.name == CORE:
            return requirement
    return None


def _library(package: str, interpreter: Interpreter) -> Path | None:
    """The native library of an installed package, in the first folder of the path that has it."""
    folder, stem = _LIBRARIES[package]
    for place in interpreter.paths:
        for inside in sorted(Path(place).glob(folder)):
            for name in (f"lib{stem}.so*", f"lib{stem}*.dylib", f"{stem}.dll"):
                if found := next(iter(sorted(inside.glob(name))), None):
                    return found
    return None
