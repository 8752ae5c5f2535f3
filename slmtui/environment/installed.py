"""What is installed for an interpreter, read from metadata alone: nothing is imported."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib import metadata

from slmtui.environment import interpreter as interpreters
from slmtui.environment.interpreter import Interpreter

TOOLCHAIN = "slmtui toolchain build"


def version(name: str, interpreter: Interpreter | None = None) -> str | None:
    """The installed version of a package; None if it is not installed, empty if its metadata is damaged.

    Without an `interpreter`, slmtui's own is meant; so it is in the functions below.
    """
    headers = _headers(name, interpreter)
    if headers is None:
        return None
    match = re.search(r"^Version:[ \t]*(\S+)", headers, re.MULTILINE)
    return match[1] if match else ""


def requirements(name: str, interpreter: Interpreter | None = None) -> list[str]:
    """What a package declares to need, extras aside; nothing if it is not installed or damaged."""
    declared: list[str] = re.findall(
        r"^Requires-Dist:[ \t]*(\S.*)", _headers(name, interpreter) or "", re.MULTILINE
    )
    return [text.strip() for text in declared if not re.search(r";.*\bextra\b", text)]


def _headers(name: str, interpreter: Interpreter | None) -> str | None:
    """The headers of a package's metadata, read as text: the library's own parser takes ten times as long.

    The core metadata specification: `Name: value` lines, then an empty line and the description.
    """
    try:
        distribution = _distribution(name, interpreter)
        text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    except metadata.PackageNotFoundError:
        return None
    except (OSError, ValueError):
        return ""
    return text.partition("\n\n")[0]


def _distribution(name: str, interpreter: Interpreter | None) -> metadata.Distribution:
    if interpreter is None or interpreter.is_own:
        return metadata.distribution(name)
    for distribution in metadata.distributions(name=name, path=list(interpreter.paths)):
        return distribution
    raise metadata.PackageNotFoundError(name)


def has_module(module: str, interpreter: Interpreter | None = None) -> bool:
    """Whether the top-level `module` can be found; an empty folder left behind does not count."""
    if interpreter is not None and not interpreter.is_own:
        return interpreters.has_module(module, interpreter.paths)
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return module in sys.modules
    return spec is not None and spec.origin is not None


def install_command(*requirements: str, repair: bool = False, interpreter: Interpreter | None = None) -> str:
    """The command line that installs `requirements`; `repair` replaces what is there.

    Where the packages belong to the system it is the one that leaves them alone.
    """
    if interpreter is not None and interpreter.externally_managed:
        return TOOLCHAIN  # its pip refuses (PEP 668), and with reason
    python = sys.executable if interpreter is None else str(interpreter.python)
    has_pip = has_module("pip", interpreter)
    if not has_pip and shutil.which("uv"):  # environments made by uv have no pip in them
        flags = ["--reinstall", "--no-deps"] if repair else []
        return command_line("uv", "pip", "install", "--python", python, *flags, *requirements)
    flags = ["--force-reinstall", "--no-deps"] if repair else []
    install = command_line(python, "-m", "pip", "install", *flags, *requirements)
    return install if has_pip else f"{command_line(python, '-m', 'ensurepip')} && {install}"


def command_line(*words: str) -> str:
    """`words` as one line that can be pasted into this system's shell."""
    if os.name != "nt":
        return shlex.join(words)
    # cmd takes < and > of a version for redirections unless they are quoted.
    quoted = [f'"{word}"' if set(word) & set("<>|&^,") else subprocess.list2cmdline([word]) for word in words]
    return " ".join(quoted)
