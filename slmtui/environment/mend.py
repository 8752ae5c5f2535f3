"""Carries a fix out: live output, progress, a log on the disk, and at the end what really changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

from slmtui.environment.fixes import FixPlan
from slmtui.events import Cancel, Event, Failure, Service

# Builds the managed tool chain and proves it; the proof converts a model, so it comes from floors above.
Build: TypeAlias = Callable[[Cancel], Service[Any]]


@dataclass(frozen=True, slots=True)
class StateLeft(Event):
    """The state a fix has left, however it ended: a sentence, and each change (`olive-ai 0.12.0 → 0.13.0`)."""

    kind: ClassVar[str] = "state"
    text: str
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mended:
    """A fix that was carried out; `changed` has one line a change, and is empty where there was none."""

    plan: FixPlan
    changed: tuple[str, ...]
    seconds: float
    log: Path | None


def mend(plan: FixPlan, cancel: Cancel, build: Build | None = None) -> Service[Mended]:
    """Do what `plan` says.

    A `StateLeft` is the last event in every case.

    Raises:
        Failure: a step failed; its cause ends with the state that was left.
        Cancelled: the steps' processes have ended, and `StateLeft` said what they had changed.
    """
    raise Failure("Not yet.")
    yield  # pragma: no cover
