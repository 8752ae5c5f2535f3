"""What slmtui has deployed, as the cache folders say it is now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from slmtui.config.files import folder_bytes
from slmtui.environment.installed import command_line
from slmtui.events import Failure, Status, Verdict
from slmtui.foundry import ledger
from slmtui.foundry.cache import absolute_path
from slmtui.foundry.index import registered_at
from slmtui.foundry.ledger import Entry
from slmtui.foundry.methods import FIRST_VERSION, Method
from slmtui.foundry.model_folder import check_converted
from slmtui.foundry.repair import repair
from slmtui.foundry.scanner import Scan, scan


@dataclass(frozen=True, slots=True)
class DeployedModel:
    """A model that slmtui put into a cache folder.

    `path` is its place there, `folder` where its files are: the model's own folder if it was only registered.
    `registered` says whether the SDK has it in its list, `listed_by_scanner` whether Foundry Local's scanner
    would find the folder. Both are False, and `bytes` 0, once somebody else has deleted the folder.
    `verdicts` are the last ones, and `checked_at` when that was (ISO 8601, UTC; empty if never). `digests`
    are pairs of a path inside the folder and its SHA-256 when it was deployed. `missing` says what is gone of
    it by now, in a sentence, if anything is: what a symbolic link or a registration led to may be.
    """

    name: str
    version: int
    model_id: str
    path: Path
    cache_dir: Path
    bytes: int
    registered: bool
    listed_by_scanner: bool
    folder: Path
    model_dir: Path
    method: Method
    deployed_at: str
    verdicts: tuple[Verdict, ...] = ()
    checked_at: str = ""
    digests: tuple[tuple[str, str], ...] = ()
    missing: str = ""

    @property
    def again(self) -> str:
        """The command that deploys it once more, to the same place in the same way."""
        version = () if self.version == FIRST_VERSION else ("--version", str(self.version))
        place = ("--cache-dir", str(self.cache_dir), "--method", self.method, *version)
        return command_line("slmtui", "deploy", str(self.model_dir), "--name", self.name, *place, "--replace")

    @property
    def status(self) -> Status:
        """The worst of the last verdicts that were spoken; `unchecked` if there is none.

        Whatever they said: a model that lacks a file by now fails.
        """
        if self.missing:
            return "fail"
        found = {verdict.status for verdict in self.verdicts}
        order: tuple[Status, ...] = ("fail", "warn", "ok")
        return next((status for status in order if status in found), "unchecked")


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
        if (wanted is None or entry.cache_dir in wanted) and entry.state in ("deployed", "removing"):
            if entry.cache_dir not in scans:
                scans[entry.cache_dir] = scan(entry.cache_dir)
            found.setdefault(entry.path, _as_it_is(entry, scans[entry.cache_dir]))
    return tuple(sorted(found.values(), key=lambda m: (m.name.lower(), m.version, m.path)))


def find(name: str) -> DeployedModel | None:
    """The deployed model called `name` (or `name:1`); of several versions or caches the one deployed last."""
    latest = {entry.path: entry.at for entry in ledger.read().entries}
    models = [model for model in deployed() if name in (model.name, model.model_id)]
    return max(models, key=lambda model: latest.get(model.path, ""), default=None)


def _as_it_is(entry: Entry, seen: Scan) -> DeployedModel:
    folder = entry.folder
    there = folder.is_dir()
    try:
        registered = there and registered_at(entry.cache_dir, entry.model_id, folder)
    except Failure:
        registered = False  # the SDK does not list anything either from a damaged list
    return DeployedModel(
        entry.name,
        entry.version,
        entry.model_id,
        entry.path,
        entry.cache_dir,
        folder_bytes(folder) if there else 0,
        registered,
        seen.at(folder) is not None,
        folder,
        entry.model_dir,
        entry.method,
        entry.at,
        entry.verdicts,
        entry.checked_at,
        entry.digests,
        _missing(folder),
    )


def _missing(folder: Path) -> str:
    try:
        check_converted(folder)
    except Failure as failure:
        return failure.cause
    return ""
