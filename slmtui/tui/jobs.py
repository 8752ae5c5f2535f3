"""Jobs: services that run in a thread and belong to the app, whatever screen is shown.

A job's thread only collects events; the event loop takes them in batches, so that a flood of log lines or
tokens costs the screen a few repaints a second and never waits for it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, Literal, TypeVar

from textual.message import Message

from slmtui.config.mistakes import mistake
from slmtui.events import Cancel, Cancelled, Event, Failure, LogLine, Progress, Service, Usage, Verdict

Result = TypeVar("Result")
JobState = Literal["running", "done", "failed", "cancelled"]
LOG_LINES = 5_000
USAGE_SAMPLES = 600


class JobChanged(Message):
    """Posted to the shown screen whenever a job has said something or has ended."""

    def __init__(self, job: Job[Any], events: list[Event]) -> None:
        super().__init__()
        self.job = job
        self.events = events


class Job(Generic[Result]):
    """One service at work, and what it has said so far.

    Everything but the thread's own `_work` is touched by the event loop alone.
    """

    def __init__(
        self,
        station: str,
        service: Callable[[Cancel], Service[Result]],
        on_done: Callable[[Result], None] | None = None,
        what: str = "",
    ) -> None:
        self.station, self.what = station, what
        self.cancel = Cancel()
        self.state: JobState = "running"
        self.cancelling = False
        self.started = time.monotonic()
        self.ended: float | None = None
        self.progress: Progress | None = None
        self.log: deque[str] = deque(maxlen=LOG_LINES)
        self.logged = 0  # lines so far, those that the log has let go among them
        self.usage: deque[Usage] = deque(maxlen=USAGE_SAMPLES)
        self.verdicts: list[Verdict] = []
        self.result: Result | None = None
        self.failure: Failure | None = None
        self.on_done = on_done
        self._service = service
        self._events: deque[Event] = deque()
        self._outcome: tuple[JobState, Result | None, Failure | None] | None = None
        self._thread = threading.Thread(target=self._work, name=f"job {station}", daemon=True)

    @property
    def running(self) -> bool:
        """Whether it still works."""
        return self.state == "running"

    @property
    def seconds(self) -> float:
        """Seconds since it started, or that it took."""
        return (self.ended or time.monotonic()) - self.started

    def start(self) -> None:
        """Begin; the app calls it."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end; ending a process tree takes a moment, so a thread does it."""
        if self.running and not self.cancelling:
            self.cancelling = True
            threading.Thread(target=self.cancel.set, name="cancel", daemon=True).start()

    def stop_now(self) -> None:
        """Ask it to end and wait until what it waits for has been told (blocks; for quitting)."""
        self.cancelling = True
        self.cancel.set()
        # On a busy machine a fix needs seconds to end its processes and to see what they have left.
        self._thread.join(timeout=10)

    def take(self) -> list[Event] | None:
        """Apply what has come since the last call; None if nothing has."""
        ended = self._outcome is not None
        events = [self._events.popleft() for _ in range(len(self._events))]
        for event in events:
            match event:
                case LogLine():
                    self.log.append(event.text)
                    self.logged += 1
                case Usage():
                    self.usage.append(event)
                case Verdict():
                    self.verdicts.append(event)
                case Progress():
                    self.progress = event
        if ended and not self._events:
            assert self._outcome is not None
            self.state, self.result, self.failure = self._outcome
            self.ended = time.monotonic()
            return events
        return events or None

    def _work(self) -> None:
        try:
            service = self._service(self.cancel)
            while True:
                try:
                    self._events.append(next(service))
                except StopIteration as end:
                    self._outcome = ("done", end.value, None)
                    return
        except Cancelled:
            self._outcome = ("cancelled", None, None)
        except Failure as failure:
            # A child that was killed because the user cancelled has not failed.
            self._outcome = ("cancelled", None, None) if self.cancel.is_set else ("failed", None, failure)
        except Exception as error:
            # A mistake of ours must not take the app down with it.
            self._outcome = ("failed", None, mistake(error))
