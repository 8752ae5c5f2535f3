"""Plans for packages: the tested set into the Python that runs Olive, or a tool chain of slmtui's own."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from slmtui.config import locations, toolchain
from slmtui.environment.check import Check
from slmtui.environment.fix_install import install_plan, is_wrong
from slmtui.environment.fix_plan import FixPlan, Step
from slmtui.environment.fix_source import source_plan
from slmtui.environment.interpreter import Interpreter, examine
from slmtui.environment.system import platform_tag
from slmtui.environment.version_set import Package, version_set
from slmtui.events import Failure

_CHECKS = ("python", "toolchain", "packages-base", "foundry-sdk", "providers")


def package_plans(found: Mapping[str, Check], *, from_source: bool = False) -> Iterator[FixPlan]:
    """The plans for what is wrong with the Python that runs Olive, with its packages, and with ours."""
    faults = tuple(one for one in found if one in _CHECKS or one.startswith("package-"))
    now = toolchain.current()
    own = examine(Path(sys.executable))
    try:
        interpreter = examine(now.python)
    except Failure:
        yield _automatic_plan(tuple(one for one in faults if one not in _screens(own)))
        return
    if not interpreter.is_own:  # it runs Olive alone: the screens have their packages beside slmtui
        ours = tuple(one for one in faults if one in _screens(own))
        faults = tuple(one for one in faults if one not in ours)
        if ours and _ours_to_change(own):
            wanted = [package for package in version_set().packages if not package.for_workers]
            yield install_plan(own, ours, wanted, "install-screens")
    if faults or from_source:
        yield from _worker_plans(interpreter, now.kind, found, faults, from_source)


def _screens(own: Interpreter) -> tuple[str, ...]:
    """The checks that are about packages of slmtui's own Python, whatever runs Olive."""
    alone = [package for package in version_set().packages if not package.for_workers]
    ids = tuple(f"package-{package.name}" for package in alone)
    small = any(is_wrong(package, own) for package in alone if package.role == "base")
    return (*ids, "packages-base") if small else ids


def _worker_plans(
    interpreter: Interpreter,
    kind: toolchain.Kind,
    found: Mapping[str, Check],
    faults: tuple[str, ...],
    from_source: bool,
) -> Iterator[FixPlan]:
    if kind == "managed" or not _ours_to_change(interpreter):
        # It takes a minute and a lot of room: not for what is merely worth a look.
        if any(found[fault].status == "fail" for fault in faults):
            yield toolchain_plan(faults)
        return
    build = version_set().build
    built = f"package-{build.package}"
    builds = from_source or (built in found and platform_tag() not in build.wheels)
    mends = tuple(fault for fault in faults if not (builds and fault == built))
    if mends:
        wanted = _wanted(interpreter)
        if builds:
            wanted = [package for package in wanted if package.name != build.package]
        yield install_plan(interpreter, mends, wanted)
    if builds:
        yield source_plan(interpreter, tuple(one for one in (built, "cmake") if one in found))


def toolchain_plan(mends: tuple[str, ...] = ()) -> FixPlan:
    """Build, or build anew, the tool chain that slmtui manages, and let Olive run with it."""
    steps = [
        Step(
            "Build a tool chain of slmtui's own and prove it with a conversion",
            (sys.executable, "-m", "slmtui", "toolchain", "build", "--yes"),
            "build",
        )
    ]
    changes = (
        f"A virtual environment with the tested set is made in {toolchain.managed_dir()}, and "
        "Olive runs with it. No other Python is changed; `slmtui toolchain remove` takes it away again."
    )
    if toolchain.current().kind == "chosen":
        steps.append(_automatic())
        changes += " The interpreter that the settings name is used no more."
    return FixPlan(
        id="toolchain",
        title="Build slmtui's own tool chain",
        mends=mends,
        interpreter=None,
        steps=tuple(steps),
        downloads="The whole tested set from the package index, as far as pip's cache does not have it: "
        "1.7 GB once installed (Linux x64, PyTorch's CPU build), several GB more with its CUDA build.",
        changes=changes,
        kind="toolchain",
    )


def _automatic_plan(mends: tuple[str, ...]) -> FixPlan:
    return FixPlan(
        id="automatic-interpreter",
        title="Let slmtui choose the interpreter again",
        mends=mends,
        interpreter=None,
        steps=(_automatic(),),
        downloads="Nothing.",
        changes="Olive runs with slmtui's own tool chain if there is one, else with slmtui's Python.",
        kind="settings",
    )


def _automatic() -> Step:
    return Step(f'In {locations.settings_file()}, [toolchain] python is set to ""', (), "automatic")


def _wanted(interpreter: Interpreter) -> list[Package]:
    """The packages of the set that this interpreter is to have: where slmtui does not run are no screens."""
    own = interpreter.is_own
    return [package for package in version_set().packages if own or package.for_workers]


def _ours_to_change(interpreter: Interpreter) -> bool:
    """Whether it is a virtual environment that takes the set; the system's and conda's belong to others."""
    python = version_set().python
    return (
        interpreter.is_venv
        and interpreter.writable
        and not interpreter.externally_managed
        and python.minimum <= interpreter.version[:2] < python.below
    )
