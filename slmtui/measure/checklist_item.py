"""The guide's quality checklist as a result: an item a line of it, with verdict, evidence and fix."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from slmtui.events import Status, Verdict, jsonable
from slmtui.measure.suite import SuiteScore

Word: TypeAlias = Literal["pass", "warn", "fail", "unchecked"]

# The checklist of the guide, in its order.
TITLES: Mapping[str, str] = {
    "questions": "Answers the questions of its domain correctly",
    "format": "Its answers have the expected form",
    "memory": "Leaks no memory in long use",
    "lengths": "Is the same over all input lengths",
    "edges": "Takes edge cases and invalid input",
}
_STATUS: Mapping[Word, Status] = {"pass": "ok", "warn": "warn", "fail": "fail", "unchecked": "unchecked"}


@dataclass(frozen=True, slots=True)
class Item:
    """One item. `figures` are what was measured, plain JSON with the unit in the name."""

    id: str
    title: str
    status: Word
    evidence: str
    fix: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)

    def as_verdict(self) -> Verdict:
        """As the other stations say theirs."""
        return Verdict(self.id, self.title, _STATUS[self.status], self.evidence, self.fix)


@dataclass(frozen=True, slots=True)
class Checklist:
    """All items, those that were not come to `unchecked`.

    Attributes:
        items: in the order of `TITLES`.
        suite: the answers of the model, None without a suite.
        control: those of its source, `base` those of an untuned model, None if not asked.
        suite_name: the suite's file name, "" without one.
        at: when, ISO 8601, UTC.
        seconds: how long it took.
        complete: False if it was stopped before the end.
    """

    items: tuple[Item, ...]
    suite: SuiteScore | None = None
    control: SuiteScore | None = None
    base: SuiteScore | None = None
    suite_name: str = ""
    at: str = ""
    seconds: float = 0.0
    complete: bool = True

    @property
    def failed(self) -> tuple[Item, ...]:
        """The items that failed."""
        return tuple(item for item in self.items if item.status == "fail")

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        scores = {name: getattr(self, name) for name in ("suite", "control", "base")}
        return {
            "items": [jsonable(item) for item in self.items],
            **{name: score.to_json() if score else None for name, score in scores.items()},
            "suite_name": self.suite_name,
            "at": self.at,
            "seconds": round(self.seconds, 2),
            "complete": self.complete,
        }

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> Checklist:
        """From what `to_json` gave."""
        fields: dict[str, Any] = {each.name: saved[each.name] for each in dataclasses.fields(cls)}
        fields["items"] = tuple(Item(**each) for each in saved["items"])
        for name in ("suite", "control", "base"):
            fields[name] = SuiteScore.from_json(saved[name]) if saved[name] else None
        return cls(**fields)


def item(
    name: str, status: Word, evidence: str, fix: str = "", figures: Mapping[str, Any] | None = None
) -> Item:
    """An item of the checklist, by its id."""
    return Item(name, TITLES[name], status, evidence, fix, figures or {})


def unchecked(name: str, why: str, fix: str = "") -> Item:
    """An item that was not come to."""
    return item(name, "unchecked", why, fix)
