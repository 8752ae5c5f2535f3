"""What differs between two reports: the values, and how a difference is told from noise."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from slmtui.events import jsonable

Word: TypeAlias = Literal["better", "worse", "same"]


@dataclass(frozen=True, slots=True)
class Change:
    """One figure in both reports.

    Attributes:
        area: what it is part of: size, speed, quality and so on.
        what: the figure.
        word: better or worse, where it is beyond noise.
        before, now: for people, with their unit.
        ratio: now by before; not a number where there is none.
        why: what a difference had to exceed.
    """

    area: str
    what: str
    word: Word
    before: str
    now: str
    ratio: float
    why: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """All figures that both have; `notes` say what could not be compared, and why."""

    name: str
    at: str
    changes: tuple[Change, ...]
    notes: tuple[str, ...]

    @property
    def worse(self) -> tuple[Change, ...]:
        """What became worse beyond noise."""
        return tuple(change for change in self.changes if change.word == "worse")

    @property
    def better(self) -> tuple[Change, ...]:
        """What became better beyond noise."""
        return tuple(change for change in self.changes if change.word == "better")

    def to_json(self) -> dict[str, Any]:
        """As plain JSON, with the counts that a script asks for."""
        changes = [
            jsonable(change) | {"ratio": round(change.ratio, 4) if math.isfinite(change.ratio) else None}
            for change in self.changes
        ]
        return {
            "baseline": {"name": self.name, "at": self.at},
            "worse": len(self.worse),
            "better": len(self.better),
            "changes": changes,
            "notes": list(self.notes),
        }


def figure(
    area: str,
    what: str,
    before: float | None,
    now: float | None,
    allowed: float,
    said: Callable[[float], str],
    why: str,
    *,
    more_is_better: bool = False,
) -> Iterator[Change]:
    """The change of a figure, beyond noise if it differs by more than `allowed`; none if one is no number."""
    if before is None or now is None or not (math.isfinite(before) and math.isfinite(now)):
        return
    difference = now - before if more_is_better else before - now
    word: Word = "same" if not abs(difference) > allowed else "better" if difference > 0 else "worse"
    ratio = now / before if before else math.nan
    yield Change(area, what, word, said(before), said(now), ratio, why)
