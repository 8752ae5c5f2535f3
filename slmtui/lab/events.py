"""What a lab says while it works, besides progress and the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from slmtui.events import Event
from slmtui.lab.row import VariantResult


@dataclass(frozen=True, slots=True)
class RowChanged(Event):
    """A row has begun, has one more step, or has ended; `number` of `of`, from 1."""

    kind: ClassVar[str] = "variant"
    row: VariantResult
    number: int
    of: int

    def as_json(self) -> dict[str, Any]:
        """The row without what its steps have found in full."""
        return {"event": self.kind, "number": self.number, "of": self.of, **self.row.summary()}
