"""Finished conversions, found again: the same source, recipe and versions make the same model.

No second copy lies on the disk: what is kept is where outputs were put, and each output's slmtui.json says
which conversion it is. An output is used only if every file still has its digest. Where it stays in its place
and is not to be replaced, a file that slmtui wrote over since counts by its original, kept beside it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmtui.config.files import building, put_in_place, write_atomic
from slmtui.config.locations import cache_dir
from slmtui.config.originals import original_of
from slmtui.conversion.digests import describe, remembered
from slmtui.conversion.manifest import NAME, Ingredients, ingredients, passes_of, source_files
from slmtui.conversion.plan import ConversionPlan, refuse_existing
from slmtui.events import Cancel, Failure
from slmtui.source.model_source import ModelSource

# Goes up when slmtui's own part of a conversion (the worker, the shims) makes another model than before.
WORKER_VERSION = 1
# What counts where a comparison is asked for, and where none is; a wrong result is never kept.
_COUNTS = {
    True: ("verified", "degraded"),
    False: ("unverified",),
    None: ("verified", "degraded", "unverified"),
}
_CHUNK = 4 * 1024 * 1024
_FICLONE = 0x40049409  # linux/fs.h: let two files share their blocks until one is written to
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Found:
    """A finished conversion, and its manifest; `rewritten` if slmtui wrote over some of its files since."""

    output: Path
    manifest: Mapping[str, Any]
    rewritten: bool = False


def key_of(plan: ConversionPlan, made_of: Ingredients) -> str | None:
    """What names this conversion; None for one that depends on more than can be named here.

    That is Python code of the model's, or code and data of the configuration's.
    """
    settings = dict(plan.config.config) if plan.config and plan.config.recipe is None else {}
    passes = passes_of(plan.recipe, plan.config)
    text = json.dumps([settings, passes if settings else plan.recipe.passes], default=dict, sort_keys=True)
    if plan.source.code or (plan.source.base and plan.source.base.code):
        return None
    if settings and ("script" in text or "data_config" in text):
        return None
    named = {
        "worker": WORKER_VERSION,
        "made": json.loads(text),
        "calibration": _calibration(plan),
        "versions": dict(made_of.versions),
        "source": _content(made_of.source),
    }
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()


def find(plan: ConversionPlan, python: Path, cancel: Cancel, *, compared: bool | None) -> Found | None:
    """A finished conversion that is the one of `plan`, `compared` with its source, expressly not, or either.

    The source is read only where one of exactly its size was converted before.

    Raises:
        Failure: the source cannot be read.
        Cancelled: in the middle.
    """
    known = _read()
    files = _all_files(plan.source)
    if not known or not (remembered(files) or any(each["source_bytes"] == _bytes(files) for each in known)):
        return None
    key = key_of(plan, ingredients(plan.source, python, cancel))
    # What lies where it is wanted is to be copied from nowhere, nor is it in the way.
    for each in sorted(known, key=lambda each: each["output"] != str(plan.output)):
        if key is not None and each["key"] == key:
            stays = each["output"] == str(plan.output) and not plan.replace
            found = _look(Path(each["output"]), key, cancel, compared=compared, stays=stays)
            if found is not None:
                return found
    return None


def remember(plan: ConversionPlan, key: str) -> None:
    """Keep in mind where the conversion `key` was put; what is gone is forgotten."""
    with _lock:
        output = str(plan.output)
        others = [
            each for each in _read() if each["output"] != output and Path(each["output"], NAME).exists()
        ]
        new = {"key": key, "output": output, "source_bytes": _bytes(_all_files(plan.source))}
        try:
            write_atomic(_file(), json.dumps([new, *others], indent=1) + "\n")
        except Failure:
            return  # the next one takes its time again, and that is all


def put(found: Found, plan: ConversionPlan, cancel: Cancel) -> None:
    """Let `found` be the output of `plan`: where it is not already, as a copy whose digests are checked.

    Raises:
        Failure: it cannot be copied, or something else lies there.
        Cancelled: nothing is left.
        OSError: the disk is full.
    """
    if _same(found.output, plan.output):
        return
    refuse_existing(plan.output, plan.replace)
    with building(plan.output) as staging:
        copy = staging / "model"
        copy.mkdir()
        for name in (*found.manifest["files"], NAME):
            _copy(found.output / name, copy / name, cancel)
        if describe([copy / name for name in found.manifest["files"]], cancel) != found.manifest["files"]:
            raise Failure(f"{found.output} changed while it was copied.", "Try again, with --force.")
        refuse_existing(plan.output, plan.replace)
        put_in_place(copy, plan.output)


def _look(output: Path, key: str, cancel: Cancel, *, compared: bool | None, stays: bool) -> Found | None:
    """The output, if it is what it was when it was made; where it `stays`, its template may be another."""
    try:
        manifest = json.loads((output / NAME).read_text(encoding="utf-8"))
        names = {path.name for path in output.iterdir()} - {NAME}
        if manifest["key"] != key or not set(manifest["files"]) <= names:
            return None
        if manifest["parity"]["verdict"] not in _COUNTS[compared]:
            return None
        made = {name: _as_made(output / name) if stays else output / name for name in manifest["files"]}
        described = describe(made.values(), cancel)
        if {name: described[path.name] for name, path in made.items()} != manifest["files"]:
            return None
    except (OSError, ValueError, KeyError, TypeError, Failure):
        return None
    return Found(output, manifest, rewritten=any(path != output / name for name, path in made.items()))


def _as_made(file: Path) -> Path:
    """What holds a file's content as it was made: its original, where slmtui wrote over it since."""
    original = original_of(file)
    return original if original.exists() else file


def _copy(origin: Path, target: Path, cancel: Cancel) -> None:
    """Copy a file; where the file system can, both share their blocks."""
    with origin.open("rb") as read, target.open("xb") as written:
        if sys.platform == "linux":
            import fcntl

            try:
                fcntl.ioctl(written.fileno(), _FICLONE, read.fileno())
            except OSError:
                pass
            else:
                return
        while chunk := read.read(_CHUNK):
            cancel.check()
            written.write(chunk)
    shutil.copymode(origin, target)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _content(source: Mapping[str, Any]) -> dict[str, Any]:
    """A source by its bytes alone, wherever it lies."""
    base = source.get("base")
    files = {name: file["sha256"] for name, file in source["files"].items()}
    if source["format"] == "gguf":
        files = {"gguf": next(iter(files.values()), "")}
    return {"files": files, "base": _content(base) if base else None}


def _calibration(plan: ConversionPlan) -> str | None:
    """The digest of a calibration text, which a recipe names by its path."""
    path = str(plan.recipe.values.get("calibration_text") or "")
    if not path:
        return None
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return None


def _all_files(source: ModelSource) -> list[Path]:
    return [*source_files(source), *(_all_files(source.base) if source.base else ())]


def _bytes(files: list[Path]) -> int:
    try:
        return sum(path.stat().st_size for path in files)
    except OSError:
        return -1


def _file() -> Path:
    return cache_dir() / "conversions.json"


def _read() -> list[dict[str, Any]]:
    try:
        known = json.loads(_file().read_text(encoding="utf-8"))
        return [each for each in known if {"key", "output", "source_bytes"} <= set(each)]
    except (OSError, ValueError, TypeError):
        return []
