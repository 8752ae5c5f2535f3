"""Carries a fix out: live output, progress, a log on the disk, and at the end what really changed."""

from __future__ import annotations

import importlib
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

from slmtui.config import locations
from slmtui.config.files import unwritable
from slmtui.environment.fix_plan import FixPlan
from slmtui.environment.fix_progress import StepProgress
from slmtui.environment.fix_source import build_folder
from slmtui.environment.fix_state import State, look
from slmtui.environment.step_run import run_step
from slmtui.events import Cancel, Cancelled, Event, Failure, Service

# Builds the managed tool chain and proves it; the proof converts a model, so it comes from floors above.
Build: TypeAlias = Callable[[Cancel], Service[Any]]


@dataclass(frozen=True, slots=True)
class StateLeft(Event):
    """The state a fix has left, however it ended.

    `text` is for people; `changed` has a line a change: `olive-ai 0.12.0 → 0.13.0`.
    """

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
    """Do what `plan` says; `build` is needed for the managed tool chain alone.

    A `StateLeft` is the last event in every case.

    Raises:
        Failure: a step failed; its cause ends with the state that was left.
        Cancelled: the steps' processes have ended, and `StateLeft` said what they had changed.
    """
    began, before = time.monotonic(), look(plan)
    log = locations.log_dir() / f"fix-{re.sub(r'[^a-z0-9.-]+', '-', plan.id.lower())}.log"
    try:
        try:
            yield from _carry_out(plan, cancel, build, log)
        finally:
            _tidy(plan, before)
    except Cancelled:
        yield _left(before, look(plan), ended_well=False)
        raise
    except Failure as problem:
        state = _left(before, look(plan), ended_well=False)
        yield state
        log_kept = problem.log or (log if log.is_file() else None)
        raise Failure(f"{problem.cause} {state.text}", problem.fix, log_kept) from problem
    state = _left(before, look(plan), ended_well=True)
    yield state
    return Mended(plan, state.changed, time.monotonic() - began, log if log.is_file() else None)


def _carry_out(plan: FixPlan, cancel: Cancel, build: Build | None, log: Path) -> Service[None]:
    cancel.check()
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        # Programs leave what they have unpacked behind when they are ended; this folder goes with it.
        with (
            log.open("w", encoding="utf-8", errors="replace") as file,
            tempfile.TemporaryDirectory(prefix="slmtui-fix-", ignore_cleanup_errors=True) as temporary,
        ):
            for number, step in enumerate(plan.steps):
                progress = StepProgress(step, number, len(plan.steps))
                yield progress.begun()
                if step.does == "build":
                    if build is None:
                        raise Failure(
                            "The managed tool chain cannot be built here.", "slmtui toolchain build"
                        )
                    yield from build(cancel)
                elif step.does == "automatic":
                    _take_out_of_settings()
                else:
                    yield from run_step(step, progress, cancel, file, Path(temporary))
                yield progress.done()
    except OSError as error:
        raise unwritable(log, error) from error


def _take_out_of_settings() -> None:
    from slmtui.config import settings

    settings.save(toolchain_python="")


def _tidy(plan: FixPlan, before: State) -> None:
    """Remove what pip set aside and could not remove since it was ended, and the folder of a build."""
    for left in look(plan).aside - before.aside:
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
    if plan.kind == "source-build":
        shutil.rmtree(build_folder(), ignore_errors=True)
    importlib.invalidate_caches()


def _left(before: State, after: State, *, ended_well: bool) -> StateLeft:
    changed = after.changes_since(before)
    if not changed:
        text = "Nothing had to be changed." if ended_well else "Nothing was changed."
    elif ended_well:
        text = f"Changed: {'; '.join(changed)}."
    else:
        text = f"It was left half done: {'; '.join(changed)}. The same fix again goes on from there."
    return StateLeft(text, changed)
