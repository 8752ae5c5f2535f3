"""Is this folder listed, and if not, why? For any folder, also of models that slmtui did not deploy.

Foundry Local's scanner skips a folder without a word. `scanner.py` emulates its rules; here they are asked
about one folder, or about every folder below a cache's root.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from slmtui.environment.installed import command_line
from slmtui.events import Failure
from slmtui.foundry import ledger
from slmtui.foundry.cache import absolute_path, cache_folders
from slmtui.foundry.index import INDEX, registrations
from slmtui.foundry.scanner import GENAI_CONFIG, INFERENCE_MODEL, Scan, scan


@dataclass(frozen=True, slots=True)
class Why:
    """What the scanner makes of one folder, and what the SDK has it registered as.

    `model_id` is the scanner's id (`name:version`), empty if it is not `listed`; `reason` ends a sentence
    that starts with the folder, also for a listed one; `root` is the cache folder that was asked about, None
    if the folder is in none. `registered` is the id the SDK lists it under there, empty if it does not;
    `by_slmtui` says whether slmtui has put it there. `looks_like_model` is False for a folder that holds
    nothing of a model, such as one that only holds other folders.
    """

    folder: Path
    listed: bool
    model_id: str
    reason: str
    fix: str
    root: Path | None
    registered: str = ""
    by_slmtui: bool = False
    looks_like_model: bool = True


def why(folder: str | Path, root: str | Path | None = None) -> Why:
    """Ask about one folder; without `root`, the known cache folder it is in.

    Raises:
        Failure: there is no such folder.
    """
    path = absolute_path(folder)
    if not path.is_dir():
        raise Failure(f"There is no folder {path}.", "Give a folder, such as one below a cache folder.")
    cache = absolute_path(root) if root is not None else _root_of(path)
    if cache is None or not (path == cache or path.is_relative_to(cache)):
        return _outside(path, cache)
    return _look(path, cache, scan(cache), _registered(cache), _ours(cache))


def why_all(cache_dir: str | Path) -> tuple[Why, ...]:
    """Every folder below a cache's root, and the root itself if it looks like a model; by path.

    The inside of a listed model is left out: the scanner does not look there. Folders that are registered
    from elsewhere come last.
    """
    cache = absolute_path(cache_dir)
    seen, ids, ours = scan(cache), _registered(cache), _ours(cache)
    below = [_look(path, cache, seen, ids, ours) for path in _folders(cache, seen)]
    if seen.why_not(cache) is not None:
        below.insert(0, _look(cache, cache, seen, ids, ours))
    known = {one.folder.resolve() for one in below}
    elsewhere = [path for path in ids if path not in known]
    return (*below, *(_registered_outside(path, cache, ids[path], ours) for path in elsewhere))


def _folders(cache: Path, seen: Scan) -> Iterator[Path]:
    listed = {model.path for model in seen.listed}
    listed |= {skipped.path for skipped in seen.skipped if skipped.leaf}
    for here, inner, _ in os.walk(cache):
        folder = Path(here)
        inner.sort()
        if folder in listed:
            inner.clear()
        if folder != cache:
            yield folder


def _look(path: Path, cache: Path, seen: Scan, ids: dict[Path, str], ours: set[Path]) -> Why:
    registered, by_slmtui = ids.get(path.resolve(), ""), path in ours
    if (listed := seen.at(path)) is not None:
        reason = f"is the model {listed.model_id} by the scanner's rules"
        if listed.model_id.endswith(":0"):
            reason += " (a Name without a version counts as version 0)"
        return Why(path, True, listed.model_id, reason, "", cache, registered, by_slmtui)
    if (skipped := seen.why_not(path)) is not None:
        reason = f"is skipped: {skipped.reason}"
        return Why(path, False, "", reason, skipped.fix, cache, registered, by_slmtui)
    reason, fix, like = _no_model(path, cache, seen)
    return Why(path, False, "", reason, fix, cache, registered, by_slmtui, like)


def _no_model(path: Path, cache: Path, seen: Scan) -> tuple[str, str, bool]:
    """Reason, fix, and whether it looks like a model, of a folder that the scan says nothing about."""
    inside = next((model for model in seen.listed if path.is_relative_to(model.path)), None)
    if inside is not None:
        reason = (
            f"is inside {inside.path}, which is the model {inside.model_id}; nothing is looked for in there"
        )
        looks = any((path / name).is_file() for name in (GENAI_CONFIG, INFERENCE_MODEL))
        return reason, f"Move it out: beside {inside.path}." if looks else "", looks
    if path == cache:
        return "is the cache folder itself; only the folders below it are looked at", "", False
    around = [model for model in seen.listed if model.path.is_relative_to(path)]
    if around:
        count = "one model" if len(around) == 1 else f"{len(around)} models"
        return f"holds {count} in the folders below it, and is none itself", "", False
    return f"has neither {GENAI_CONFIG} nor {INFERENCE_MODEL}, so it is no model itself", "", False


def _outside(path: Path, cache: Path | None) -> Why:
    """A folder that is in no cache: only a registration makes it known."""
    for root in [cache] if cache else [folder.path for folder in cache_folders()]:
        if registered := _registered(root).get(path.resolve()):
            return _registered_outside(path, root, registered, _ours(root))
    where = f"not below {cache}" if cache else "not below any cache folder that is known"
    looks = any((path / name).is_file() for name in (GENAI_CONFIG, INFERENCE_MODEL))
    fix = f"Deploy it: {command_line('slmtui', 'deploy', str(path), '--name', 'NAME')}"
    return Why(path, False, "", f"is {where}, and no scanner looks there", fix, None, looks_like_model=looks)


def _registered_outside(path: Path, cache: Path, model_id: str, ours: set[Path]) -> Why:
    if not path.is_dir():
        reason = f"is registered as {model_id}, and the folder is gone"
        out = "let the program that registered it take it out"
        if path in ours:
            out = f"take the registration out: slmtui undeploy {model_id}"
        fix = f"Bring it back, or {out}"
        return Why(path, False, "", reason, fix, cache, model_id, path in ours)
    reason = f"is not below {cache}, so no scanner finds it; the SDK has it registered as {model_id}"
    fix = "For programs that scan the folder, deploy it by copy or link."
    return Why(path, False, "", reason, fix, cache, model_id, path in ours)


def _root_of(path: Path) -> Path | None:
    """The innermost known cache folder around `path`; else one that its own files give away."""
    known = [folder.path for folder in cache_folders() if path.is_relative_to(folder.path)]
    if known:
        return max(known, key=lambda root: len(root.parts))
    return next((folder for folder in (path, *path.parents) if (folder / INDEX).is_file()), None)


def _registered(cache: Path) -> dict[Path, str]:
    """Folder → the id it is registered under; none if the list is damaged, which the SDK refuses, too."""
    try:
        return {folder.resolve(): model_id for model_id, folder in registrations(cache).items()}
    except Failure:
        return {}


def _ours(cache: Path) -> set[Path]:
    return {e.folder for e in ledger.read().entries if e.cache_dir == cache and e.state == "deployed"}
