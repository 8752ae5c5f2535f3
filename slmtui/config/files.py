"""Writing files so that a crash leaves the old one or the new one, never half of it."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG

from slmtui.events import Failure


def _beside(path: Path, purpose: str) -> Path:
    """A free, hidden name next to `path`; tempfile's own would carry tighter permissions along."""
    return path.with_name(f".{path.name[:80]}.{purpose}-{os.getpid()}-{uuid.uuid4().hex[:8]}")


def write_atomic(path: Path, text: str) -> None:
    """Write `text` as UTF-8 with `\\n` line ends, whole or not at all.

    Raises:
        Failure: the folder cannot be written, or the disk is full.
    """
    write_bytes_atomic(path, text.encode("utf-8"))


def write_bytes_atomic(path: Path, content: bytes) -> None:
    """Write `content` whole or not at all.

    Raises:
        Failure: the folder cannot be written, or the disk is full.
    """
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            # Whoever may would put a file in the place of a device: root has replaced /dev/null like that.
            raise OSError(errno.EINVAL, "It is a device, not a file")
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _beside(path, "writing")
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> Failure:
    """The failure that says why `path` could not be written, in a person's words."""
    reason = error.strerror or str(error)
    return Failure(
        f"{path} cannot be written: {reason}.",
        "Choose a folder you may write to, or free some room on its disk.",
    )


@contextmanager
def building(destination: Path) -> Iterator[Path]:
    """A folder beside `destination` to build in; it is removed unless it was moved into place.

    The caller ends with `put_in_place`; whatever is left of the folder afterwards is deleted, and so are
    the folders above `destination` that had to be made for it, if nothing came to lie in them.
    """
    absent = [folder for folder in destination.parents if not folder.exists()]
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(destination)
        staging = _beside(destination, "building")
        staging.mkdir()
    except OSError as error:
        raise unwritable(destination, error) from error
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        with contextlib.suppress(OSError):
            for folder in absent:
                folder.rmdir()


def _remove_leftovers(destination: Path) -> None:
    """Delete what a process that was killed left beside `destination`; gigabytes, for a conversion."""
    import psutil  # every start reads files; only who builds folders pays for this

    ours = re.compile(rf"\.{re.escape(destination.name[:80])}\.building-(\d+)-[0-9a-f]{{8}}")
    with contextlib.suppress(OSError):  # a folder that may be written but not listed
        for path in destination.parent.iterdir():
            found = ours.fullmatch(path.name)
            if found and not psutil.pid_exists(int(found[1])):
                shutil.rmtree(path, ignore_errors=True)


def put_in_place(built: Path, destination: Path) -> None:
    """Rename the folder `built` to `destination`; an existing one is replaced only once that worked.

    Raises:
        Failure: the rename was refused; the old folder is back where it was.
    """
    old: Path | None = None
    try:
        if destination.exists():
            old = _beside(destination, "old")
            destination.rename(old)
        try:
            built.rename(destination)
        except OSError:
            if old is not None:
                old.rename(destination)
            raise
    except OSError as error:
        raise unwritable(destination, error) from error
    if old is not None:
        shutil.rmtree(old, ignore_errors=True)


def read_bytes(path: Path, most: int) -> bytes:
    """What is in a file, or the first `most` + 1 bytes of it: a device may go on for ever.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return file.read(most + 1)


def typed_path(text: str) -> Path:
    """The absolute path that a user has typed; `~` is the home folder, and quotes around it are taken off.

    Raises:
        Failure: it is none.
    """
    typed = text.strip()
    if len(typed) > 1 and typed[0] == typed[-1] and typed[0] in "'\"":  # as file managers copy paths
        typed = typed[1:-1]
    try:
        return Path(typed).expanduser().absolute()
    except RuntimeError as error:  # ~somebody, who is not there
        raise Failure(f"{typed[:200]!r} cannot be a path: {error}", "Check what you typed.") from error


def files_below(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Each regular file below `folder`, through links to files, and what the disk says of it.

    What is deleted or renamed in the meantime is passed over: others work in the same folders.
    """
    for parent, _, names in os.walk(folder):  # unlike rglob, it does not mind a folder that is gone
        for name in names:
            path = Path(parent, name)
            with contextlib.suppress(OSError):
                if S_ISREG((found := path.stat()).st_mode):
                    yield path, found


def folder_bytes(folder: Path) -> int:
    """Bytes of all regular files below `folder`."""
    return sum(found.st_size for _, found in files_below(folder))


def remove(path: Path) -> None:
    """Delete a file; one that is gone already is no error.

    Raises:
        Failure: it cannot be deleted.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error
