"""How far a fix is, read from what pip, uv, CMake and its builders print."""

from __future__ import annotations

import re
import time

from slmtui.environment.fix_plan import Step
from slmtui.events import Progress

# Within a step that installs: collecting and downloading is most of it, installing the rest.
_COLLECTED = 0.7
_NAMED = re.compile(
    r"\s*(?:(?:Collecting|Requirement already satisfied:) |Processing (?:.*/)?(?=[^/]+\.whl))"
    r"([A-Za-z0-9._-]+?)(?=[\s=<>!~\[]|-\d|$)"
)
_DOWNLOADING = re.compile(r"\s*Downloading (?:\S*/)?([^\s/]+ \([^)]*\))")
_INSTALLING = re.compile(r"Installing collected packages: (.+)")
# Ninja: [12/340] Building…; make: [ 12%] Building…
_BUILT = re.compile(r"\[\s*(?:(\d+)/(\d+)|(\d+)%)\]")


class StepProgress:
    """Turns the lines of one step into progress of the whole fix."""

    def __init__(self, step: Step, number: int, of: int) -> None:
        self._number, self._of = number, of
        self._title = step.title
        self._wanted = max(1, sum(bool(re.search(r"[=<>]=|[<>]", word)) for word in step.command))
        self._named: set[str] = set()
        self._building_since: float | None = None
        self._within = 0.0

    def begun(self) -> Progress:
        """The step begins."""
        return self._at("begin", self._title, 0.0)

    def done(self) -> Progress:
        """The step has ended well."""
        return self._at("done", self._title, 1.0)

    def read(self, line: str) -> Progress | None:
        """What a line tells, if it tells anything."""
        if match := _NAMED.match(line):
            self._named.add(match[1].lower())
            share = _COLLECTED * min(1.0, len(self._named) / self._wanted)
            return self._at("collect", f"collecting {match[1]}", share)
        if match := _DOWNLOADING.match(line):
            return self._at("download", f"downloading {match[1]}", self._within)
        if match := _INSTALLING.match(line):
            first, *others = match[1].split(", ")
            more = f" and {len(others)} more" if others else ""
            return self._at("install", f"installing {first}{more}", _COLLECTED)
        if match := _BUILT.match(line):
            share = int(match[3]) / 100 if match[3] else int(match[1]) / max(1, int(match[2]))
            return self._at("build", self._title, share, self._left(share))
        return None

    def _at(self, stage: str, text: str, within: float, left: float | None = None) -> Progress:
        self._within = max(self._within, min(within, 1.0))  # a build counts anew for each of its parts
        return Progress(stage, text, (self._number + self._within) / self._of, left)

    def _left(self, share: float) -> float | None:
        """Seconds left of a build, once it has gone on long enough to tell."""
        now = time.monotonic()
        self._building_since = self._building_since or now
        passed = now - self._building_since
        return passed * (1 - share) / share if share > 0.05 and passed > 1 else None
