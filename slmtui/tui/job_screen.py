"""A station whose work is a job: cancel, progress and verdicts while it runs, and what came of it."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.widgets import Button

from slmtui.tui.jobs import Job, JobChanged
from slmtui.tui.station_screen import StationScreen
from slmtui.tui.widgets.job_panel import JobPanel
from slmtui.tui.widgets.verdicts import VerdictList


class JobScreen(StationScreen):
    """Expects one `JobPanel` and one `VerdictList` in the body."""

    def compose_actions(self) -> ComposeResult:
        yield Button("Cancel", id="cancel", compact=True)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.action_leave()

    async def on_job(self, message: JobChanged) -> None:
        job = message.job
        if job is not self.slmtui.job(self.MODE):
            return
        if job.running:
            self.query_one(JobPanel).show(job, message.events)
            self.query_one(VerdictList).show(job.verdicts)
            return
        if job.state == "failed":
            self.slmtui.reload_deployment()
        self.job_ended(job)
        self.show_state()

    def job_ended(self, job: Job[Any]) -> None:
        """What a station has to know before its state is shown."""
