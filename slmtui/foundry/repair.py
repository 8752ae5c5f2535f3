"""Putting right what a killed slmtui left behind: the old state stands again, or the new one."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from slmtui.events import Failure
from slmtui.foundry import ledger, placing
from slmtui.foundry.index import registered_at
from slmtui.foundry.ledger import Entry
from slmtui.foundry.sdk import FoundrySdk


def repair() -> None:
    """Look at every ledger entry and clear up after jobs that did not end; running ones are left alone.

    Cheap when there is nothing to do. What cannot be cleared up now (a file in use) is tried again next time.
    """
    known = ledger.read()
    for path in dict.fromkeys(entry.path for entry in known.entries):
        # Whoever holds the lock is alive and at work there; a Failure inside means: next time.
        with suppress(Failure), placing.working_on(path):
            repair_target(path)
    for cache_dir in {cache for cache, _ in known.made} - {entry.cache_dir for entry in known.entries}:
        placing.remove_made(cache_dir)


def repair_target(path: Path) -> None:
    """Clear up at one place; the caller holds its lock."""
    known = ledger.read()
    if (entry := known.at(path, "removing")) is not None:
        finish_removing(entry)
        return
    if (entry := known.at(path, "placing")) is not None:
        _roll_back(entry, known.at(path, "deployed"))
    elif known.at(path, "deployed") is not None and placing.unfinished_by_us(path):
        placing.mark_finished(path)
    for purpose in ("building", "old"):
        for folder in placing.left_aside(path, purpose):
            shutil.rmtree(folder, ignore_errors=True)


def finish_removing(entry: Entry) -> None:
    """Unregister the model of `entry`, delete its folder (which may be aside already) and strike it out.

    Raises:
        Failure: the SDK or the file system refuses; the entry stays, and the folder stays aside.
    """
    if entry.path.exists():
        placing.put_aside(entry.path, "removing")
    unregister(entry)
    for folder in placing.left_aside(entry.path, "removing"):
        shutil.rmtree(folder, ignore_errors=True)
    ledger.settle(entry.path, None)
    placing.remove_made(entry.cache_dir)


def unregister(entry: Entry) -> None:
    """Take back the registration of `entry`, if it is there and speaks of its folder."""
    if registered_at(entry.cache_dir, entry.model_id, entry.path):
        with FoundrySdk(entry.cache_dir) as sdk:
            sdk.unregister(entry.model_id)


def _roll_back(entry: Entry, before: Entry | None) -> None:
    old = placing.left_aside(entry.path, "old")
    if placing.unfinished_by_us(entry.path):  # the new one had been renamed into place
        placing.put_aside(entry.path, "building")
    if old and not entry.path.exists():
        placing.move(old[0], entry.path)
    if before is None and not entry.path.exists():
        unregister(entry)
    for folder in placing.left_aside(entry.path, "building"):
        shutil.rmtree(folder, ignore_errors=True)
    ledger.settle(entry.path, replace(before, state="deployed") if before else None)
    placing.remove_made(entry.cache_dir)
