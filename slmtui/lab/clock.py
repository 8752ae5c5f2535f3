"""How far a whole lab is, and how long it still takes."""

from __future__ import annotations

import time
from collections.abc import Iterable

from slmtui.events import Progress
from slmtui.lab.plan import LabPlan, forecasts
from slmtui.lab.row import Step
from slmtui.lab.work import Job

STAGE = "lab"
_DOING: dict[Step, str] = {
    "conversion": "converting",
    "bench": "benchmark",
    "quality": "reading the text",
    "suite": "suite",
}


class Clock:
    """Weighs the steps that are to be done by their rows' forecasts, and follows their own progress."""

    def __init__(self, plan: LabPlan, waiting: Iterable[tuple[Job, set[Step]]]) -> None:
        seconds = {each.key: max(each.seconds, 1.0) for each in forecasts(plan)}
        self._weights = {
            (job.key, step): seconds[job.key] / len(job.steps)
            for job, done in waiting
            for step in job.steps
            if step not in done
        }
        self._total = sum(self._weights.values()) or 1.0
        self._over: set[tuple[str, Step]] = set()
        self._now: tuple[str, Step] | None = None
        self._doing = ""
        self._started = time.monotonic()

    def begin(self, key: str, step: Step, label: str) -> Progress:
        """A step begins."""
        self._now, self._doing = (key, step), f"{label}, {_DOING[step]}"
        return self._progress(self._doing)

    def end(self, key: str) -> Progress:
        """A row is over, with whatever was not done of it."""
        self._over |= {each for each in self._weights if each[0] == key}
        self._doing = ""
        return self._progress("The next variant")

    def done(self, key: str, step: Step) -> None:
        """A step is over."""
        self._over.add((key, step))

    def whole(self, progress: Progress) -> Progress:
        """The progress of the step that has begun last, as the lab's."""
        doing = f"{self._doing}: " if self._doing else ""
        return self._progress(doing + progress.text, progress.fraction or 0.0)

    def _progress(self, text: str, share: float = 0.0) -> Progress:
        done = sum(self._weights[each] for each in self._over)
        if self._now is not None and self._now not in self._over:
            done += self._weights[self._now] * share
        fraction = min(done / self._total, 1.0)
        # The forecast alone at first; the more is done, the more what it really took counts.
        left = (1 - fraction) * (time.monotonic() - self._started + (1 - fraction) * self._total)
        return Progress(STAGE, text, fraction, left)
