"""The question before a deployed model is replaced: every file that differs, and how its JSON does."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, Static

from slmtui.foundry.differences import Diff
from slmtui.tui.format import short
from slmtui.tui.screens.dialog import Dialog
from slmtui.tui.screens.diff import coloured
from slmtui.tui.widgets.facts import Facts
from slmtui.units import size

if TYPE_CHECKING:
    from slmtui.foundry.deploy import DeployPlan
    from slmtui.foundry.differences import FileChange


class ReplaceScreen(Dialog[bool]):
    """Ends with True only after a yes; Enter alone keeps what is there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,escape", "answer(False)", "No"),
    ]

    def __init__(self, plan: DeployPlan) -> None:
        super().__init__()
        self._plan = plan

    def compose_body(self) -> ComposeResult:
        yield Static(id="replace-lead", classes="dialog-lead", markup=False)
        yield Facts(id="replace-files")
        yield Static("inference_model.json", id="replace-json", classes="dialog-heading")
        yield Static(id="replace-diff")

    def compose_actions(self) -> ComposeResult:
        yield Button("Keep it", id="no", variant="primary", compact=True)
        yield Button("Replace", id="yes", compact=True)

    def on_mount(self) -> None:
        plan, diff = self._plan, self._plan.diff or Diff((), "")
        self.query_one("#replace-lead", Static).update(
            f"{short(plan.target)} is there already; {_words(diff)}. "
            "The old one makes way only once the new one loads and answers; it does not come back."
        )
        self.query_one("#replace-files", Facts).show((each.inside, _change(each)) for each in diff.files)
        self.query_one("#replace-json").display = bool(diff.inference_model)
        self.query_one("#replace-diff", Static).update(coloured(diff.inference_model))
        self.ask(f"Replace {plan.model_id}?", "#no")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        """Answer by a key."""
        self.dismiss(yes)


def _words(diff: Diff) -> str:
    count = len(diff.files)
    if not count:
        return "the new one is the same, byte for byte"
    return "1 file differs" if count == 1 else f"{count} files differ"


def _change(change: FileChange) -> str:
    before, after = change.bytes_before, change.bytes_after
    if before is None:
        return f"added, {size(after or 0)}"
    if after is None:
        return f"removed, {size(before)}"
    return f"changed, {size(before)} → {size(after)}" if before != after else f"changed, {size(after)}"
