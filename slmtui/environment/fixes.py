"""What slmtui can mend, each fix as a plan that can be read before anything happens; `mend.py` carries it out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from slmtui.environment import installed
from slmtui.environment.check import Check

PlanKind: TypeAlias = Literal["install", "toolchain", "settings", "folder", "source-build"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a fix does. `command` is what is run, word for word; empty where slmtui does it itself."""

    title: str
    command: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The command as it can be pasted into a shell; what is done, where there is no command."""
        return installed.command_line(*self.command) if self.command else self.title


@dataclass(frozen=True, slots=True)
class FixPlan:
    """A fix that nobody has agreed to yet.

    `mends` are the ids of the checks it is for, `interpreter` is the Python whose packages change (None if
    none do); `downloads` and `changes` say in a sentence each what comes over the network and what will be
    different on this machine.
    """

    id: str
    title: str
    mends: tuple[str, ...]
    interpreter: Path | None
    steps: tuple[Step, ...]
    downloads: str
    changes: str
    kind: PlanKind


def plans(checks: Sequence[Check]) -> tuple[FixPlan, ...]:
    """The fixes for what `checks` found wrong, in the order they should run."""
    return ()


def for_check(check: Check, plans: Iterable[FixPlan]) -> FixPlan | None:
    """The plan that mends `check`; None where only its `fix` can be read."""
    return next((plan for plan in plans if check.id in plan.mends), None)
