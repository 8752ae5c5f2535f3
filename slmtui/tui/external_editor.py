"""The user's own editor, on a text that is not a file yet."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from slmtui.events import Failure

_UNIX = ("nano", "vim", "vi", "emacs")


def editor_command() -> list[str]:
    """What `$VISUAL` or `$EDITOR` says, else an editor that is there.

    Raises:
        Failure: there is none.
    """
    wanted = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    # A path with backslashes is no shell line; on Windows quotes alone have a meaning.
    command = [part.strip('"') for part in shlex.split(wanted, posix=sys.platform != "win32")]
    if command:
        if shutil.which(command[0]) is None:
            raise Failure(
                f"The editor {command[0]} is not there.", "Set the variable EDITOR to one that is installed."
            )
        return command
    usual = ("notepad.exe",) if sys.platform == "win32" else _UNIX
    found = next((name for name in usual if shutil.which(name)), None)
    if found is None:
        raise Failure("There is no editor here.", "Set the variable EDITOR to the one you use.")
    return [found]


def edit(text: str, name: str = "olive.json") -> str:
    """`text` as it is when the editor was closed; the terminal is the editor's meanwhile.

    Raises:
        Failure: there is no editor, it cannot be started, or it ended with an error.
    """
    with tempfile.TemporaryDirectory(prefix="slmtui-") as folder:
        file = Path(folder) / name
        file.write_text(text, encoding="utf-8")
        edit_file(file)
        try:
            return file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise Failure("What the editor wrote is no UTF-8 text.", "Save it as UTF-8.") from error


def edit_file(file: Path) -> None:
    """Open a file in the editor, until that is closed.

    Raises:
        Failure: there is no editor, it cannot be started, or it ended with an error.
    """
    command = editor_command()
    try:
        code = subprocess.run([*command, str(file)], check=False).returncode
    except OSError as error:
        raise Failure(
            f"{command[0]} cannot be started: {error.strerror or error}.",
            "Set the variable EDITOR to the one you use.",
        ) from error
    if code != 0:
        raise Failure(f"{command[0]} ended with code {code}; the text stays as it was.")
