"""Check: one thing looked at, what was found, what is needed, and how to mend the difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from slmtui.events import Event

CheckStatus: TypeAlias = Literal["ok", "warn", "fail", "skipped"]


@dataclass(frozen=True, slots=True)
class Check:
    """The verdict on one thing.

    `id` is stable, for scripts. `fail` stops a deployment, `warn` works but could be better, `skipped` is
    not needed here. `reason` is one sentence on why it matters or what follows; `fix` is an exact command
    where there is one, else what to do, and empty where nothing is to be mended.
    """

    id: str
    title: str
    status: CheckStatus
    found: str
    needed: str
    reason: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class CheckDone(Event):
    """One check has its verdict."""

    kind: ClassVar[str] = "check"
    check: Check
