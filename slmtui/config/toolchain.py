"""The tool chain: which Python runs Olive and the runtimes.

The user's own choice (`[toolchain] python` in the settings) comes first, then the tool chain that slmtui has
made and proved (`environment/managed.py`), then the Python slmtui itself runs with.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from slmtui.config import settings
from slmtui.config.locations import data_dir

Kind: TypeAlias = Literal["own", "managed", "chosen"]
# Stands in a managed tool chain once it was proved; without it the folder is unfinished and not used.
MARKER = "toolchain.json"


@dataclass(frozen=True, slots=True)
class Toolchain:
    """An interpreter and why it is the one; `own` is slmtui's."""

    python: Path
    kind: Kind


def current() -> Toolchain:
    """The tool chain in use: a look at two or three files, nothing is run.

    A chosen interpreter is returned whether it is there or not: whoever starts it says so.
    """
    chosen = settings.load()[0].toolchain_python.strip()
    if chosen:
        return Toolchain(interpreter(chosen), "chosen")
    python = managed()
    return Toolchain(Path(sys.executable), "own") if python is None else Toolchain(python, "managed")


def interpreter(text: str) -> Path:
    """The interpreter the settings name: a path, or as in a shell a name that is looked up on PATH.

    A name that is not there stays one; the folder slmtui was started in has nothing to do with it.
    """
    path = Path(text).expanduser()
    if path.name != text:
        return path.absolute()
    found = shutil.which(text)
    return Path(found).absolute() if found else path


def managed_dir() -> Path:
    """The folder of the tool chains that slmtui makes, each in a folder of its own."""
    return data_dir() / "toolchain"


def managed() -> Path | None:
    """The interpreter of the newest tool chain that slmtui has made and proved; None if there is none."""
    try:
        markers = sorted(managed_dir().glob(f"*/{MARKER}"), reverse=True)
    except OSError:
        return None
    for marker in markers:
        python = venv_python(marker.parent)
        if _proved(marker) and python.exists():
            return python
    return None


def venv_python(folder: Path) -> Path:
    """The interpreter of the virtual environment in `folder`."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _proved(marker: Path) -> bool:
    try:
        return bool(json.loads(marker.read_text(encoding="utf-8"))["proved"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
