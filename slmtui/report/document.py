"""A report as a value: everything that is known of a converted model, for any renderer to show."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from slmtui.events import Verdict, jsonable
from slmtui.measure.bench_figures import BenchResult
from slmtui.measure.checklist_item import Checklist
from slmtui.measure.quality_figures import Quality
from slmtui.report.decode import decode

FORMAT, VERSION = "slmtui-report", 1
Unit: TypeAlias = Literal["bytes", "seconds"]


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the report was made, in general terms: no names."""

    system: str
    processor: str
    memory: str
    python: str

    @property
    def text(self) -> str:
        """In one line."""
        return ", ".join(part for part in (self.system, self.processor, f"{self.memory} memory") if part)


@dataclass(frozen=True, slots=True)
class File:
    """One file of a source: what tells it from any other."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Source:
    """What was converted, as its manifest recorded it; `name` is a sample's, a hub id, or the folder's.

    An adapter has a `base`.
    """

    name: str
    format: str
    architecture: str
    parameters: int
    dtype: str
    licence: str | None
    files: tuple[File, ...]
    base: Source | None = None

    @property
    def bytes(self) -> int:
        """Of all its files."""
        return sum(file.bytes for file in self.files)


@dataclass(frozen=True, slots=True)
class Model:
    """What was made.

    Attributes:
        folder: where it is, below the home folder as `~`, else the folder's name.
        bytes: of its files.
        context: tokens it can hold, None if it does not say.
        precision, recipe: "" where no manifest says them.
        own_configuration: whether a configuration of the user's made it, in place of a recipe.
        passes: Olive's, by name.
        made_at: ISO 8601, UTC.
        seconds, peak_rss_bytes: what the conversion took; None if not recorded.
        versions: of the packages that made it.
        key: the manifest's name for source, recipe and versions together.
    """

    folder: str
    bytes: int
    context: int | None = None
    precision: str = ""
    recipe: str = ""
    own_configuration: bool = False
    passes: Mapping[str, Any] = field(default_factory=dict)
    made_at: str = ""
    seconds: float | None = None
    peak_rss_bytes: int | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Foretold:
    """A figure that was forecast, beside what came: None where one of them is not known."""

    what: str
    unit: Unit
    forecast: float | None
    truth: float | None


@dataclass(frozen=True, slots=True)
class Parity:
    """The comparison with the source that ended the conversion, as it was recorded."""

    verdict: str
    reason: str = ""
    cosine: float | None = None
    top1: float | None = None
    kl_mean: float | None = None
    kl_p99: float | None = None
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Deployed:
    """How it is deployed; `checked_at` is when the verdicts were spoken, "" if that is not known."""

    model_id: str
    method: str
    checked_at: str
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """Something to run, with a sentence on what it does; `lines` is for a shell, or a file's text."""

    title: str
    lines: str
    language: str = "console"


@dataclass(frozen=True, slots=True)
class Sample:
    """A question, what the model said, and what is to be known of that."""

    origin: str
    question: str
    answer: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """What was not measured, and the command that measures it."""

    what: str
    command: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything known of a model; None and empty is what was not measured (`missing` says how to).

    Attributes:
        name: the deployment's, else the folder's.
        at: when the report was made, ISO 8601, UTC.
        slmtui: the version that made it.
        template: the verdicts on the prompt template.
        notes: what has to be known to read it, in sentences.
    """

    name: str
    at: str
    slmtui: str
    machine: Machine
    model: Model
    source: Source | None = None
    commands: tuple[Command, ...] = ()
    forecast: tuple[Foretold, ...] = ()
    conversion: tuple[Verdict, ...] = ()
    parity: Parity | None = None
    template: tuple[Verdict, ...] = ()
    deployed: Deployed | None = None
    bench: BenchResult | None = None
    quality: Quality | None = None
    checklist: Checklist | None = None
    samples: tuple[Sample, ...] = ()
    missing: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As plain JSON, with its form and version; what is not a number is null."""
        document: dict[str, Any] = jsonable(self)
        for name in ("bench", "quality", "checklist"):
            found = getattr(self, name)
            document[name] = found.to_json() if found else None
        return {"format": FORMAT, "version": VERSION, **_finite(document)}

    @classmethod
    def from_json(cls, document: Any) -> Report:
        """What `to_json` wrote; keys that this version does not know are left out.

        Raises:
            ValueError: something is missing or of the wrong kind; it says what.
        """
        return decode(cls, document, "the report")


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
