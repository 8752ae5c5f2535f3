"""What a deployment would do, and whether it can, before anything is touched."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from slmtui.deployment import check_name
from slmtui.events import Failure
from slmtui.foundry import copying
from slmtui.foundry.cache import CacheFolder, absolute_path, default_cache, folder_of
from slmtui.foundry.index import registrations
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
    because they are hard-linked; `replaces` says that a model at `target` makes way.
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

    @property
    def model_id(self) -> str:
        """The id it is registered under."""
        return f"{self.name}:{self.version}"


def plan(
    model_dir: str | Path, name: str, cache_dir: str | Path | None = None, *, replace: bool = False
) -> DeployPlan:
    """Plan to deploy the converted model in `model_dir` as `name`, below a cache folder.

    Without `cache_dir` it is the default one (`cache.default_cache`), for which the `foundry` command may be
    asked. With `replace`, a model at the same place makes way.

    Raises:
        Failure: the name cannot be used or is taken, the folder is no converted model or has no
            `inference_model.json`, the cache cannot be written or has no room.
    """
    check_name(name)
    source = absolute_path(model_dir)
    context_length = check_converted(source)
    inference_model(source, name, context_length)
    repair()
    cache = default_cache() if cache_dir is None else folder_of(cache_dir)
    target = cache.path / "custom" / name
    replaces = _check_place(cache, target, source, replace=replace)
    _check_name_is_free(cache.path, target, f"{name}:1")
    pieces = [piece for piece in copying.pieces(source) if piece.inside != INFERENCE_MODEL]
    ground = _nearest_existing(target)
    linked = sum(piece.bytes for piece in pieces if piece.linkable and copying.can_link(piece.source, ground))
    written = inference_model(source, name, context_length)
    files = [(piece.inside, piece.bytes) for piece in pieces] + [(INFERENCE_MODEL, len(written.encode()))]
    total = sum(count for _, count in files)
    free = shutil.disk_usage(ground).free
    if (needed := total - linked + _MARGIN_BYTES) > free:
        raise Failure(
            f"{cache.path} has no room: {size(needed)} are needed, {size(free)} are free.",
            "Free some room on that disk, or deploy into a cache folder on another one.",
        )
    return DeployPlan(
        source, name, 1, cache, target, tuple(files), total, linked, free, replaces, context_length
    )


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
    if source == target or target in source.parents:
        raise Failure(f"{source} is the deployed model itself.", "Give the folder of the conversion.")
    taken = _taken(target)
    if taken is None:
        return False
    if not replace:
        raise Failure(
            f"There is a model called {taken.name} in {cache.path} already.",
            f"Take another name, replace it (--replace), or take it out first: slmtui undeploy {taken.name}",
        )
    if not taken.is_dir() or taken.name != target.name:
        raise Failure(f"{taken} is in the way.", "Take another name, or move it away.")
    return True


def _taken(target: Path) -> Path | None:
    """What has the place of `target`, if only by a name in another case: on many disks they are one."""
    try:
        names = sorted(target.parent.iterdir(), key=lambda path: path.name != target.name)
    except OSError:
        return None
    return next((path for path in names if path.name.lower() == target.name.lower()), None)


def _check_name_is_free(cache_dir: Path, target: Path, model_id: str) -> None:
    """Raise a Failure if another folder of the cache goes by this name: only one of them would be found."""
    name = model_id.partition(":")[0]
    elsewhere = registrations(cache_dir).get(model_id)
    if elsewhere is not None and elsewhere.resolve() != target.resolve():
        raise Failure(
            f"{model_id} is registered in {cache_dir} already, for the folder {elsewhere}.",
            "Take another name.",
        )
    for model in scan(cache_dir).listed:
        if model.model_id.partition(":")[0].lower() == name.lower() and model.path != target:
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
