"""Plans for packages: the tested set into the Python that runs Olive, or a tool chain of slmtui's own."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

from slmtui.config import locations, toolchain
from slmtui.environment import installed
from slmtui.environment.check import Check
from slmtui.environment.fix_plan import FixPlan, Step
from slmtui.environment.fix_source import source_plan
from slmtui.environment.installer import install, put_in_place
from slmtui.environment.interpreter import Interpreter, examine
from slmtui.environment.system import platform_tag
from slmtui.environment.version_set import Package, version_set
from slmtui.events import Failure

_CHECKS = ("python", "toolchain", "packages-base", "foundry-sdk", "providers")


def package_plans(found: Mapping[str, Check], *, from_source: bool = False) -> Iterator[FixPlan]:
    """The plans for what is wrong with the interpreter that runs Olive or with its packages."""
    faults = tuple(one for one in found if one in _CHECKS or one.startswith("package-"))
    now = toolchain.current()
    try:
        interpreter = examine(now.python)
    except Failure:
        yield _automatic_plan(faults)
        return
    if not faults and not from_source:
        return
    if now.kind == "managed" or not _ours_to_change(interpreter):
        # It takes a minute and a lot of room: not for what is merely worth a look.
        if any(found[fault].status == "fail" for fault in faults):
            yield toolchain_plan(faults)
        return
    build = version_set().build
    built = f"package-{build.package}"
    builds = from_source or (built in found and platform_tag() not in build.wheels)
    mends = tuple(fault for fault in faults if not (builds and fault == built))
    if mends:
        yield _install_plan(interpreter, mends, without_build=builds)
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
        "some 500 MB, on Linux several GB where PyTorch's CPU build is not at hand.",
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


def _install_plan(interpreter: Interpreter, mends: tuple[str, ...], *, without_build: bool) -> FixPlan:
    """One command with the whole set, so that what is fine already stays as it is and all of it fits."""
    built = version_set().build.package
    wanted = [package for package in _wanted(interpreter) if not (without_build and package.name == built)]
    damaged = [package for package in wanted if _is_damaged(package, interpreter)]
    title = f"Install the tested version set into {interpreter.prefix}"
    steps: tuple[Step, ...] = ()
    if damaged:
        steps = put_in_place(
            interpreter, "Put damaged packages in place", *(package.requirement for package in damaged)
        )
    steps += install(interpreter, title, *(package.requirement for package in wanted))
    lines = [line for package in wanted for line in _change(package, interpreter)]
    new = [f"{package.name} {_exact(package)}" for package in wanted if _change(package, interpreter)]
    return FixPlan(
        id="install-version-set",
        title=title,
        mends=mends,
        interpreter=interpreter.python,
        steps=steps,
        downloads=f"{', '.join(new) or 'What the packages declare to need'}, and what that needs, from pip's "
        "package index.",
        changes=f"In {interpreter.prefix}: {'; '.join(lines) or 'what is missing is added'}. Other packages "
        "change only where the set asks for another version of them."
        + (" Start slmtui anew afterwards." if interpreter.is_own else ""),
        kind="install",
    )


def _change(package: Package, interpreter: Interpreter) -> Iterator[str]:
    """What becomes of a package, if anything."""
    version = installed.version(package.name, interpreter)
    if version is None:
        yield f"{package.name} {_exact(package)} is added"
    elif _is_damaged(package, interpreter):
        yield f"{package.name} {_exact(package)} is put in place of a damaged one"
    elif not package.version.contains(version, prereleases=True):
        yield f"{package.name} {version} becomes {_exact(package)}"


def _exact(package: Package) -> str:
    return str(package.version).removeprefix("==")


def _is_damaged(package: Package, interpreter: Interpreter) -> bool:
    version = installed.version(package.name, interpreter)
    return version == "" or (version is not None and not installed.has_module(package.module, interpreter))


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
