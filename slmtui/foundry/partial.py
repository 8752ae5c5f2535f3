"""A copy that was interrupted: kept beside its place, out of every scanner's sight, to go on from.

Only one worth it is kept (gigabytes take minutes, a few megabytes none); less than that is deleted, and the
cache is as it was. It is taken up by the next deployment to that place, whose every file is compared with its
source byte for byte, or thrown away by `discard`; `unfinished.py` lists them.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from slmtui.config.files import files_below
from slmtui.foundry import ledger
from slmtui.foundry.ledger import Entry

WORTH_KEEPING_BYTES = 64 << 20


def place_of(target: Path) -> Path:
    """The hidden folder in which the partial copy for `target` is kept."""
    return target.with_name(f".{target.name}.partial")


def bytes_at(target: Path) -> int:
    """How much of the copy to `target` is there already, links not counted."""
    return copied_bytes(place_of(target))


def copied_bytes(folder: Path) -> int:
    """Bytes below `folder` that were copied: a file with other links has cost nothing."""
    return sum(
        stat.st_size for path, stat in files_below(folder) if stat.st_nlink == 1 and not path.is_symlink()
    )


def worth_keeping(folder: Path) -> bool:
    """Whether copying what is in `folder` again would be a nuisance."""
    return copied_bytes(folder) >= WORTH_KEEPING_BYTES


def take_up(target: Path, folder: Path) -> None:
    """Go on in the empty `folder` with what was kept for `target`, if anything was."""
    kept = place_of(target)
    with suppress(OSError):
        if kept.is_dir():
            folder.rmdir()
            kept.rename(folder)
    folder.mkdir(exist_ok=True)


def keep(entry: Entry, folder: Path) -> None:
    """Keep what was copied into `folder` for the place of `entry`, if it is worth it; else it may go."""
    if not worth_keeping(folder):
        return
    discard(entry.path)
    with suppress(OSError):
        # First the entry: a folder without one would be nobody's.
        ledger.enter(replace(entry, state="partial", at=""))
        folder.rename(place_of(entry.path))


def discard(target: Path) -> None:
    """Throw the partial copy for `target` away, if there is one."""
    if (kept := place_of(target)).is_dir():
        shutil.rmtree(kept, ignore_errors=True)
    if ledger.read().at(target, "partial") is not None:
        ledger.strike(target, "partial")
