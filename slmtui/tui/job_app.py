"""Jobs belong to the app, not to a screen: leaving a screen leaves its work running."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from textual.timer import Timer

from slmtui.events import Cancel, Service
from slmtui.tui.early_keys import EarlyKeys
from slmtui.tui.jobs import Job, JobChanged

Result = TypeVar("Result")

# Jobs that call the user back at their end, by their station, and what they are called unless they say it.
_CALLS_BACK = {"convert": "conversion", "validate": "validation", "lab": "lab"}
PUMP_SECONDS = 1 / 20
# A collection of everything stops the event loop for some frames: it comes when nobody types and no job
# works, and else hardly ever.
_COLLECTOR = gc.get_threshold()
_HARDLY_EVER = (*_COLLECTOR[:2], 1_000)
_QUIET_SECONDS = 2.0


class JobApp(EarlyKeys):
    """An app whose stations each have one job at a time, and that tells the shown screen of them."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[tuple[str, str], Job[Any]] = {}
        self._pump_timer: Timer | None = None

    def on_mount(self) -> None:
        self._pump_timer = self.set_interval(PUMP_SECONDS, self._pump, pause=True)
        gc.set_threshold(*_HARDLY_EVER)
        self.set_interval(_QUIET_SECONDS, self._collect)

    def on_unmount(self) -> None:
        gc.set_threshold(*_COLLECTOR)

    def start_job(
        self,
        station: str,
        service: Callable[[Cancel], Service[Result]],
        on_done: Callable[[Result], None] | None = None,
        what: str = "",
    ) -> Job[Result]:
        """Run a service in a thread; a station has one job at a time.

        `what` it is called when it has ended, where it is not what its station mostly does.
        """
        running = self.job(station)
        if running is not None and running.running:
            return running
        job = Job(station, service, on_done, what or _CALLS_BACK.get(station, ""))
        self.jobs[self._job_key(station)] = job
        job.start()
        if self._pump_timer is not None:
            self._pump_timer.resume()
        self._tell(JobChanged(job, []))
        return job

    def job(self, station: str) -> Job[Any] | None:
        """The station's last job for the deployment in hand."""
        return self.jobs.get(self._job_key(station))

    def _job_key(self, station: str) -> tuple[str, str]:
        return station, self.job_owner(station)

    def job_owner(self, station: str) -> str:
        """The name of what a station's job is about, which has its own; without one all share it."""
        return ""

    def _pump(self) -> None:
        """Hand what the jobs' threads have collected to the shown screen."""
        busy = False
        for job in [job for job in self.jobs.values() if job.running]:
            events = job.take()
            busy = busy or job.running
            if events is None:
                continue
            looked_at = self.current_mode == job.station  # what is done now may lead elsewhere
            if job.state == "done" and job.on_done is not None:
                job.on_done(job.result)
            if job.what and job.state in ("done", "failed"):
                self._call_back(job, looked_at=looked_at)
            self._tell(JobChanged(job, events))
        if not busy and self._pump_timer is not None:
            self._pump_timer.pause()

    def _collect(self) -> None:
        """What the collector would have done by now, if this is a quiet moment."""
        quiet = time.monotonic() > self.typed_at + _QUIET_SECONDS
        works = any(job.running for job in self.jobs.values())
        if quiet and not works and gc.get_count()[2] >= _COLLECTOR[2]:
            gc.collect()

    def _call_back(self, job: Job[Any], *, looked_at: bool) -> None:
        """Such a job takes long enough to look elsewhere meanwhile."""
        from slmtui.tui.attention import call

        words = f"The {job.what} is done." if job.state == "done" else f"The {job.what} has failed."
        call(self, "slmtui", words)
        if not looked_at:
            self.notify(words, severity="information" if job.state == "done" else "error")

    def _tell(self, message: JobChanged) -> None:
        screen = next((s for s in reversed(self.screen_stack) if not s.is_modal), None)
        if screen is not None:
            screen.post_message(message)

    async def end_jobs(self, *ends: Callable[[], object]) -> tuple[str, ...]:
        """End every child at once, and what else `ends`; returns what is to be said of what they left."""
        if self._pump_timer is not None:
            self._pump_timer.stop()  # what is said from now on is for the last words
        running = [job for job in self.jobs.values() if job.running]
        stops = [*(job.stop_now for job in running), *ends]
        await asyncio.gather(*(asyncio.to_thread(stop) for stop in stops))
        return tuple(text for job in running for text in _left_behind(job))


def _left_behind(job: Job[Any]) -> Iterator[str]:
    """What a fix that was ended by quitting has changed by then: no screen is left to say it."""
    from slmtui.environment.mend import StateLeft

    for event in job.take() or ():
        if isinstance(event, StateLeft) and event.changed:
            yield event.text
