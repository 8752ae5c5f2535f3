"""Environment: one row a check, with what was found, what is needed, and the fix."""

from __future__ import annotations

from collections.abc import Generator
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from slmtui.environment.check import Check
from slmtui.environment.doctor import checks, ready
from slmtui.events import Cancel, Event
from slmtui.tui.format import MUTED, fit, icon, safe
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
    for check in checks(cancel):
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
success and produce nothing. The `foundry` command is not needed; without it, slmtui deploys
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
        yield Static(id="columns")
        yield OptionList(id="checks", compact=True, markup=False)
        yield Static(id="reason")

    def body_ready(self) -> None:
        self.action_again()

    def on_resize(self) -> None:
        # The list has its new width only once the screen has been laid out again.
        if self._has_body:
            self.call_after_refresh(self._fill)

    @property
    def _list(self) -> OptionList:
        return self.query_one("#checks", OptionList)

    def show_state(self) -> None:
        super().show_state()
        self._show_verdict()

    def action_again(self) -> None:
        """Run all checks."""
        self._checks.clear()
        self._list.clear_options()
        self.slmtui.start_job(self.MODE, _examine)
        self._show_verdict()

    async def on_job(self, message: JobChanged) -> None:
        if message.job.station != self.MODE:
            return
        for event in message.events:
            if isinstance(event, CheckDone):
                self._checks[event.check.id] = event.check
        self._fill()
        self._show_verdict()

    def _fill(self) -> None:
        """One line a check, what needs attention first; columns as wide as the window allows."""
        order = {"fail": 0, "warn": 1}
        found = sorted(self._checks.values(), key=lambda check: order.get(check.status, 2))
        room = (self._list.content_size.width or 56) - 1  # the scrollbar's
        title = min(max((cell_len(check.title) for check in found), default=5), room * 2 // 5)
        value = (room - title - 6) * 3 // 5
        widths = (title, value, room - title - value - 6)
        header = Content.styled("  " + _columns(widths, "Check", "Found", "Needed"), "bold $text-primary")
        self.query_one("#columns", Static).update(header)
        options = self._list
        kept = options.highlighted_option.id if options.highlighted_option else None
        options.clear_options()
        options.add_options(Option(_row(check, widths), id=check.id) for check in found)
        ids = [check.id for check in found]
        if ids:
            options.highlighted = ids.index(kept) if kept in ids else 0

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
            self.set_primary("Continue", words, focus=self.focused is not self._list)
        else:
            self.slmtui.environment_state = "failed"
            hint = f"{fails} {'check stops' if fails == 1 else 'checks stop'} a deployment (✗)."
            self.set_primary("Continue anyway", hint, focus=False)
            self._list.focus()
            self._list.highlighted = 0
        self.query_one(Rail).refresh_states()

    @on(OptionList.OptionHighlighted, "#checks")
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        check = self._checks.get(event.option.id or "")
        if check is None:
            return
        found = Content.assemble(
            ("found ", MUTED), safe(check.found), ("  needed ", MUTED), safe(check.needed)
        )
        parts: list[Content] = [found, Content(safe(check.reason))]
        if check.fix:
            parts.append(Content.assemble(("→ ", "$text-accent"), safe(check.fix)))
        self.query_one("#reason", Static).update(Content("\n").join(parts))

    @on(OptionList.OptionSelected, "#checks")
    def _selected(self) -> None:
        self.action_proceed()

    def action_copy_fix(self) -> None:
        """Copy the fix of the highlighted check."""
        option = self._list.highlighted_option
        check = self._checks.get(option.id or "") if option else None
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


def _columns(widths: tuple[int, ...], *texts: str) -> str:
    """Texts cut and padded to their columns' widths, in cells."""
    return "  ".join(set_cell_size(text, width) for text, width in zip(texts, widths, strict=True))


def _row(check: Check, widths: tuple[int, int, int]) -> Content:
    """A check as one line."""
    colour = {"fail": "$text-error", "warn": "$text-warning"}.get(check.status, "$foreground")
    cells = [
        set_cell_size(fit(safe(text).replace("\n", " "), width), width)
        for text, width in zip((check.title, check.found, check.needed), widths, strict=True)
    ]
    return Content.assemble(
        icon(check.status), " ", cells[0], "  ", (cells[1], colour), "  ", (cells[2], MUTED)
    )
