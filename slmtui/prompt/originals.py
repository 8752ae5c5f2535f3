"""A file replaced with its original kept beside it, and put back byte for byte.

Beside `name` lies `name.original`, or `name.absent` (empty) where there was no such file. It is written
before the file is touched, so that a kill at any moment leaves the old file, or the new one with the way
back; and never a second time, so that the way back always leads to the very first.
"""

from __future__ import annotations

from pathlib import Path

from slmtui.config.files import unwritable, write_bytes_atomic
from slmtui.events import Failure

_ORIGINAL = ".original"
_ABSENT = ".absent"


def original_of(path: Path) -> Path:
    """Where the original of `path` is kept."""
    return path.with_name(path.name + _ORIGINAL)


def kept(path: Path) -> bool:
    """Whether there is a way back."""
    return original_of(path).exists() or _absent(path).exists()


def replace(path: Path, text: str) -> None:
    """Write `text` to `path`, its original kept.

    Raises:
        Failure: the folder cannot be read or written.
    """
    if not kept(path):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            write_bytes_atomic(_absent(path), b"")
        except OSError as error:
            raise Failure(
                f"{path} cannot be read: {error.strerror or error}.", "Give yourself access to it."
            ) from error
        else:
            write_bytes_atomic(original_of(path), content)
    write_bytes_atomic(path, text.encode("utf-8"))


def restore(path: Path) -> bool:
    """Put the original back; False if there is none.

    Raises:
        Failure: the folder cannot be written.
    """
    original = original_of(path)
    try:
        if original.exists():
            original.replace(path)
            return True
        if _absent(path).exists():
            path.unlink(missing_ok=True)
            _absent(path).unlink()
            return True
    except OSError as error:
        raise unwritable(path, error) from error
    return False


def _absent(path: Path) -> Path:
    return path.with_name(path.name + _ABSENT)
