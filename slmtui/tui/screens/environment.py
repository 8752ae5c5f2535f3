"""Environment: one row a check, with what was found, what is needed, and the fix."""

from __future__ import annotations

from collections.abc import Generator
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import DataTable, Static

from slmtui.environment.check import Check
from slmtui.environment.doctor import checks, ready
from slmtui.events import Cancel, Event
from slmtui.tui.format import icon, safe
from slmtui.tui.jobs import JobChanged
from slmtui.tui.station_screen import StationScreen
from slmtui.tui.widgets.rail import Rail


class CheckDone(Event):
    """One check has its verdict."""

    kind = "check"

    def __init__(self, check: Check) -> None:
        object.__setattr__(self, "check", check)

    check: Check


def _examine(cancel: Cancel) -> Generator[Event, None, list[Check]]:
    """Run all checks, each told as it finishes."""
    done = []
    for check in checks():
        cancel.check()
        done.append(check)
        yield CheckDone(check)
    return done


class EnvironmentScreen(StationScreen):
    """What this machine has, against what a deployment needs."""

    MODE = "environment"
    HEADING = "Is this machine ready?"
    CSS_PATH = "environment.tcss"
    SCROLLS = False
    HELP = """\
## Environment

Every row is one check. ✓ is fine, ! works but could be better, ✗ stops a deployment, – was not needed here.

Move to a row to read why it matters and how to mend it. `c` copies the fix.

The packages are compared with the **tested version set**: with others, Olive and ONNX Runtime GenAI report
success and produce nothing. The `foundry` command exists for Windows and macOS; without it, slmtui deploys
through the Foundry Local SDK, which is part of the version set.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "again", "Check again", tooltip="Run all checks once more"),
        Binding("c", "copy_fix", "Copy fix", tooltip="Copy the highlighted check's fix"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._checks: dict[str, Check] = {}

    def compose_body(self) -> ComposeResult:
        table: DataTable[Content] = DataTable(id="checks", cursor_type="row", zebra_stripes=False)
        yield table
        yield Static(id="reason")

    def on_mount(self) -> None:
        table = self._table
        table.add_column(Content(""), key="status", width=1)
        for title in ("Check", "Found", "Needed"):
            table.add_column(Content(title), key=title.lower())
        self.action_again()

    @property
    def _table(self) -> DataTable[Content]:
        return self.query_one("#checks", DataTable)

    def show_state(self) -> None:
        super().show_state()
        self._show_verdict()

    def action_again(self) -> None:
        """Run all checks."""
        self._checks.clear()
        self._table.clear()
        self.slmtui.start_job(self.MODE, _examine)
        self._show_verdict()

    def on_job(self, message: JobChanged) -> None:
        if message.job.station != self.MODE:
            return
        for event in message.events:
            if isinstance(event, CheckDone):
                self._add(event.check)
        self._show_verdict()

    def _add(self, check: Check) -> None:
        self._checks[check.id] = check
        colour = {"fail": "$text-error", "warn": "$text-warning"}.get(check.status, "")
        self._table.add_row(
            icon(check.status),
            Content(safe(check.title)),
            Content.styled(safe(check.found), colour),
            Content.styled(safe(check.needed), "$text-muted"),
            key=check.id,
        )

    def _show_verdict(self) -> None:
        job = self.slmtui.job(self.MODE)
        if job is None or job.running:
            self.set_primary("Continue", "Checking", enabled=False)
            return
        found = list(self._checks.values())
        fails = sum(check.status == "fail" for check in found)
        warnings = sum(check.status == "warn" for check in found)
        if ready(found):
            self.slmtui.environment_state = "verified"
            words = "Ready." if not warnings else f"Ready, with {warnings} to look at (!)."
            self.set_primary("Continue", words, focus=self.focused is not self._table)
        else:
            self.slmtui.environment_state = "failed"
            hint = f"{fails} {'check stops' if fails == 1 else 'checks stop'} a deployment (✗)."
            self.set_primary("Continue anyway", hint, focus=False)
            self._table.focus()
            first = next(i for i, check in enumerate(found) if check.status == "fail")
            self._table.move_cursor(row=first)
        self.query_one(Rail).refresh_states()

    @on(DataTable.RowHighlighted, "#checks")
    def _row(self, event: DataTable.RowHighlighted) -> None:
        check = self._checks.get(str(event.row_key.value)) if event.row_key else None
        if check is None:
            return
        parts: list[Content] = [Content(safe(check.reason))]
        if check.fix:
            parts.append(Content.assemble(("→ ", "$text-accent"), safe(check.fix)))
        self.query_one("#reason", Static).update(Content("\n").join(parts))

    def action_copy_fix(self) -> None:
        """Copy the fix of the highlighted check."""
        table = self._table
        if not table.row_count:
            return
        key = table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value
        check = self._checks.get(str(key))
        if check is not None and check.fix:
            self.app.copy_to_clipboard(check.fix)
            self.notify("The fix is copied.")
        else:
            self.notify("This check has nothing to mend.")

    def proceed(self) -> None:
        if self.slmtui.deployment is None:
            self.go("start")
            self.notify("Choose a model first.")
        else:
            self.go(self.slmtui.next_mode())
