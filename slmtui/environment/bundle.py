"""The support bundle: what somebody who helps wants to see, with nothing in it that is nobody's business.

A .zip with versions.json, checks.json, settings.toml and the ends of the last logs. Everything in it goes
through `private.Cleaner`, the names of the files as well.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import platform
import sys
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import slmtui
from slmtui.config import locations, toolchain
from slmtui.config.files import write_bytes_atomic
from slmtui.environment import installed
from slmtui.environment.check import Check
from slmtui.environment.packages import workers_interpreter
from slmtui.environment.private import Cleaner
from slmtui.environment.private_words import is_secret
from slmtui.environment.version_set import version_set
from slmtui.events import Failure, jsonable

MOST_LOGS = 12
MOST_BYTES = 256 * 1024  # of each log, its end
# They change what Python, pip, the hub and the terminal do.
_VARIABLES = ("SLMTUI_", "HF_", "PIP_", "UV_", "PYTHON", "LANG", "LC_", "TERM", "COLORTERM", "NO_COLOR")
_READ_ME = """\
A support bundle of slmtui, for whoever helps you.

versions.json  this system, its Python, the packages
checks.json    what `slmtui doctor` found
settings.toml  your settings
logs/          the ends of the last logs

User names, home folders, the machine's name, mail addresses, keys and tokens were taken out; <user>, ~,
<host>, <secret> and the like stand in their place. Logs may hold what models said and were asked: look into
them before you give this file away.
"""


def write(path: Path, checks: Sequence[Check]) -> None:
    """Write the bundle to `path`, whole or not at all; an earlier one there is replaced.

    Raises:
        Failure: it cannot be written there, or something else lies there.
    """
    if path.is_dir():
        raise Failure(f"{path} is a folder.", f"Name a file in it: {path / 'slmtui-report.zip'}")
    if path.is_file() and path.stat().st_size and not zipfile.is_zipfile(path):
        raise Failure(
            f"{path} is there already, and no support bundle: it is not replaced.", "Give another name."
        )
    clean = Cleaner()
    packed = io.BytesIO()
    now = datetime.now().timetuple()[:6]
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _contents(clean, checks):
            entry = zipfile.ZipInfo(name, now)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text.encode("utf-8", "replace"))
    write_bytes_atomic(path, packed.getvalue())


def _contents(clean: Cleaner, checks: Sequence[Check]) -> Iterator[tuple[str, str]]:
    """Names and texts of the files in the bundle."""
    yield "README.txt", _READ_ME
    yield "versions.json", _json(clean.value(versions()))
    yield "checks.json", _json(clean.value(jsonable(list(checks))))
    yield "settings.toml", clean.text(_end_of(locations.settings_file()))
    taken: set[str] = set()
    for log in _last_logs():
        name = clean.text(log.name)
        while name in taken:
            name = f"{name}.again"
        taken.add(name)
        yield f"logs/{name}", clean.text(_end_of(log))


def versions() -> dict[str, Any]:
    """slmtui, the system, Python and the packages of the set, as far as they are installed."""
    return {
        "slmtui": slmtui.__version__,
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "interpreter": sys.executable,
        "tool chain": str(toolchain.current().python),
        "packages": {
            package.name: {
                "installed": installed.version(package.name, where),
                "tested": str(package.version),
            }
            for package in version_set().packages
            for where in (workers_interpreter() if package.for_workers else None,)
        },
        "variables": {
            name: "<secret>" if is_secret(name) else value
            for name, value in sorted(os.environ.items())
            if name.startswith(_VARIABLES)
        },
    }


def _last_logs() -> list[Path]:
    """The logs written last, the newest first."""
    found = []
    for path in locations.log_dir().rglob("*"):
        try:
            if path.is_file() and not path.is_symlink():
                found.append((path.stat().st_mtime, path))
        except OSError:
            continue  # it was just removed
    return [path for _, path in sorted(found, reverse=True)[:MOST_LOGS]]


def _end_of(path: Path) -> str:
    """The end of a text file, from the beginning of a line: half a secret would not be known for one."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
            size = file.seek(0, os.SEEK_END)
            cut = size > MOST_BYTES
            file.seek(size - MOST_BYTES if cut else 0)
            content = file.read()
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"It cannot be read: {error.strerror}.\n"
    encoding = "utf-8"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # PowerShell's redirections
        encoding = "utf-16-le" if start.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    text = content.decode(encoding, "replace").lstrip("\ufeff")
    return f"… (the end of {size:,} bytes)\n{text.partition(chr(10))[2]}" if cut else text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
