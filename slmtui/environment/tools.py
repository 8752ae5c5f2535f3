"""What building ONNX Runtime GenAI from source needs; where its wheel is installed, none of it is needed."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from pathlib import Path

from packaging.requirements import Requirement

from slmtui.config import toolchain
from slmtui.environment import installed
from slmtui.environment.check import Check
from slmtui.environment.command import ask
from slmtui.environment.packages import workers_interpreter
from slmtui.environment.version_set import version_set
from slmtui.events import Cancel

_ONLY_FOR = "to build from source"
_WHY = "Only needed to build ONNX Runtime GenAI from source."
_LINUX_INSTALLERS = {
    "apt-get": "sudo apt-get install",
    "dnf": "sudo dnf install",
    "pacman": "sudo pacman -S",
    "zypper": "sudo zypper install",
    "apk": "sudo apk add",
}
_VISUAL_STUDIO = "Microsoft.VisualStudio.Component.VC.Tools.x86.x64"


def cmake(cancel: Cancel) -> Check:
    """CMake as new as the build asks for: the one beside the interpreter, else the one on PATH."""
    requirement = next(one for one in map(Requirement, version_set().build.needs) if one.name == "cmake")
    needed = f"{', '.join(one.version for one in requirement.specifier)}, {_ONLY_FOR}"
    fix = installed.install_command(str(requirement), interpreter=workers_interpreter())
    # pip puts it beside the interpreter, which is not on PATH unless the environment is activated.
    beside = toolchain.current().python.parent
    paths = dict.fromkeys(path for path in (_which("cmake", beside), _which("cmake")) if path)
    found = "not installed"
    for path in paths:
        answer = ask(path, "--version", cancel=cancel)
        match = re.search(r"cmake version ((\d+(?:\.\d+)+)\S*)", answer.stdout)
        if match is None:
            found = f"{path} {answer.problem or 'does not tell its version'}"
        elif requirement.specifier.contains(match[2]):
            return Check("cmake", "CMake", "ok", match[1], needed, f"{_WHY} It is {path}.")
        else:
            found = match[1]
    return _unmet("cmake", "CMake", found, needed, fix)


def git(cancel: Cancel) -> Check:
    """Git, of any version."""
    fix = _system_install("git", windows="winget install Git.Git")
    path = _which("git")
    if path is None or not _apple_tools(path, cancel):
        return _unmet("git", "Git", "not installed", _ONLY_FOR, fix)
    answer = ask(path, "--version", cancel=cancel)
    match = re.search(r"git version (\S+)", answer.stdout)
    if match is None:
        problem = answer.problem or "does not tell its version"
        return _unmet("git", "Git", f"{path} {problem}", _ONLY_FOR, fix)
    return Check("git", "Git", "ok", match[1], _ONLY_FOR, f"{_WHY} It is {path}.")


def compiler(cancel: Cancel) -> Check:
    """A C++ compiler: Visual Studio's on Windows, else c++, g++ or clang++."""
    fix = _system_install(
        "g++",
        windows="winget install Microsoft.VisualStudio.2022.BuildTools "
        f'--override "--passive --add {_VISUAL_STUDIO}"',
    )
    found = _visual_studio(cancel) if sys.platform == "win32" else None
    if found is None:
        path = next((path for name in ("c++", "g++", "clang++", "cl") if (path := _which(name))), None)
        found = str(path) if path is not None and _apple_tools(path, cancel) else None
    if found is None:
        return _unmet("compiler", "C++ compiler", "none found", _ONLY_FOR, fix)
    return Check("compiler", "C++ compiler", "ok", found, _ONLY_FOR, _WHY)


def _unmet(check_id: str, title: str, found: str, needed: str, fix: str) -> Check:
    """Never a blocker: not needed while the wheel is there, else worth a warning."""
    if installed.version("onnxruntime-genai", workers_interpreter()) is not None:
        reason = "Only needed to build ONNX Runtime GenAI from source, and its wheel is installed."
        return Check(check_id, title, "skipped", found, needed, reason, fix)
    reason = "ONNX Runtime GenAI is not installed; installing its wheel is easier than building it."
    return Check(check_id, title, "warn", found, needed, reason, fix)


def _which(name: str, folder: Path | None = None) -> Path | None:
    found = shutil.which(name, path=None if folder is None else str(folder))
    return Path(found) if found else None


def _apple_tools(path: Path, cancel: Cancel) -> bool:
    """Whether `path` can be run: Apple's /usr/bin/git and c++ open a dialog where the tools are missing."""
    if sys.platform == "darwin" and path.parent == Path("/usr/bin"):
        return ask(Path("/usr/bin/xcode-select"), "--print-path", cancel=cancel).code == 0
    return True


def _visual_studio(cancel: Cancel) -> str | None:
    """Visual Studio with its C++ tools, found the way Microsoft says: by vswhere, at its fixed place."""
    programs = os.environ.get("ProgramFiles(x86)", r"C:\Program Files (x86)")  # noqa: SIM112
    vswhere = Path(programs, "Microsoft Visual Studio", "Installer", "vswhere.exe")
    if not vswhere.is_file():
        return None
    answer = ask(
        vswhere,
        *("-latest", "-products", "*", "-requires", _VISUAL_STUDIO, "-property", "displayName", "-utf8"),
        cancel=cancel,
    )
    return answer.stdout.strip() or None


def _system_install(package: str, *, windows: str) -> str:
    if os.name == "nt":
        return windows
    if platform.system() == "Darwin":
        return "xcode-select --install"
    known = (command for name, command in _LINUX_INSTALLERS.items() if shutil.which(name))
    return f"{next(known, 'Install it with the system’s package manager:')} {package}"
