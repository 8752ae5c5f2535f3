"""Copies that were interrupted and are kept to go on from: seen, and thrown away if nobody wants them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from slmtui.events import Cancel, Failure, Progress, Service
from slmtui.foundry import ledger, partial, placing
from slmtui.foundry.copying import pieces
from slmtui.foundry.methods import Method
from slmtui.foundry.repair import repair
from slmtui.units import size


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A copy that was interrupted: `bytes` of `total_bytes` lie hidden in `folder`, beside `path`.

    `path` is the place it was for; a model may be there, which it was to replace. `total_bytes` is 0 if the
    model it was made from is gone, and `at` when it was interrupted, or that was noticed (ISO 8601, UTC).
    """

    name: str
    version: int
    model_id: str
    path: Path
    folder: Path
    cache_dir: Path
    model_dir: Path
    method: Method
    bytes: int
    total_bytes: int
    at: str


def unfinished() -> tuple[Unfinished, ...]:
    """The copies that are kept, by name; what a killed slmtui left is put right first."""
    repair()
    found = []
    for entry in ledger.read().entries:
        if entry.state == "partial" and (folder := partial.place_of(entry.path)).is_dir():
            total = 0
            with suppress(Failure):
                total = sum(piece.bytes for piece in pieces(entry.model_dir))
            found.append(
                Unfinished(
                    entry.name,
                    entry.version,
                    entry.model_id,
                    entry.path,
                    folder,
                    entry.cache_dir,
                    entry.model_dir,
                    entry.method,
                    partial.copied_bytes(folder),
                    total,
                    entry.at,
                )
            )
    return tuple(sorted(found, key=lambda one: (one.name.lower(), one.version, one.path)))


def find_unfinished(name: str) -> Unfinished | None:
    """The interrupted copy of a model called `name` (or `name:1`); of several the latest."""
    named = [one for one in unfinished() if name in (one.name, one.model_id)]
    return max(named, key=lambda one: one.at, default=None)


def throw_away(one: Unfinished, cancel: Cancel) -> Service[None]:
    """Delete what was copied; a model that it was to replace stays.

    Raises:
        Failure: another slmtui goes on with it right now.
    """
    cancel.check()
    with placing.working_on(one.path):
        yield Progress("remove", f"Throwing away {size(one.bytes)} of {one.model_id}", 0.0)
        partial.discard(one.path)
        placing.remove_made(one.cache_dir)
    yield Progress("remove", f"The interrupted copy of {one.model_id} is gone", 1.0, 0.0)
