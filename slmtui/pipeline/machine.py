"""The machine: checked before anything is converted, mended after a yes, its tool chain built or removed."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from slmtui.config import locations
from slmtui.config.toolchain import Toolchain
from slmtui.conversion import warm
from slmtui.conversion.demand import demand
from slmtui.deployment import Deployment
from slmtui.environment.check import Check, CheckDone
from slmtui.environment.demand import Demand
from slmtui.environment.fix_plan import FixPlan
from slmtui.events import Cancel, Event, Failure, Service
from slmtui.pipeline.conversion import DEFAULT_PRECISION, default_output
from slmtui.source import samples
from slmtui.source.inspect import inspect

# `org/name`; what may be on this machine has been looked for before.
_ON_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


@dataclasses.dataclass(frozen=True, slots=True)
class PlanStarted(Event):
    """A fix that was agreed to begins."""

    kind: ClassVar[str] = "plan"
    plan: FixPlan
    number: int
    of: int


@dataclasses.dataclass(frozen=True, slots=True)
class Chosen:
    """A source that the machine is checked for: what it takes, or its name on the hub if it is there."""

    demand: Demand | None = None
    model_on_hub: str | None = None


def chosen(source: str, precision: str = DEFAULT_PRECISION, output: Path | None = None) -> Chosen:
    """What to check the machine for before `source` (a path, a sample's name, a hub id) is converted.

    Raises:
        Failure: there is no such source, or its headers cannot be read.
    """
    try:
        path = samples.resolve(source)
    except Failure:
        model, _, _ = source.strip().partition("@")
        if not _ON_HUB.fullmatch(model) or Path(model.partition("/")[0]).exists():
            raise
        return Chosen(model_on_hub=model)
    model_source = inspect(path)
    output = output or locations.models_dir() / model_source.name / precision
    return Chosen(demand(model_source, precision, output))


def chosen_for(deployment: Deployment, precision: str = DEFAULT_PRECISION) -> Chosen:
    """What to check the machine for before this deployment's source is converted."""
    return chosen(str(deployment.source), precision, default_output(deployment, precision))


def examine(cancel: Cancel, source: Chosen | None = None) -> Service[list[Check]]:
    """All checks of this machine, each told as a `CheckDone` when it is done."""
    from slmtui.environment.doctor import checks  # only who checks pays for it

    source = source or Chosen()
    done = []
    for check in checks(cancel, source.demand, source.model_on_hub):
        done.append(check)
        yield CheckDone(check)
    return done


def mend(plans: Sequence[FixPlan], cancel: Cancel, source: Chosen | None = None) -> Service[list[Check]]:
    """Carry out `plans`, one after the other, and check everything again; the first that fails ends it.

    Raises:
        Failure: a step failed; its cause ends with the state that was left.
        Cancelled: a `StateLeft` has said in which state.
    """
    from slmtui.environment.mend import mend as carry_out  # only who mends pays for it

    warm.end()  # it has imported what is about to be replaced
    for number, plan in enumerate(plans, 1):
        cancel.check()
        yield PlanStarted(plan, number, len(plans))
        yield from carry_out(plan, cancel, build_toolchain)
    return (yield from examine(cancel, source))


def build_toolchain(cancel: Cancel) -> Service[Toolchain]:
    """Make the managed tool chain, and prove it by converting a model of two random layers with it.

    Raises:
        Failure: a step failed; nothing unfinished is left, and what was in use before is so still.
        Cancelled: the same.
    """
    from slmtui.conversion import two_layers  # only who builds pays for it
    from slmtui.environment import managed

    warm.end()
    return (yield from managed.build(cancel, two_layers.prove))


def remove_toolchain() -> Service[tuple[Path, ...]]:
    """Remove the tool chain that slmtui manages; returns the folders that were there.

    Raises:
        Failure: a program runs with it.
    """
    from slmtui.environment import managed

    warm.end()  # the worker that merely waits for a conversion is no reason to keep it
    return (yield from managed.remove())
