"""What a rule found, and the edit that mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from slmtui.config.json_text import Keys, replace_member, set_at

Severity: TypeAlias = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Splice:
    """Put `text` in place of the characters from `start` to `end`."""

    start: int
    end: int
    text: str

    def apply(self, text: str) -> str:
        """`text` with the edit."""
        return text[: self.start] + self.text + text[self.end :]


@dataclass(frozen=True, slots=True)
class Put:
    """Make the value at `path` this one, be it there or not."""

    path: Keys
    value: Any

    def apply(self, text: str) -> str:
        """`text` with the edit."""
        return set_at(text, self.path, self.value)


@dataclass(frozen=True, slots=True)
class Swap:
    """Put `members` in place of the member at `path`; none of them: remove it."""

    path: Keys
    members: dict[str, Any]

    def apply(self, text: str) -> str:
        """`text` with the edit."""
        return replace_member(text, self.path, self.members)


Edit: TypeAlias = tuple[Splice | Put | Swap, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a configuration.

    An *error*: Olive refuses it, makes no model, or makes another than it says. A *warning*: it works, and
    may not do what its author expects. An *info*: worth knowing. `path` is spelled for people
    (`passes.builder.config`); lines and columns count from 1. `edit` does what `fix` says, None if only a
    person can.
    """

    severity: Severity
    path: str
    line: int
    column: int
    cause: str
    fix: str
    edit: Edit | None = None
