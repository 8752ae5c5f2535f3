"""Where Foundry Local keeps models, and which of these folders slmtui takes unless told otherwise.

Every program has a cache folder of its own: the `foundry` command `~/.foundry/cache/models` unless it was
moved, an SDK application `~/.<app name>/cache/models`. A model deployed into one is not seen in the others.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from slmtui.config.locations import foundry_home
from slmtui.environment import foundry_command
from slmtui.foundry import ledger
from slmtui.foundry.index import INDEX
from slmtui.foundry.scanner import INFERENCE_MODEL


@dataclass(frozen=True, slots=True)
class CacheFolder:
    """A cache folder and how slmtui knows of it.

    `origin` is "foundry command", "Foundry Local default", "slmtui", "given", or, for an application that
    uses the SDK, its name with "application" in front.
    """

    path: Path
    origin: str


def cache_folders() -> tuple[CacheFolder, ...]:
    """The known cache folders, the default first; slmtui's own and the default one may not exist yet.

    Asks the `foundry` command, if there is one, which can take a second.
    """
    found: list[CacheFolder] = []
    if (asked := foundry_command.cache_location()) is not None:
        found.append(CacheFolder(asked, "foundry command"))
    standard = Path.home() / ".foundry" / "cache" / "models"
    if standard.is_dir():
        found.append(CacheFolder(standard, "Foundry Local default"))
    found.append(CacheFolder(foundry_home() / "cache" / "models", "slmtui"))
    found.extend(_of_applications())
    found.extend(CacheFolder(entry.cache_dir, "given") for entry in ledger.read().entries)
    first: dict[Path, CacheFolder] = {}
    for folder in found:
        first.setdefault(folder.path, folder)
    return tuple(first.values())


def _of_applications() -> Iterator[CacheFolder]:
    """The caches of programs that use the SDK: `~/.<app name>/cache/models`, where the SDK keeps them.

    Other programs have hidden folders of that shape; one with models or registrations in it is meant.
    """
    try:
        hidden = sorted(path for path in Path.home().iterdir() if path.name.startswith("."))
    except OSError:
        return
    for folder in hidden:
        cache = folder / "cache" / "models"
        with suppress(OSError):
            if folder.name != ".foundry" and cache.is_dir() and _is_foundrys(cache):
                yield CacheFolder(cache, f"application {folder.name[1:]}")


def _is_foundrys(cache: Path) -> bool:
    if (cache / INDEX).is_file():
        return True
    # The SDK's own downloads lie at Publisher/model/version; deeper than four nothing of it is.
    return any(
        next(cache.glob(f"{'*/' * depth}{INFERENCE_MODEL}"), None) is not None for depth in range(1, 5)
    )


def default_cache() -> CacheFolder:
    """The `foundry` command's cache, else Foundry Local's default one if it exists, else slmtui's own."""
    return cache_folders()[0]


def absolute_path(path: str | Path) -> Path:
    """`path` from the root, without `~` and `..`: the SDK registers no path with `..` in it."""
    return Path(os.path.normpath(Path(path).expanduser().absolute()))


def folder_of(path: str | Path) -> CacheFolder:
    """The cache folder at `path`, with its origin if slmtui knows it."""
    absolute = absolute_path(path)
    known = next((folder for folder in cache_folders() if folder.path == absolute), None)
    return known or CacheFolder(absolute, "given")
