"""One check in full, beside the list of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from slmtui.environment.check import Check
from slmtui.tui.format import icon, safe
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.plan_facts import check_rows, check_words

if TYPE_CHECKING:
    from slmtui.environment.fix_plan import FixPlan


class CheckDetail(VerticalScroll):
    """What was found, what is needed and why, and what would mend it; scrolls where it is long."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._shown: tuple[Check | None, FixPlan | None] | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="detail-title")
        yield Facts(id="facts")

    def show(self, check: Check | None, plan: FixPlan | None) -> None:
        """Show a check with its plan; None while there is none yet."""
        if self._shown == (check, plan):
            return
        self._shown = check, plan
        title = Content.assemble(icon(check.status), " ", (safe(check.title), "bold")) if check else ""
        self.query_one("#detail-title", Static).update(title)
        rows = check_rows(check, plan) if check else [("", "Still looking.")]
        self.query_one("#facts", Facts).show(rows)
        self.scroll_home(animate=False)

    def copy_fix(self) -> None:
        """Copy the fix of the check that is shown, if it has one."""
        check = self._check
        if check is not None and check.fix:
            self._copy(check.fix, "The fix is copied.")

    def copy_all(self) -> None:
        """Copy all that is known of the check that is shown."""
        if self._check is not None:
            self._copy(check_words(self._check), "The row is copied.")

    @property
    def _check(self) -> Check | None:
        return self._shown[0] if self._shown else None

    def _copy(self, text: str, words: str) -> None:
        self.app.copy_to_clipboard(text)
        self.notify(words)
