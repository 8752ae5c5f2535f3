"""FixPlan: a fix that can be read before anything happens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from slmtui.environment import installed

PlanKind: TypeAlias = Literal["install", "toolchain", "settings", "folder", "source-build"]
# What a step does: run its command, build the managed tool chain, take the interpreter out of the settings.
Does: TypeAlias = Literal["run", "build", "automatic"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a fix does.

    `command` is what is run, word for word. Where slmtui does it itself, the command does the same by hand,
    and is empty where there is none.
    """

    title: str
    command: tuple[str, ...] = ()
    does: Does = "run"

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
