"""The packages of the version set in the interpreter that runs Olive; what only screens need, in ours."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion

from slmtui.config import toolchain
from slmtui.environment import installed
from slmtui.environment import interpreter as interpreters
from slmtui.environment.check import Check, CheckStatus
from slmtui.environment.installed import install_command
from slmtui.environment.interpreter import Interpreter
from slmtui.environment.version_set import KnownBad, Package, version_set
from slmtui.events import Failure

_WORSE: dict[CheckStatus, int] = {"skipped": 0, "ok": 0, "warn": 1, "fail": 2}


def packages() -> Iterator[Check]:
    """One check for each package that matters by itself, one for the small ones together."""
    interpreter = workers_interpreter()
    small: list[Check] = []
    for package in version_set().packages:
        if interpreter is None and package.for_workers and package.role != "base":
            continue  # the check of the tool chain says why
        check = examine(package, interpreter)
        if package.role == "base":
            small.append(check)
        else:
            yield check
    bad = [check for check in small if check.status != "ok"]
    yield Check(
        "packages-base",
        "Small packages",
        max((check.status for check in small), key=_WORSE.__getitem__),
        "; ".join(f"{check.title} {check.found}" for check in bad) or f"{len(small)} as tested",
        "; ".join(f"{check.title} {check.needed}" for check in bad) or "as tested",
        "slmtui itself is built on them." if not bad else bad[0].reason,
        " && ".join(check.fix for check in bad if check.fix),
    )


def workers_interpreter() -> Interpreter | None:
    """The interpreter that runs Olive; None if it cannot be used."""
    try:
        return interpreters.examine(toolchain.current().python)
    except Failure:
        return None


def examine(package: Package, interpreter: Interpreter | None = None) -> Check:
    """One package: installed, missing, damaged, of another version, or known to end badly.

    What the workers need is looked for in `interpreter`, the rest in slmtui's own.
    """
    if not package.for_workers:
        interpreter = None
    version = installed.version(package.name, interpreter)
    needed = _words(package.version)
    install = partial(install_command, interpreter=interpreter)
    status: CheckStatus = "ok"
    found, reason, fix = version or "", package.reason, ""
    if version is None:
        status = "warn" if package.role == "gguf" else "fail"
        found, fix = "not installed", install(package.requirement)
    elif not installed.has_module(package.module, interpreter):
        status, found = "fail", f"{version or 'unknown version'}, but its files are gone"
        fix = install(package.requirement, repair=True)
    elif not version:
        status, found = "warn", "installed, with damaged metadata"
        reason = f"Its version cannot be told. {package.reason}"
        fix = install(package.requirement, repair=True)
    elif (bad := _known_bad(package.name, version, interpreter)) is not None:
        status, fix = "fail", install(package.requirement)
        beside = " and ".join(f"{name} {installed.version(name, interpreter)}" for name in bad.beside)
        reason = f"Beside {beside} it ends in “{bad.message}”: {bad.consequence}"
    elif not _within(version, package.version):
        status, fix = "warn", install(package.requirement)
        reason = f"slmtui was not tested with this version. {package.reason}"
    return Check(f"package-{package.name}", package.name, status, found, needed, reason, fix)


def package_requirements() -> Check:
    """Whether what the packages of the set declare to need is there, in the versions they ask for."""
    missing: list[str] = []
    mismatched: list[str] = []
    repairs: list[str] = []
    count = 0
    interpreter = workers_interpreter()
    if interpreter is None:
        reason = "The Python that runs Olive cannot be used; the row of the tool chain says why."
        return Check(
            "package-requirements",
            "Package requirements",
            "skipped",
            "not looked for",
            "what the packages declare",
            reason,
        )
    own = interpreter.is_own
    for package in version_set().packages:
        if not own and not package.for_workers:
            continue
        for text in installed.requirements(package.name, interpreter):
            try:
                requirement = Requirement(text)
            except InvalidRequirement:
                continue
            if requirement.marker is not None and not requirement.marker.evaluate(
                _marker_environment(interpreter)
            ):
                continue
            count += 1
            version = installed.version(requirement.name, interpreter)
            wanted = f"{package.name} needs {requirement.name}{requirement.specifier}"
            if version is None:
                missing.append(f"{wanted}, which is not installed")
            elif version and not _within(version, requirement.specifier):
                mismatched.append(f"{wanted}, not {version}")
            else:
                continue
            repairs.append(f"{requirement.name}{requirement.specifier}")
    faults = missing + mismatched
    return Check(
        "package-requirements",
        "Package requirements",
        "fail" if missing else "warn" if mismatched else "ok",
        "; ".join(faults) if faults else f"all {count} there",
        "what the packages declare",
        "A package without what it needs fails when it is first used.",
        install_command(*sorted(set(repairs)), interpreter=interpreter) if repairs else "",
    )


def _marker_environment(interpreter: Interpreter | None) -> dict[str, str]:
    """What environment markers are evaluated with: this system, and that interpreter's version."""
    if interpreter is None or interpreter.is_own:
        return {"extra": ""}
    major, minor, micro = interpreter.version
    return {
        "extra": "",
        "python_version": f"{major}.{minor}",
        "python_full_version": f"{major}.{minor}.{micro}",
    }


def _known_bad(name: str, version: str, interpreter: Interpreter | None) -> KnownBad | None:
    for bad in version_set().known_bad:
        if bad.package != name or not _within(version, bad.versions):
            continue
        others = {other: installed.version(other, interpreter) for other in bad.beside}
        if all(found and _within(found, bad.beside[other]) for other, found in others.items()):
            return bad
    return None


def _within(version: str, versions: SpecifierSet) -> bool:
    try:
        return versions.contains(version, prereleases=True)
    except InvalidVersion:
        return False


def _words(versions: SpecifierSet) -> str:
    """A specifier for people: 0.13.0, 2.6 or newer, 2.6 to below 2.14."""
    by_operator = {specifier.operator: specifier.version for specifier in versions}
    if "==" in by_operator:
        return by_operator["=="]
    low, high = by_operator.get(">="), by_operator.get("<")
    if low and high:
        return f"{low} to below {high}"
    return f"{low} or newer" if low else str(versions)
