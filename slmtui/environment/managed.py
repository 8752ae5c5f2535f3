"""The managed tool chain: a virtual environment of slmtui's own with exactly the tested version set.

It lies in a folder of its own below `toolchain.managed_dir()` and counts only once it was proved: its marker
file is written last. While a new one is made the old stays in use; it is removed when the new one is proved.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TypeAlias

import psutil

from slmtui import __version__
from slmtui.config import locations
from slmtui.config.files import unwritable, write_atomic
from slmtui.config.toolchain import MARKER, Toolchain, managed_dir, venv_python
from slmtui.environment import installed
from slmtui.environment.command import ask
from slmtui.environment.fix_plan import Step
from slmtui.environment.fix_progress import StepProgress
from slmtui.environment.installer import install
from slmtui.environment.interpreter import Interpreter, examine
from slmtui.environment.step_run import run_step
from slmtui.environment.version_set import Package, version_set
from slmtui.events import Cancel, Failure, LogLine, Progress, Service
from slmtui.units import size

# Converts something with the interpreter and looks at the result; raises if it is no good.
Prove: TypeAlias = Callable[[Path, Cancel], Service[None]]
# On Linux x64 with the CPU build of PyTorch it takes 1.7 GB, and what pip unpacks beside it.
NEEDED_BYTES = 4_000_000_000
_STEPS = 3
_FILES_A_STEP = 500


def build(cancel: Cancel, prove: Prove) -> Service[Toolchain]:
    """Make the managed tool chain anew, install the tested set and prove it.

    Yields `Progress` and what pip prints as `LogLine`s.

    Raises:
        Failure: a step failed; the unfinished folder is gone, and one that was proved before is in use still.
        Cancelled: the same.
    """
    log = locations.log_dir() / "toolchain.log"
    folder = managed_dir() / datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    try:
        managed_dir().mkdir(parents=True, exist_ok=True)
        _refuse_without_room()
        log.parent.mkdir(parents=True, exist_ok=True)
        with (
            log.open("w", encoding="utf-8", errors="replace") as file,
            # On the disk that was asked for room; the system's own folder may be a small one in memory.
            tempfile.TemporaryDirectory(
                prefix="unpacking-", dir=managed_dir(), ignore_cleanup_errors=True
            ) as temporary,
            _gone_unless_proved(folder),
        ):
            python = yield from _make(folder, cancel, file, Path(temporary))
            yield Progress("prove", "Proving it: converting a two-layer model", 2 / _STEPS)
            yield from _within(prove(python, cancel))
            _mark(folder, python)
    except OSError as error:
        raise unwritable(Path(error.filename or folder), error) from error
    _remove_others(folder)
    yield Progress("prove", "Proved", 1.0, 0.0)
    return Toolchain(python, "managed")


def remove() -> Service[tuple[Path, ...]]:
    """Remove every managed tool chain; returns the folders that were there. It cannot be stopped half-way.

    Yields `Progress`: it is more than a gigabyte in tens of thousands of files.

    Raises:
        Failure: one cannot be removed, because a program still uses it.
    """
    folders = _folders()
    for folder in folders:
        if user := _user(folder):
            raise Failure(
                f"{folder} is in use by {user}: it converts, it answers, or it is being built.",
                "Wait until that is done or cancel it, then try again.",
            )
        try:
            # Without its marker it is not used any more, even if its files cannot be removed now.
            (folder / MARKER).unlink(missing_ok=True)
            yield from _delete(folder)
        except OSError as error:
            raise Failure(
                f"{folder} cannot be removed: {error.strerror or error}. It is not used any more.",
                "End the programs that run with it, then try again.",
            ) from error
    return folders


def _delete(folder: Path) -> Service[None]:
    yield Progress("remove", f"Looking at {folder}")
    files = [path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()]
    text = f"Deleting {size(sum(path.lstat().st_size for path in files))} in {folder}"
    for number, file in enumerate(files):
        if number % _FILES_A_STEP == 0:
            yield Progress("remove", text, number / len(files))
        file.unlink()
    shutil.rmtree(folder)
    yield Progress("remove", text, 1.0, 0.0)


def set_packages() -> tuple[Package, ...]:
    """The packages of the set that workers need: the screens and what draws them stay with slmtui."""
    return tuple(package for package in version_set().packages if package.for_workers)


def _make(folder: Path, cancel: Cancel, log: IO[str], temporary: Path) -> Service[Path]:
    python = _base_python(cancel)
    create = Step("Create the virtual environment", _create_command(python, folder))
    yield from _run(create, 0, cancel, log, temporary)
    made = venv_python(folder)
    requirements = [package.requirement for package in set_packages()]
    # What is imported is compiled then; the rest, most of 1.7 GB, need not be.
    title, flags = "Install the tested version set", ("--no-compile",)
    for step in install(examine(made), title, *requirements, flags=flags):
        yield from _run(step, 1, cancel, log, temporary)
    return made


def _run(step: Step, number: int, cancel: Cancel, log: IO[str], temporary: Path) -> Service[None]:
    progress = StepProgress(step, number, _STEPS)
    yield progress.begun()
    yield LogLine(f"$ {step.line}")
    yield from run_step(step, progress, cancel, log, temporary)
    yield progress.done()


def _within(proof: Service[None]) -> Service[None]:
    """The proof's events, its progress as the last third of the whole."""
    for event in proof:
        if isinstance(event, Progress):
            yield Progress("prove", f"Proving it: {event.text}", (2 + (event.fraction or 0.0)) / _STEPS)
        else:
            yield event


def _base_python(cancel: Cancel) -> Path:
    """The Python to make it from: the one under slmtui's own, else one of the range on PATH.

    Raises:
        Failure: none has wheels for the set.
    """
    wanted = version_set().python
    for python in _candidates():
        with contextlib.suppress(Failure):
            found = examine(python, cancel)
            if wanted.minimum <= found.version[:2] < wanted.below and _can_run_the_set(found):
                return python
    raise Failure(
        f"There is no Python {wanted.text} here that the version set has wheels for.",
        f"Install Python {wanted.best} (64-bit, from python.org or your system), then try again.",
    )


def _candidates() -> Iterator[Path]:
    yield Path(getattr(sys, "_base_executable", "") or sys.executable)
    yield Path(sys.executable)
    wanted = version_set().python
    for minor in range(wanted.below[1] - 1, wanted.minimum[1] - 1, -1):
        if found := shutil.which(f"python3.{minor}"):
            yield Path(found)
        # On Windows several Pythons share a name, and a launcher tells them apart.
        if launcher := shutil.which("py") if sys.platform == "win32" else None:
            answer = ask(Path(launcher), f"-3.{minor}", "-c", "import sys; print(sys.executable)")
            if answer.code == 0 and answer.stdout.strip():
                yield Path(answer.stdout.strip())


def _can_run_the_set(python: Interpreter) -> bool:
    return python.implementation == "CPython" and python.bits == 64 and not python.free_threaded


def _create_command(python: Path, folder: Path) -> tuple[str, ...]:
    """Python's own `venv`; where the system has taken `ensurepip` out of it (Debian), uv.

    Raises:
        Failure: neither is there.
    """
    if installed.has_module("ensurepip", examine(python)):
        return (str(python), "-m", "venv", str(folder))
    if uv := shutil.which("uv"):
        return (uv, "venv", "--python", str(python), str(folder))
    major, minor = examine(python).version[:2]
    raise Failure(
        f"{python} cannot make virtual environments: it has no ensurepip.",
        f"Install it: `sudo apt-get install python{major}.{minor}-venv`; then try again.",
    )


def _refuse_without_room() -> None:
    free = shutil.disk_usage(managed_dir()).free
    if free < NEEDED_BYTES:
        raise Failure(
            f"The disk of {managed_dir()} has too little room: the tool chain needs about"
            f" {size(NEEDED_BYTES)}, {size(free)} are free.",
            "Free some room, or move slmtui's files with SLMTUI_HOME; then try again.",
        )


@contextlib.contextmanager
def _gone_unless_proved(folder: Path) -> Iterator[None]:
    try:
        yield
    finally:
        if not (folder / MARKER).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _mark(folder: Path, python: Path) -> None:
    interpreter = examine(python)
    versions = {package.name: installed.version(package.name, interpreter) for package in set_packages()}
    marker = {
        "proved": datetime.now(UTC).isoformat(timespec="seconds"),
        "slmtui": __version__,
        "python": ".".join(map(str, interpreter.version)),
        "packages": versions,
    }
    write_atomic(folder / MARKER, json.dumps(marker, indent=2) + "\n")


def _remove_others(folder: Path) -> None:
    """Also what a killed slmtui left unfinished. What a program still uses stays until the next time."""
    for other in _folders():
        if other != folder and not _user(other):
            (other / MARKER).unlink(missing_ok=True)
            shutil.rmtree(other, ignore_errors=True)


def _folders() -> tuple[Path, ...]:
    return tuple(sorted(folder for folder in managed_dir().glob("*") if folder.is_dir()))


def _user(folder: Path) -> str:
    """A program that was started with something in `folder`: a worker imports from it as it goes on."""
    inside = f"{folder}{os.sep}"
    for process in psutil.process_iter():
        # Gone already, or another user's.
        with contextlib.suppress(psutil.Error, OSError):
            if any(word == str(folder) or word.startswith(inside) for word in process.cmdline()):
                return f"process {process.pid} ({process.name()})"
    return ""
