"""What only the user can say about a source: where an adapter's base is, and what may be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Answers to what a source may ask.

    `base` is an adapter's base model as the user typed it. `allow_pickle` lets pickled weights be read (by
    torch's reader that makes tensors and nothing else). `allow_code` names the Python files that may be run.
    """

    base: str | None = None
    allow_pickle: bool = False
    allow_code: tuple[str, ...] = ()

    def as_record(self) -> dict[str, Any]:
        """What a deployment remembers of them: what was answered, nothing else."""
        said = {"base": self.base, "allow_pickle": self.allow_pickle, "allow_code": list(self.allow_code)}
        return {key: value for key, value in said.items() if value}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> SourceOptions:
        """The answers as a deployment remembers them."""
        base = record.get("base")
        return cls(
            base=str(base) if base else None,
            allow_pickle=bool(record.get("allow_pickle")),
            allow_code=tuple(str(name) for name in record.get("allow_code", ())),
        )


NOTHING_SAID = SourceOptions()
