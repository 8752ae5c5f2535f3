"""A deployment's plan: where it goes, what it takes, and every file with how it gets there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Vertical

from slmtui.tui.format import ago, short
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.table import Column, Row, Table
from slmtui.units import size

if TYPE_CHECKING:
    from slmtui.foundry.deploy import DeployPlan

_COLUMNS = (Column("File"), Column("Size", right=True), Column("How"), Column("There", muted=True))
_HOW = {"link": "hard link", "symlink": "symbolic link", "copy": "copy", "register": "stays"}


class PlanView(Vertical):
    """Shows a plan before anything happens."""

    DEFAULT_CSS = """
    PlanView {
        height: auto;
        display: none;
        #plan-files { height: auto; .table-rows { height: auto; max-height: 100; } }
    }
    """

    def __init__(self) -> None:
        super().__init__(id="plan-view")

    def compose(self) -> ComposeResult:
        yield Facts()
        yield Table(_COLUMNS, id="plan-files")

    def show(self, plan: DeployPlan | None) -> None:
        """Show a plan; None hides the view."""
        self.display = plan is not None
        if plan is not None:
            self.query_one(Facts).show(plan_rows(plan))
            self.query_one(Table).show(file_rows(plan))


def plan_rows(plan: DeployPlan) -> Iterator[tuple[str, str]]:
    """What it becomes, where, what it takes, and what is there already."""
    yield "becomes", plan.model_id
    if plan.method == "register":
        yield "stays in", short(plan.model_dir)
        yield "takes", "nothing: only the SDK's list changes"
    else:
        yield "at", short(plan.target)
        yield "takes", _room(plan)
    yield "but", plan.fallback
    if plan.resumes_bytes:
        yield "goes on", f"{size(plan.resumes_bytes)} are there from a copy that was interrupted"
    yield "there", _there(plan)


def _room(plan: DeployPlan) -> str:
    shared = f"; {size(plan.linked_bytes)} are linked" if plan.linked_bytes else ""
    count = len(plan.files)
    return f"{size(plan.needed_bytes)} of {size(plan.free_bytes)} free, {count} files{shared}"


def _there(plan: DeployPlan) -> str:
    if not plan.exists:
        return "nothing of that name and version"
    if plan.diff is None or plan.diff.nothing:
        return "the same, byte for byte; it is replaced only after a yes"
    count = len(plan.diff.files)
    differ = "1 file differs" if count == 1 else f"{count} files differ"
    return f"another one: {differ}; replaced only after a yes"


def file_rows(plan: DeployPlan) -> Iterator[Row]:
    """Every file that will be there, and those that will be there no longer."""
    from slmtui.foundry.copying import Piece
    from slmtui.foundry.scanner import INFERENCE_MODEL

    changes = {each.inside: each for each in plan.diff.files} if plan.diff else {}
    for inside, count in plan.files:
        linked = Piece(plan.model_dir / inside, inside, count).linked_by(plan.method)
        how = _HOW[plan.method] if linked or plan.method == "register" else "copy"
        if inside == INFERENCE_MODEL and plan.method != "register":
            how = "written"
        change = changes[inside].change if inside in changes else "same" if plan.exists else "new"
        yield Row(inside, "", (inside, size(count), how, "new" if change == "added" else change))
    for each in changes.values():
        if each.change == "removed":
            yield Row(each.inside, "", (each.inside, size(each.bytes_before or 0), "–", "removed"))


def deployed_rows(record: Mapping[str, Any], at: str) -> Iterator[tuple[str, str]]:
    """What has become of a plan, as a deployment has recorded it at the time `at`."""
    yield "deployed as", str(record.get("model_id", ""))
    yield "folder", short(record["target"])
    yield "how", str(record.get("method", ""))
    yield "verified", ago(str(record.get("verified_at", "")) or at)
