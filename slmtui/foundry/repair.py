"""Putting right what a killed slmtui left behind: the old state stands again, or the new one."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from slmtui.config.locations import cache_dir
from slmtui.events import Failure
from slmtui.foundry import ledger, partial, placing
from slmtui.foundry.index import registered_at
from slmtui.foundry.ledger import Entry
from slmtui.foundry.sdk import FoundrySdk, SdkUnusable


def repair() -> None:
    """Look at every ledger entry and clear up after jobs that did not end; running ones are left alone.

    Cheap when there is nothing to do. What cannot be cleared up now (a file in use) is tried again next time.
    """
    known = ledger.read()
    for path in dict.fromkeys(entry.path for entry in known.entries):
        # Whoever holds the lock is alive and at work there; a Failure inside means: next time.
        with suppress(Failure), placing.working_on(path, wait_seconds=0):
            repair_target(path)
    touched = {cache for cache, _ in (*known.made, *known.indexes)}
    for cache in touched - {entry.cache_dir for entry in known.entries}:
        placing.remove_made(cache)


def repair_target(path: Path) -> None:
    """Clear up at one place; the caller holds its lock."""
    known = ledger.read()
    if (scratch := scratch_of(path)).is_dir():
        shutil.rmtree(scratch, ignore_errors=True)
    if known.at(path, "partial") is not None and not partial.place_of(path).is_dir():
        ledger.strike(path, "partial")  # somebody has deleted it, or it was gone on from
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
    if entry.method != "register" and entry.path.exists():
        placing.put_aside(entry.path, "removing")
    unregister(entry)
    for folder in placing.left_aside(entry.path, "removing"):
        shutil.rmtree(folder, ignore_errors=True)
    partial.discard(entry.path)
    ledger.settle(entry.path, None)
    placing.remove_made(entry.cache_dir)


def scratch_of(target: Path) -> Path:
    """Where the SDK keeps its list while it tries a model that is to be registered where it is."""
    return cache_dir() / "foundry-proof" / hashlib.sha256(os.fsencode(target)).hexdigest()[:16]


def unregister(entry: Entry) -> None:
    """Take back the registration of `entry`, if it is there and speaks of its folder."""
    if registered_at(entry.cache_dir, entry.model_id, entry.folder):
        with FoundrySdk(entry.cache_dir) as sdk:
            sdk.unregister(entry.model_id)


def _roll_back(entry: Entry, before: Entry | None) -> None:
    old = placing.left_aside(entry.path, "old")
    if placing.unfinished_by_us(entry.path):  # the new one had been renamed into place
        placing.put_aside(entry.path, "building")
    if old and not entry.path.exists():
        placing.move(old[0], entry.path)
    if before is None:
        if not entry.path.exists():
            unregister(entry)
    else:
        _register_again(before)
    for folder in placing.left_aside(entry.path, "building"):
        partial.keep(entry, folder)
        shutil.rmtree(folder, ignore_errors=True)
    if before is not None:
        ledger.enter(replace(before, state="deployed"))
    ledger.strike(entry.path, "placing")
    placing.remove_made(entry.cache_dir)


def _register_again(before: Entry) -> None:
    """The model that was to be replaced stands again: so must its registration, if it was taken back."""
    if not before.folder.is_dir() or registered_at(before.cache_dir, before.model_id, before.folder):
        return
    if any(verdict.id == "sdk-lists" and verdict.status != "ok" for verdict in before.verdicts):
        return  # it never was registered: there is no SDK here
    with suppress(SdkUnusable), FoundrySdk(before.cache_dir) as sdk:
        if any(model.model_id == before.model_id for model in sdk.models()):
            sdk.unregister(before.model_id)
        sdk.register(before.model_id, before.folder, before.name)
