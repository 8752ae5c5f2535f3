"""Moving a model into a cache folder and out of it, so that always the old state or the new one stands.

A model is built in a hidden folder beside its place, with the `download.tmp` in it by which every scanner
knows that it is not finished; then it is renamed into place. What it replaces is renamed away first, and
deleted last. A process that is killed in between leaves traces that `repair.py` clears up; the ledger tells
it which.
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from slmtui.config.files import building, unwritable
from slmtui.events import Cancelled, Failure
from slmtui.foundry import index_before, ledger, partial
from slmtui.foundry.index import INDEX, INDEX_LOCK, registrations
from slmtui.foundry.ledger import Entry
from slmtui.foundry.locks import Busy, holding
from slmtui.foundry.scanner import UNFINISHED

# What our own `download.tmp` says, by which it is told from that of a real download.
_OURS = b"slmtui\n"
# On Windows a virus scanner that still looks at fresh files makes a rename fail for a moment.
_RENAME_ATTEMPTS = 10 if os.name == "nt" else 1
# Whoever only looks at what is deployed repairs it first, and holds each place for a moment in which a user
# may want to change it; so may another look, of this slmtui or of another.
_LOOK_SECONDS = 2.0


@contextmanager
def working_on(target: Path, wait_seconds: float = _LOOK_SECONDS) -> Iterator[None]:
    """Nobody else deploys to, undeploys or repairs `target` inside this block.

    Raises:
        Failure: another slmtui is at it right now, and still is after `wait_seconds`.
    """
    try:
        with holding(f"target {os.path.normcase(target)}", wait_seconds):
            yield
    except Busy as error:
        raise Failure(
            f"Another slmtui is working on {target} right now.", "Wait until it is done, then try again."
        ) from error


@contextmanager
def staging(entry: Entry) -> Iterator[Path]:
    """A folder to build the model of `entry` in; unless it was moved into place, nothing is left of it.

    What an interrupted copy has left is taken up; one that is interrupted here is kept, if it is worth it.

    Raises:
        Failure: the cache folder cannot be written.
    """
    _announce(entry)
    try:
        with building(entry.path) as folder:
            partial.take_up(entry.path, folder)
            mark_unfinished(folder)
            try:
                yield folder
            except (Cancelled, Failure, GeneratorExit):
                partial.keep(entry, folder)
                raise
    except BaseException:
        ledger.strike(entry.path, "placing")
        remove_made(entry.cache_dir)
        raise


@contextmanager
def registering(entry: Entry) -> Iterator[None]:
    """The block registers the model of `entry` where it is; what slmtui made for it goes if it fails."""
    _announce(entry)
    try:
        yield
    except BaseException:
        ledger.strike(entry.path, "placing")
        remove_made(entry.cache_dir)
        raise


def _announce(entry: Entry) -> None:
    """Write down what will be made, before it is."""
    custom = entry.path.parent
    folders = [] if entry.method == "register" else [custom]
    wanted = [*reversed([*folders, *custom.parents]), entry.cache_dir / INDEX, entry.cache_dir / INDEX_LOCK]
    already = ledger.read().made_in(entry.cache_dir)
    index_before.keep(entry.cache_dir)
    ledger.enter(replace(entry, state="placing"))
    ledger.note_made(entry.cache_dir, [*already, *(p for p in wanted if p not in already and not p.exists())])


@contextmanager
def in_place(staged: Path | None, entry: Entry, *, replaces: bool) -> Iterator[None]:
    """Rename `staged` to the place of `entry`; if the block fails, both are renamed back.

    Once the block has ended, the model is deployed, and what it replaced is deleted. Without `staged` nothing
    takes the place: the model is only registered.

    Raises:
        Failure: there is something already that was not to be replaced, or a rename was refused, for
            instance because a program holds the old model's files open.
    """
    if entry.path.exists() and not replaces:
        raise Failure(f"{entry.path} has appeared meanwhile.", "Take another name, or undeploy that model.")
    old = put_aside(entry.path, "old") if entry.path.exists() else None
    try:
        if staged is not None:
            move(staged, entry.path)
        try:
            yield
            ledger.settle(entry.path, replace(entry, state="deployed"))
        except BaseException:
            if staged is not None:
                move(entry.path, staged)
            raise
    except BaseException:
        if old is not None:
            move(old, entry.path)
        raise
    if old is not None:
        with suppress(Failure):
            mark_unfinished(old)  # first, so that no scanner meets two of one name
    if staged is not None:
        mark_finished(entry.path)
    if old is not None:
        shutil.rmtree(old, ignore_errors=True)


def put_aside(folder: Path, purpose: str) -> Path:
    """Rename `folder` to a hidden name beside it, and return that."""
    aside = folder.with_name(f".{folder.name}.{purpose}-{uuid.uuid4().hex[:8]}")
    move(folder, aside)
    return aside


def left_aside(target: Path, purpose: str) -> list[Path]:
    """The hidden folders beside `target` that were made for `purpose`: "building", "old" or "removing"."""
    with suppress(OSError):
        return sorted(target.parent.glob(f".{target.name}.{purpose}-*"))
    return []


def mark_unfinished(folder: Path) -> None:
    """Hide `folder` from every scanner, until `mark_finished`."""
    path = folder / UNFINISHED
    try:
        path.write_bytes(_OURS)
    except OSError as error:
        raise unwritable(path, error) from error


def mark_finished(folder: Path) -> None:
    """Show `folder` to the scanners."""
    with suppress(OSError):
        (folder / UNFINISHED).unlink(missing_ok=True)


def unfinished_by_us(folder: Path) -> bool:
    """Whether slmtui itself hides `folder` for now."""
    try:
        return (folder / UNFINISHED).read_bytes() == _OURS
    except OSError:
        return False


def remove_made(cache_dir: Path) -> None:
    """Leave a cache folder that holds none of slmtui's models any more as it was before.

    What slmtui made there is removed if it is empty, and the SDK's list of models is what it was.
    """
    as_before = index_before.put_back(cache_dir)
    known = ledger.read()
    if any(entry.cache_dir == cache_dir for entry in known.entries):
        return
    made = known.made_in(cache_dir)
    try:
        in_use = bool(registrations(cache_dir))
    except Failure:
        in_use = True  # unreadable: whatever is in there, it is not for us to delete
    for path in reversed(made):
        with suppress(OSError):  # somebody else has put something into it meanwhile, or it is gone already
            if path.is_dir():
                path.rmdir()
            elif not in_use or (as_before and path.name == INDEX_LOCK):
                path.unlink()
    if made:
        ledger.note_made(cache_dir, ())
    index_before.forget(cache_dir)


def move(source: Path, target: Path) -> None:
    """Rename a folder.

    Raises:
        Failure: the file system refuses.
    """
    for attempt in reversed(range(_RENAME_ATTEMPTS)):
        try:
            source.rename(target)
            return
        except PermissionError as error:
            if attempt == 0:
                raise _immovable(source, target, error) from error
            time.sleep(0.1)
        except OSError as error:
            raise _immovable(source, target, error) from error


def _immovable(source: Path, target: Path, error: OSError) -> Failure:
    return Failure(
        f"{source} cannot be renamed to {target.name}: {error.strerror or error}.",
        "If a program has the model loaded, end it (also a chat with the model); then try again.",
    )
