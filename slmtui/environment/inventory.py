"""Which packages an interpreter has, by their metadata folders, so that what a fix changed can be told."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from packaging.utils import canonicalize_name

# The specification of installed projects: `{name}-{version}.dist-info`; eggs are what setuptools made before.
_METADATA = re.compile(r"(?P<name>[^~-][^-]*)-(?P<version>[^-]+)(?:-py[\d.]+)?\.(?:dist|egg)-info")


class Found(NamedTuple):
    """A package's version, and when its metadata folder was written."""

    version: str
    written: int


Inventory: TypeAlias = Mapping[str, Found]


def inventory(paths: Iterable[str]) -> Inventory:
    """The packages on an interpreter's path, by their normalized names; the first of a name counts."""
    found: dict[str, Found] = {}
    for name, entry in _entries(paths):
        if match := _METADATA.fullmatch(name):
            written = entry.stat().st_mtime_ns
            found.setdefault(canonicalize_name(match["name"]), Found(match["version"], written))
    return found


def changes(before: Inventory, after: Inventory) -> tuple[str, ...]:
    """What became of each package that is not as it was: `olive-ai 0.12.0 → 0.13.0`."""
    lines = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old is None and new is not None:
            lines.append(f"{name} {new.version} installed")
        elif old is not None and new is None:
            lines.append(f"{name} {old.version} removed")
        elif old is not None and new is not None and old.version != new.version:
            lines.append(f"{name} {old.version} → {new.version}")
        elif old is not None and new is not None and old.written != new.written:
            lines.append(f"{name} {new.version} installed anew")
    return tuple(lines)


def set_aside(paths: Iterable[str]) -> frozenset[Path]:
    """What pip has renamed to `~…` before removing it; it stays when pip is ended in that moment."""
    return frozenset(Path(entry.path) for name, entry in _entries(paths) if name.startswith("~"))


def _entries(paths: Iterable[str]) -> Iterator[tuple[str, os.DirEntry[str]]]:
    for path in paths:
        try:
            with os.scandir(path or ".") as entries:
                yield from ((entry.name, entry) for entry in entries)
        except OSError:
            continue  # zip files and folders that do not exist are on every path
