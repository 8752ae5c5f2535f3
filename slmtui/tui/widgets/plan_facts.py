"""A check and a plan in full: what is wrong, what would be run, with what, and what it changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.content import Content

from slmtui.environment.check import Check
from slmtui.tui.format import MUTED, safe

if TYPE_CHECKING:
    from slmtui.environment.fixes import FixPlan

Row = tuple[str, str | Content]


def check_rows(check: Check, plan: FixPlan | None) -> Iterator[Row]:
    """A check in full; its plan where there is one, else what a person can do."""
    yield "found", check.found
    yield "needed", check.needed
    yield "why", check.reason
    if plan is None:
        yield "fix", Content.styled(safe(check.fix), "$text-accent") if check.fix else ""
    else:
        yield "f mends", Content.styled(safe(plan.title), "$text-accent")
        yield from plan_rows(plan)
    yield "", Content.styled("c copies the fix, y the whole row" if check.fix else "y copies the row", MUTED)


def plan_rows(plan: FixPlan) -> Iterator[Row]:
    """What comes of a plan, and what is run for it, with what."""
    yield "changes", plan.changes
    yield "download", plan.downloads
    for number, step in enumerate(plan.steps):
        yield "runs" if number == 0 else "then", step.line
    yield "python", str(plan.interpreter) if plan.interpreter else ""


def commands(plan: FixPlan) -> str:
    """The plan's commands, to be pasted into a shell."""
    return "\n".join(step.line for step in plan.steps if step.command)


def check_words(check: Check) -> str:
    """A check in full, to be pasted somewhere."""
    rows = (("check", check.title), ("status", check.status), ("found", check.found))
    more = (("needed", check.needed), ("why", check.reason), ("fix", check.fix))
    return "\n".join(f"{name}: {text}" for name, text in (*rows, *more) if text)
