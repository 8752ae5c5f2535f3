"""The command that installs packages for an interpreter: its own pip, else uv, else slmtui's pip."""

from __future__ import annotations

import importlib.util
import shutil
import sys

from slmtui.environment.fix_plan import Step
from slmtui.environment.interpreter import Interpreter

_QUIET = ("--disable-pip-version-check", "--no-input")


def install(
    interpreter: Interpreter, title: str, *requirements: str, flags: tuple[str, ...] = ()
) -> tuple[Step, ...]:
    """The steps that install `requirements`; `flags` are those that pip and uv share."""
    python = str(interpreter.python)
    if interpreter.has_pip:
        return (Step(title, (python, "-m", "pip", "install", *_QUIET, *flags, *requirements)),)
    if uv := shutil.which("uv"):  # environments made by uv have no pip in them
        return (Step(title, (uv, "pip", "install", "--python", python, *flags, *requirements)),)
    if importlib.util.find_spec("pip") is not None:
        pip = (sys.executable, "-m", "pip", "--python", python, "install")
        return (Step(title, (*pip, *_QUIET, *flags, *requirements)),)
    return (
        Step("Give it pip", (python, "-m", "ensurepip")),
        Step(title, (python, "-m", "pip", "install", *_QUIET, *flags, *requirements)),
    )


def put_in_place(
    interpreter: Interpreter, title: str, *requirements: str, flags: tuple[str, ...] = ()
) -> tuple[Step, ...]:
    """The steps that install packages whatever is there of them, and leave all others alone."""
    uses_uv = not interpreter.has_pip and shutil.which("uv")
    anew = "--reinstall" if uses_uv else "--force-reinstall"
    return install(interpreter, title, *requirements, flags=(anew, "--no-deps", *flags))
