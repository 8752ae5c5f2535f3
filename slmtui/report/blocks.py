"""What a report consists of for people: sections of a few kinds of blocks, which every renderer knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from slmtui.events import Verdict
from slmtui.report.document import Sample

Tone: TypeAlias = Literal["ok", "warn", "fail", "unchecked", "plain"]


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure or verdict of the summary."""

    label: str
    value: str
    detail: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    kind: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values."""

    kind: ClassVar[str] = "facts"
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings.

    `numbers` are the columns that are read from the right, `commands` those that hold something to run, and
    `tones` what each row says. With a `folded` title only those see the rows of a page who ask for them.
    """

    kind: ClassVar[str] = "table"
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    commands: tuple[int, ...] = ()
    tones: tuple[Tone, ...] = ()
    folded: str = ""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What was asked, how it went, and what to do about it."""

    kind: ClassVar[str] = "verdicts"
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Something to copy."""

    kind: ClassVar[str] = "code"
    title: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Said:
    """What was asked and answered."""

    kind: ClassVar[str] = "said"
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a plot.

    `low` and `high` are how far it was spread, `mark` a further point on it, all in the bar's unit; None
    where there is none. `text` is the value for people.
    """

    label: str
    value: float
    text: str
    low: float | None = None
    high: float | None = None
    mark: float | None = None
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Plot:
    """Bars from 0; only a page shows them, and a table beside it always has the figures as well."""

    kind: ClassVar[str] = "plot"
    title: str
    bars: tuple[Bar, ...]
    note: str = ""


Block: TypeAlias = Text | Facts | Table | Verdicts | Code | Said | Plot


@dataclass(frozen=True, slots=True)
class Section:
    """A headed part of the report; `id` is its anchor."""

    id: str
    title: str
    blocks: tuple[Block, ...]
