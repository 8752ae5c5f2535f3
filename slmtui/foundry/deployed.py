"""What slmtui has deployed, as the cache folders say it is now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from slmtui.config.files import folder_bytes
from slmtui.events import Failure
from slmtui.foundry import ledger
from slmtui.foundry.cache import absolute_path
from slmtui.foundry.index import registered_at
from slmtui.foundry.ledger import Entry
from slmtui.foundry.repair import repair
from slmtui.foundry.scanner import Scan, scan


@dataclass(frozen=True, slots=True)
class DeployedModel:
    """A model that slmtui put into a cache folder.

    `registered` says whether the SDK has it in its list, `listed_by_scanner` whether Foundry Local's scanner
    would find the folder. Both are False, and `bytes` 0, once somebody else has deleted the folder.
    """

    name: str
    version: int
    model_id: str
    path: Path
    cache_dir: Path
    bytes: int
    registered: bool
    listed_by_scanner: bool


def deployed(cache_dirs: Iterable[Path] | None = None) -> tuple[DeployedModel, ...]:
    """What slmtui has deployed, by name; only in `cache_dirs`, if they are given.

    What a killed slmtui left half-done is put right first (`repair.py`). Nothing heavy is started.
    """
    repair()
    wanted = None if cache_dirs is None else {absolute_path(path) for path in cache_dirs}
    scans: dict[Path, Scan] = {}
    found: dict[Path, DeployedModel] = {}
    # While a model is being replaced, or taken out, its first entry stands for it.
    for entry in ledger.read().entries:
        if (wanted is None or entry.cache_dir in wanted) and entry.state != "placing":
            if entry.cache_dir not in scans:
                scans[entry.cache_dir] = scan(entry.cache_dir)
            found.setdefault(entry.path, _as_it_is(entry, scans[entry.cache_dir]))
    return tuple(sorted(found.values(), key=lambda model: (model.name.lower(), model.path)))


def find(name: str) -> DeployedModel | None:
    """The deployed model called `name` (or `name:1`), the latest if several caches have one."""
    latest = {entry.path: entry.at for entry in ledger.read().entries}
    models = [model for model in deployed() if name in (model.name, model.model_id)]
    return max(models, key=lambda model: latest.get(model.path, ""), default=None)


def _as_it_is(entry: Entry, seen: Scan) -> DeployedModel:
    there = entry.path.is_dir()
    try:
        registered = there and registered_at(entry.cache_dir, entry.model_id, entry.path)
    except Failure:
        registered = False  # the SDK does not list anything either from a damaged list
    return DeployedModel(
        entry.name,
        entry.version,
        entry.model_id,
        entry.path,
        entry.cache_dir,
        folder_bytes(entry.path) if there else 0,
        registered,
        seen.at(entry.path) is not None,
    )
