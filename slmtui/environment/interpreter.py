"""What a Python is and has, without importing anything of it: slmtui's own at once, another by asking it."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
import time
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from slmtui.config.toolchain import venv_python
from slmtui.environment.command import ask
from slmtui.events import Cancel, Failure

_SECONDS = 10.0
# Every row of the page wants to know it: one that hangs must not cost all of them its ten seconds.
_REFUSAL_HOLDS_SECONDS = 20.0
_FIX = 'Name another one in the settings ([toolchain] python), or "" to let slmtui choose.'
# Runs in any Python 3, so it is text. What lies in the working folder is no package of that Python.
_QUESTION = """\
import json, os, platform, sys, sysconfig
print(json.dumps({
    "version": list(sys.version_info[:3]), "prefix": sys.prefix, "base": sys.base_prefix,
    "stdlib": sysconfig.get_path("stdlib"), "site": sysconfig.get_path("purelib"),
    "paths": [path for path in sys.path if path],
    "implementation": platform.python_implementation(), "bits": 64 if sys.maxsize > 2**32 else 32,
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
}))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python: where it is, what it is, and whether its packages may be changed.

    `paths` is where it looks for packages; `externally_managed` means that the system's package manager
    owns them (PEP 668), `writable` that this user could write them.
    """

    python: Path
    version: tuple[int, int, int]
    implementation: str
    bits: int
    free_threaded: bool
    prefix: Path
    is_venv: bool
    externally_managed: bool
    writable: bool
    has_pip: bool
    paths: tuple[str, ...]

    @property
    def is_own(self) -> bool:
        """Whether slmtui itself runs with it."""
        return is_own(self.python)


def is_own(python: Path) -> bool:
    """Whether `python` is the one slmtui runs with (by name: a link may belong to another environment)."""
    return python == Path(sys.executable)


def examine(python: Path, cancel: Cancel | None = None) -> Interpreter:
    """Look at `python`; one that is not our own is run for a moment, once.

    Raises:
        Failure: it is not there, or does not answer as a Python does.
    """
    if is_own(python):
        return _interpreter(python, _own())
    try:
        if not python.is_absolute():
            raise Failure(f"There is no {python} on PATH.", _FIX)
        told = _answer(python, cancel)
    except OSError as error:
        raise Failure(f"The interpreter {python} cannot be used: {error.strerror or error}.", _FIX) from error
    return _interpreter(python, told)


def _marks(python: Path) -> tuple[int, ...]:
    """What changes when another Python is put at this place."""
    config = python.parent.parent / "pyvenv.cfg"
    return (python.stat().st_mtime_ns, config.stat().st_mtime_ns if config.exists() else 0)


# What each has said, with what told it apart then, and the age of its folder of packages.
_told: dict[Path, tuple[tuple[int, ...], int, dict[str, Any]]] = {}
# Why one was refused, what told it apart then, and when that was.
_refused: dict[Path, tuple[tuple[int, ...], float, str]] = {}


def _answer(python: Path, cancel: Cancel | None) -> dict[str, Any]:
    """What `python` says of itself; asked again when it, or what is installed in it, has changed."""
    if python.is_dir():  # the folder of an environment is what people have at hand
        raise Failure(f"{python} is a folder, not an interpreter.", _of_folder(python))
    marks = _marks(python)
    known = _told.get(python)
    if known is not None and known[:2] == (marks, _age(known[2])):
        return known[2]
    refused = _refused.get(python)
    if refused and refused[0] == marks and time.monotonic() - refused[1] < _REFUSAL_HOLDS_SECONDS:
        raise Failure(refused[2], _FIX)
    try:
        told = _asked(python, cancel)
    except Failure as failure:
        _refused[python] = (marks, time.monotonic(), failure.cause)
        raise
    _told[python] = (marks, _age(told), told)
    return told


def _of_folder(folder: Path) -> str:
    inside = next((one for one in (venv_python(folder), folder / "python") if one.is_file()), None)
    return f"Name the interpreter in it: {inside}" if inside else _FIX


def _age(told: dict[str, Any]) -> int:
    """When a package was last put there or taken away; one may bring a path file along."""
    try:
        return Path(told["site"]).stat().st_mtime_ns
    except OSError:
        return 0


def _asked(python: Path, cancel: Cancel | None) -> dict[str, Any]:
    # Without its user's own packages: the workers run without them, too.
    answer = ask(python, "-E", "-s", "-X", "utf8", "-c", _QUESTION, timeout=_SECONDS, cancel=cancel)
    if cancel is not None:
        cancel.check()
    try:
        told = json.loads(answer.stdout.strip().splitlines()[-1])
        if isinstance(told, dict) and told.keys() >= {"version", "prefix", "base", "stdlib", "site", "paths"}:
            return told
    except (ValueError, IndexError):
        pass
    said = answer.problem or next(iter(answer.stderr.splitlines()[-1:]), "it answers unlike a Python")
    raise Failure(f"{python} does not run as a Python: {said[:200]}", _FIX)


def _own() -> dict[str, Any]:
    import platform

    return {
        "version": list(sys.version_info[:3]),
        "prefix": sys.prefix,
        "base": sys.base_prefix,
        "stdlib": sysconfig.get_path("stdlib"),
        "site": sysconfig.get_path("purelib"),
        "paths": [path for path in sys.path if path],
        "implementation": platform.python_implementation(),
        "bits": 64 if sys.maxsize > 2**32 else 32,
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    }


def _interpreter(python: Path, told: dict[str, Any]) -> Interpreter:
    paths = tuple(str(path) for path in told["paths"])
    major, minor, micro = (int(part) for part in told["version"])
    is_venv = told["prefix"] != told["base"]
    return Interpreter(
        python=python,
        version=(major, minor, micro),
        implementation=str(told["implementation"]),
        bits=int(told["bits"]),
        free_threaded=bool(told["free_threaded"]),
        prefix=Path(told["prefix"]),
        is_venv=is_venv,
        externally_managed=not is_venv and Path(told["stdlib"], "EXTERNALLY-MANAGED").exists(),
        writable=os.access(told["site"], os.W_OK),
        has_pip=has_module("pip", paths),
        paths=paths,
    )


def has_module(module: str, paths: tuple[str, ...]) -> bool:
    """Whether the top-level `module` lies on `paths`; an empty folder left behind does not count."""
    PathFinder.invalidate_caches()  # a fix may have put it there a moment ago
    spec = PathFinder.find_spec(module, list(paths))
    return spec is not None and spec.origin is not None
