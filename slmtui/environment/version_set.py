"""The version set: reads `versions.toml`, which holds it with its evidence."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from packaging.specifiers import SpecifierSet

Role: TypeAlias = Literal["deploy", "gguf", "screens", "base"]
FILE = Path(__file__).with_name("versions.toml")


@dataclass(frozen=True, slots=True)
class Package:
    """A package of the set: its name for pip, its module, the versions tested, what it is for and why so."""

    name: str
    module: str
    version: SpecifierSet
    role: Role
    reason: str
    evidence: str = ""
    workers: bool = False

    @property
    def for_workers(self) -> bool:
        """Whether the interpreter that runs Olive and the runtimes has to have it."""
        return self.workers or self.role in ("deploy", "gguf")

    @property
    def requirement(self) -> str:
        """What to give to pip: `olive-ai==0.13.0`."""
        return f"{self.name}{self.version}"


@dataclass(frozen=True, slots=True)
class KnownBad:
    """A combination that ends badly: `package` at `versions`, while all of `beside` are installed."""

    package: str
    versions: SpecifierSet
    beside: Mapping[str, SpecifierSet]
    message: str
    consequence: str
    evidence: str


@dataclass(frozen=True, slots=True)
class PythonRange:
    """The Pythons that every package has wheels for: from `minimum`, below `below`; `best` to recommend."""

    minimum: tuple[int, ...]
    below: tuple[int, ...]
    best: str

    @property
    def text(self) -> str:
        """For people: 3.11 to 3.14."""
        last = f"{self.below[0]}.{self.below[1] - 1}"
        return f"{'.'.join(map(str, self.minimum))} to {last}"


@dataclass(frozen=True, slots=True)
class Platforms:
    """Systems, as in wheel names, with wheels for the whole set; and why others are `without`."""

    wheels: tuple[str, ...]
    without: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Build:
    """How `package` is built from source, what its build needs, and the systems that have `wheels` anyway."""

    package: str
    repository: str
    branch: str
    needs: tuple[str, ...]
    wheels: tuple[str, ...]
    evidence: str


@dataclass(frozen=True, slots=True)
class VersionSet:
    """All that `versions.toml` says."""

    python: PythonRange
    platforms: Platforms
    build: Build
    packages: tuple[Package, ...]
    known_bad: tuple[KnownBad, ...]


@functools.cache
def version_set() -> VersionSet:
    """The version set slmtui was tested with."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    python, platforms, build = data["python"], data["platforms"], data["build"]
    return VersionSet(
        PythonRange(_numbers(python["minimum"]), _numbers(python["below"]), python["best"]),
        Platforms(tuple(platforms["wheels"]), platforms["without"]),
        Build(**{**build, "needs": tuple(build["needs"]), "wheels": tuple(build["wheels"])}),
        tuple(_package(entry) for entry in data["package"]),
        tuple(_known_bad(entry) for entry in data["known-bad"]),
    )


def _package(entry: dict[str, Any]) -> Package:
    return Package(**{**entry, "version": SpecifierSet(entry["version"])})


def _known_bad(entry: dict[str, Any]) -> KnownBad:
    beside = {name: SpecifierSet(versions) for name, versions in entry["beside"].items()}
    return KnownBad(**{**entry, "versions": SpecifierSet(entry["versions"]), "beside": beside})


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
