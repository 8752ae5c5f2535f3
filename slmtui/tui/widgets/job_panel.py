"""A job at work: stage, bar, time left, memory and CPU over time, and its log."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import ProgressBar, Static

from slmtui.events import Event, Usage
from slmtui.tui.format import MUTED, fit, icon, safe
from slmtui.tui.jobs import Job
from slmtui.units import duration, size

if TYPE_CHECKING:
    from textual.widgets import Sparkline

    from slmtui.tui.widgets.log_view import LogView

_ENDINGS = {
    "done": ("verified", "Done in"),
    "failed": ("failed", "Failed after"),
    "cancelled": ("unchecked", "Cancelled after"),
}


class JobPanel(Vertical):
    """Shows one job; `log=False` leaves the log out where a job has none."""

    DEFAULT_CSS = """
    JobPanel {
        height: auto;
        display: none;

        .job-stage { height: 1; }
        .job-bar { height: 1; width: 1fr; Bar { width: 1fr; } }
        .job-usage { height: 1; margin-top: 1; }
        .job-memory { width: 30; }
        .job-cpu { width: 12; margin-left: 2; }
        Sparkline { width: 1fr; height: 1; margin: 0; }
        LogView { margin-top: 1; }
    }
    .-short JobPanel .job-usage, .-short JobPanel LogView { margin-top: 0; }
    """

    def __init__(self, *, log: bool = True, usage: bool = True, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._with_log = log
        self._with_usage = usage
        self._shown: Job[Any] | None = None
        self._logged = 0

    def compose(self) -> ComposeResult:
        # What only some jobs show is imported with it: the first screen's panel has neither plots nor a log.
        yield Static(classes="job-stage")
        yield ProgressBar(total=100, show_eta=False, classes="job-bar")
        if self._with_usage:
            from textual.widgets import Sparkline

            with Horizontal(classes="job-usage"):
                yield Static(classes="job-memory")
                yield Sparkline([], summary_function=max, classes="job-memory-plot")
                yield Static(classes="job-cpu")
                yield Sparkline([], summary_function=max, classes="job-cpu-plot")
        if self._with_log:
            from slmtui.tui.widgets.log_view import LogView

            yield LogView()

    def show(self, job: Job[Any] | None, events: list[Event] | None = None) -> None:
        """Show a job's state; `events` are those that are new since the last call, None means all."""
        self.display = job is not None
        if job is None:
            self._shown = None
            return
        if self._with_log:
            self._show_log(job)
        self._shown = job
        self._show_stage(job)
        if self._with_usage:
            self.query_one(".job-usage").display = bool(job.usage)
            if job.usage and (events is None or any(isinstance(event, Usage) for event in events)):
                self._show_usage(job)

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)

    def on_resize(self) -> None:
        """Fit the line anew: the next tick may be a second away."""
        self._tick()

    def _tick(self) -> None:
        if self._shown is not None and self._shown.running and self.is_on_screen:
            self._show_stage(self._shown)

    def _show_log(self, job: Job[Any]) -> None:
        """Write what has come since the last time; events may have gone to another screen meanwhile."""
        log = cast("LogView", self.query_one("LogView"))
        if job is not self._shown:
            log.start(job.log)
        elif new := min(job.logged - self._logged, len(job.log)):
            log.add(islice(job.log, len(job.log) - new, None))
        self._logged = job.logged

    def _show_stage(self, job: Job[Any]) -> None:
        bar = self.query_one(ProgressBar)
        if job.running:
            progress = job.progress
            text = safe(progress.text) if progress else "Starting"
            room = (self.content_size.width or 200) - 2
            times = "  " + duration(job.seconds)
            if progress and progress.seconds_left is not None:
                left = f"about {duration(progress.seconds_left)} left"
                # Where there is no room for all, what it does and how long it takes is what people look for.
                times = (
                    f"{times}, {left}" if len(f"{times}, {left}") + cell_len(text) <= room else f"  {left}"
                )
            # File names can be long.
            text = fit(text[:1].upper() + text[1:], max(room - len(times), 10))
            parts: list[Any] = [icon("running"), " ", (text, "bold"), (times, MUTED)]
            if job.cancelling:
                parts = [icon("running"), " ", ("Cancelling", "bold")]
            fraction = progress.fraction if progress else None
            bar.update(total=None if fraction is None else 100, progress=100 * (fraction or 0))
        else:
            state, words = _ENDINGS[job.state]
            parts = [icon(state), " ", (f"{words} {duration(job.seconds)}", "bold")]
            if job.state == "done":
                bar.update(total=100, progress=100)
        bar.display = job.running
        self.query_one(".job-stage", Static).update(Content.assemble(*parts), layout=False)

    def _show_usage(self, job: Job[Any]) -> None:
        now = job.usage[-1]
        peak = max(sample.rss_bytes for sample in job.usage)
        self.query_one(".job-memory", Static).update(
            Content.assemble(
                ("memory ", MUTED),
                size(now.rss_bytes),
                (f"  peak {size(peak)}", MUTED),
            ),
            layout=False,
        )
        self.query_one(".job-cpu", Static).update(
            Content.assemble(("CPU ", MUTED), f"{now.cpu_percent:.0f} %"), layout=False
        )
        self._plot("memory").data = [s.rss_bytes for s in job.usage]
        self._plot("cpu").data = [s.cpu_percent for s in job.usage]

    def _plot(self, what: str) -> Sparkline:
        return cast("Sparkline", self.query_one(f".job-{what}-plot"))
