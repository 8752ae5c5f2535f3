"""The plan that installs the tested set, or what of it is wanted, into one interpreter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slmtui.environment import installed
from slmtui.environment.fix_plan import FixPlan, Step
from slmtui.environment.foundry_sdk_check import without_library
from slmtui.environment.installer import install, put_in_place
from slmtui.environment.interpreter import Interpreter
from slmtui.environment.version_set import Package


def install_plan(
    interpreter: Interpreter,
    mends: tuple[str, ...],
    wanted: Sequence[Package],
    plan_id: str = "install-version-set",
) -> FixPlan:
    """One command with all that is wanted, so that what is fine already stays as it is and all of it fits."""
    title = f"Install the tested version set into {interpreter.prefix}"
    anew = [package for package in wanted if _is_damaged(package, interpreter)]
    if "providers" in mends:  # ONNX Runtime is there and does not load
        anew += [package for package in wanted if package.name == "onnxruntime" and package not in anew]
    again = dict.fromkeys((*(package.requirement for package in anew), *_libraries(mends, interpreter)))
    steps: tuple[Step, ...] = ()
    if again:
        steps = put_in_place(interpreter, "Put damaged packages in place", *again)
    steps += install(interpreter, title, *(package.requirement for package in wanted))
    wrong = [package for package in wanted if package in anew or is_wrong(package, interpreter)]
    new = [f"{package.name} {_exact(package)}" for package in wrong]
    lines = [_change(package, interpreter, package in anew) for package in wrong]
    return FixPlan(
        id=plan_id,
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


def is_wrong(package: Package, interpreter: Interpreter) -> bool:
    """Whether it is missing, damaged or of another version."""
    version = installed.version(package.name, interpreter)
    return (
        version is None
        or _is_damaged(package, interpreter)
        or not package.version.contains(version, prereleases=True)
    )


def _change(package: Package, interpreter: Interpreter, anew: bool) -> str:
    """What becomes of a package."""
    version = installed.version(package.name, interpreter)
    if version is None:
        return f"{package.name} {_exact(package)} is added"
    if anew:
        return f"{package.name} {_exact(package)} is put in place of a damaged one"
    return f"{package.name} {version} becomes {_exact(package)}"


def _libraries(mends: tuple[str, ...], interpreter: Interpreter) -> Iterator[str]:
    """The packages whose native library is gone, as they are installed."""
    if "foundry-sdk" in mends:
        for name in without_library(interpreter):
            yield f"{name}=={installed.version(name, interpreter)}"


def _exact(package: Package) -> str:
    return str(package.version).removeprefix("==")


def _is_damaged(package: Package, interpreter: Interpreter) -> bool:
    version = installed.version(package.name, interpreter)
    return version == "" or (version is not None and not installed.has_module(package.module, interpreter))
