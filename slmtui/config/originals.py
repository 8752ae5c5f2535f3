"""A file replaced with its original kept beside it, and put back byte for byte.

Beside `name` lies `name.original`, or `name.absent` (empty) where there was no such file. It is written
before the file is touched, so that a kill at any moment leaves the old file, or the new one with the way
back; and never a second time, so that the way back always leads to the very first. The hidden
`.name.written` holds the digests of what was written, so that an edit made since is not undone unseen.
"""

from __future__ import annotations

import hashlib
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


def is_kept(path: Path) -> bool:
    """Whether `path` is itself an original, or the mark of an absent one: no part of the model."""
    return path.suffix in (_ORIGINAL, _ABSENT) and _written(path.with_suffix("")).exists()


def content_of(path: Path) -> bytes | None:
    """What is in `path`; None if there is no such file.

    Raises:
        Failure: it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Failure(
            f"{path} cannot be read: {error.strerror or error}.", "Give yourself access to it."
        ) from error


def replace(path: Path, text: str, seen: bytes | None) -> None:
    """Write `text` to `path`, its original kept.

    `seen` is what was there when it was decided (None: no file).

    Raises:
        Failure: the folder cannot be read or written, or there is something else by now.
    """
    content = content_of(path)
    if content != seen:
        raise changed(path)
    if not kept(path):
        if content is None:
            write_bytes_atomic(_absent(path), b"")
        else:
            write_bytes_atomic(original_of(path), content)
    new = text.encode("utf-8")
    write_bytes_atomic(_written(path), (content_of(_written(path)) or b"") + _line(new))
    write_bytes_atomic(path, new)


def check(path: Path) -> None:
    """Make sure that `restore` throws nothing away that only `path` holds.

    Raises:
        Failure: the file was changed since it was replaced.
    """
    content, ours = content_of(path), content_of(_written(path))
    if not kept(path) or content is None or ours is None or content == content_of(original_of(path)):
        return
    if _line(content).strip() not in ours.split():
        raise Failure(
            f"{path} was changed after slmtui wrote it; undoing would throw that away.",
            f"Keep what you need of it elsewhere, delete it, and undo again: {_origin(path)}.",
        )


def restore(path: Path) -> bool:
    """Put the original back; False if there is none.

    Raises:
        Failure: the folder cannot be written, or the file was changed since it was replaced.
    """
    if not kept(path):
        return False
    check(path)
    original = original_of(path)
    try:
        if original.exists():
            original.replace(path)
        else:
            path.unlink(missing_ok=True)
            _absent(path).unlink()
        _written(path).unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error
    return True


def changed(path: Path) -> Failure:
    """The failure for a file that another program has written in the meantime."""
    return Failure(
        f"{path} was not written: another program has changed it in the meantime.",
        "Look at the difference again, and decide then.",
    )


def _origin(path: Path) -> str:
    original = original_of(path)
    return f"the original is in {original.name}" if original.exists() else "there was no such file before"


def _line(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode("ascii") + b"\n"


def _absent(path: Path) -> Path:
    return path.with_name(path.name + _ABSENT)


def _written(path: Path) -> Path:
    return path.with_name(f".{path.name}.written")
