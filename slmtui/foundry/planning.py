"""What a deployment would do, and whether it can, before anything is touched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slmtui.deployment import check_name
from slmtui.events import Failure
from slmtui.foundry import copying, ledger, partial
from slmtui.foundry.cache import CacheFolder, absolute_path, default_cache, folder_of
from slmtui.foundry.differences import Diff, differences
from slmtui.foundry.index import registrations
from slmtui.foundry.linking import possible
from slmtui.foundry.methods import (
    FIRST_VERSION,
    LAST_VERSION,
    Method,
    folder_name,
    written_name,
)
from slmtui.foundry.model_folder import check_converted, inference_model
from slmtui.foundry.repair import repair
from slmtui.foundry.scanner import INFERENCE_MODEL, scan
from slmtui.units import size

# Room for what is not counted: folders, the SDK's list, the file system's own rounding.
_MARGIN_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class DeployPlan:
    """What goes where.

    `files` are pairs of a path inside the folder and its bytes; `linked_bytes` of the `bytes` take no room,
    because they are linked. `method` is how; where the file system cannot do what was asked for, `fallback`
    says why it is another one. `replaces` says that a model at `target` makes way, and `diff` what that
    changes; `diff` is None where there is none. With the method `register` nothing is written at `target`:
    the model is registered where it is. `resumes_bytes` are there already, from a copy that was interrupted.
    """

    model_dir: Path
    name: str
    version: int
    cache: CacheFolder
    target: Path
    files: tuple[tuple[str, int], ...]
    bytes: int
    linked_bytes: int
    free_bytes: int
    replaces: bool
    context_length: int | None
    method: Method = "link"
    fallback: str = ""
    diff: Diff | None = None
    resumes_bytes: int = 0

    @property
    def model_id(self) -> str:
        """The id it is registered under."""
        return f"{self.name}:{self.version}"

    @property
    def exists(self) -> bool:
        """Whether a model is there already, which makes way."""
        return self.replaces

    @property
    def needed_bytes(self) -> int:
        """The room it takes on the cache's disk."""
        return 0 if self.method == "register" else self.bytes - self.linked_bytes - self.resumes_bytes

    @property
    def folder(self) -> Path:
        """Where the model's files are once it is deployed."""
        return self.model_dir if self.method == "register" else self.target


def plan(
    model_dir: str | Path,
    name: str,
    cache_dir: str | Path | None = None,
    *,
    method: Method | None = None,
    version: int = FIRST_VERSION,
    replace: bool = False,
) -> DeployPlan:
    """Plan to deploy the converted model in `model_dir` as `name:version`, below a cache folder.

    Without `cache_dir` it is the default one (`cache.default_cache`), for which the `foundry` command may be
    asked. Without `method` the weights are hard-linked where that works, and copied where it does not. With
    `replace`, a model of that name and version makes way: look at the plan's `diff` before it is carried out.

    Raises:
        Failure: the name cannot be used or is taken, the folder is no converted model or has no
            `inference_model.json`, the cache cannot be written or has no room.
    """
    check_name(name)
    _check_version(version)
    source = absolute_path(model_dir)
    context_length = check_converted(source)
    written = inference_model(source, written_name(name, version), context_length)
    repair()
    cache = default_cache() if cache_dir is None else folder_of(cache_dir)
    target = cache.path / "custom" / folder_name(name, version)
    replaces = _check_place(cache, target, source, replace=replace)
    _check_name_is_free(cache.path, target, name, version, source if method == "register" else target)
    pieces = [piece for piece in copying.pieces(source) if piece.inside != INFERENCE_MODEL]
    ground = _nearest_existing(target)
    method, fallback = possible(method or "link", pieces, ground, asked=method is not None)
    if method == "register":  # its own file stays as it is
        written = (source / INFERENCE_MODEL).read_text("utf-8-sig")
    linked = sum(piece.bytes for piece in pieces if piece.linked_by(method))
    files = [(piece.inside, piece.bytes) for piece in pieces] + [(INFERENCE_MODEL, len(written.encode()))]
    found = DeployPlan(
        source,
        name,
        version,
        cache,
        target,
        tuple(files),
        sum(count for _, count in files),
        linked,
        shutil.disk_usage(ground).free,
        replaces,
        context_length,
        method,
        fallback,
        _diff(target, pieces, written) if replaces else None,
        0 if method == "register" else partial.bytes_at(target),
    )
    if (needed := found.needed_bytes + _MARGIN_BYTES) > found.free_bytes:
        raise Failure(
            f"{cache.path} has no room: {size(needed)} are needed, {size(found.free_bytes)} are free.",
            "Free some room on that disk, or deploy into a cache folder on another one.",
        )
    return found


def _check_version(version: int) -> None:
    if not FIRST_VERSION <= version <= LAST_VERSION:
        raise Failure(
            f"{version} cannot be a version.",
            f"Take a whole number from {FIRST_VERSION} to {LAST_VERSION:,}.",
        )


def _diff(target: Path, pieces: Sequence[copying.Piece], written: str) -> Diff:
    known = ledger.read().at(target, "deployed")
    there = known.folder if known else target
    return differences(there, pieces, written)


def _check_place(cache: CacheFolder, target: Path, source: Path, *, replace: bool) -> bool:
    """Whether something at `target` makes way.

    Raises:
        Failure: it may not, or nothing can be put there.
    """
    ground = _nearest_existing(target)
    if not ground.is_dir():
        raise Failure(f"{ground} is a file, so {cache.path} cannot be a cache folder.", "Choose a folder.")
    if not os.access(ground, os.W_OK):
        raise Failure(f"{ground} is read-only for you.", "Choose a cache folder that you may write to.")
    if cache.path == source or source in cache.path.parents:
        raise Failure(
            f"{cache.path} is the model's own folder, or in it: the model would be put into itself.",
            "Choose a cache folder beside it.",
        )
    if source == target or target in source.parents:
        raise Failure(f"{source} is the deployed model itself.", "Give the folder of the conversion.")
    taken = _taken(target)
    if taken is None:
        return False
    if not replace:
        known = ledger.read().at(taken, "deployed")
        # Without its version, that of the last deployment would be taken out; a stranger's is not ours to.
        undeploy = f"take it out first: slmtui undeploy {known.model_id}" if known else "move it away"
        raise Failure(
            f"There is a model called {taken.name} in {cache.path} already.",
            "Take another name, another version (--version), replace it (--replace; with --dry-run it says"
            f" what that changes), or {undeploy}",
        )
    if taken == target and not taken.exists():
        return True  # one that is only registered
    if not taken.is_dir() or taken.name != target.name:
        raise Failure(f"{taken} is in the way.", "Take another name, or move it away.")
    return True


def _taken(target: Path) -> Path | None:
    """What has the place of `target`, if only by a name in another case: on many disks they are one."""
    known = ledger.read().at(target, "deployed")
    if known is not None and known.method == "register":
        return target
    try:
        names = sorted(target.parent.iterdir(), key=lambda path: path.name != target.name)
    except OSError:
        return None
    return next((path for path in names if path.name.lower() == target.name.lower()), None)


def _check_name_is_free(cache_dir: Path, target: Path, name: str, version: int, folder: Path) -> None:
    """Raise a Failure if another folder of the cache goes by this name: only one of them would be found."""
    known = {entry.path: entry.folder for entry in ledger.read().entries if entry.state == "deployed"}
    ours = {path.resolve() for path in (target, folder, known.get(target, target))}
    model_id = f"{name}:{version}"
    elsewhere = registrations(cache_dir).get(model_id)
    if elsewhere is not None and elsewhere.resolve() not in ours:
        raise Failure(
            f"{model_id} is registered in {cache_dir} already, for the folder {elsewhere}.",
            "Take another name, or another version.",
        )
    for model in scan(cache_dir).listed:
        if model.path == target or model.path in known:
            continue  # another version that slmtui put there itself is no stranger
        if model.model_id.partition(":")[0].lower() == name.lower():
            raise Failure(f"{model.path} calls itself {name} already.", "Take another name.")


def _nearest_existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def still_holds(plan: DeployPlan) -> None:
    """Look again, right before the deed: a plan may be old.

    Raises:
        Failure: something stands at the target now that was not there, or not to be replaced.
    """
    if _taken(plan.target) is not None and not plan.replaces:
        raise Failure(
            f"There is a model called {plan.name} in {plan.cache.path} by now.",
            "Take another name, or take it out first.",
        )
