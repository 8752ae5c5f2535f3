"""A fix at work, and what came of it."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from slmtui.events import Event
from slmtui.tui.format import MUTED, icon, safe, short
from slmtui.tui.jobs import Job
from slmtui.tui.widgets.job_panel import JobPanel
from slmtui.tui.workbench import Mending
from slmtui.units import duration


class MendingPanel(Vertical):
    """Which plan is carried out, how far it is, and what its commands print."""

    DEFAULT_CSS = """
    MendingPanel {
        height: 1fr;
        #mending-title { height: auto; text-style: bold; margin-bottom: 1; }
        #mending-job { height: 1fr; margin-bottom: 1; }
    }
    """

    def compose(self) -> ComposeResult:
        yield Static(id="mending-title", markup=False)
        yield JobPanel(usage=False, id="mending-job")

    def show(self, mending: Mending, job: Job[Any], events: list[Event] | None = None) -> None:
        """Show a fix; `events` are those that are new since the last call, None means all."""
        several = len(mending.titles) > 1
        number = f"{mending.at + 1} of {len(mending.titles)}: " if several else ""
        self.query_one("#mending-title", Static).update(number + safe(mending.titles[mending.at]))
        self.query_one(JobPanel).show(job, events)


class OutcomePanel(Static):
    """How the last fix ended, what is different now, and where its log is."""

    DEFAULT_CLASSES = "panel"
    DEFAULT_CSS = """
    OutcomePanel { border-left: thick $success; display: none; }
    OutcomePanel.-failed { border-left: thick $error; }
    OutcomePanel.-cancelled { border-left: thick $foreground-muted; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._shown: Job[Any] | None = None

    def show(self, mending: Mending | None, job: Job[Any] | None) -> None:
        """Show what came of it; nothing while it runs."""
        self.display = mending is not None and job is not None and not job.running
        if mending is None or job is None or job.running or self._shown is job:
            return
        self._shown = job
        self.set_class(job.state == "failed", "-failed")
        self.set_class(job.state == "cancelled", "-cancelled")
        state = mending.states[-1].text if mending.states else ""
        changed = ", ".join(mending.changed) or state or "Nothing had to change."
        lines: list[Content] = []
        match job.state:
            case "done":
                words = f"{mending.words[1]} in {duration(job.seconds)}."
                lines.append(Content.assemble(icon("ok"), " ", (words, "bold"), " ", safe(changed)))
            case "cancelled":
                lines.append(
                    Content.assemble(icon("unchecked"), " ", ("Cancelled.", "bold"), " ", safe(state))
                )
            case _:
                failure = job.failure
                assert failure is not None
                lines.append(Content.assemble(icon("failed"), " ", (safe(failure.cause), "bold")))
                if failure.fix:
                    lines.append(Content.assemble(("→ ", "$text-accent"), safe(failure.fix)))
        if job.state != "done" and job.log:
            log = f", kept in {short(job.failure.log)}" if job.failure and job.failure.log else ""
            lines.append(Content.styled(safe(f"l shows its output{log}"), MUTED))
        self.update(Content("\n").join(lines))
