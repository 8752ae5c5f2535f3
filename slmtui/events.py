"""What a station says while it works, and how it ends.

A service is a generator: it takes a plan, yields the events below and returns its result. The command
line iterates over it; the screens run it in a thread and post the events on. It ends in one of three
ways: it returns, it raises `Failure`, or it raises `Cancelled`.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeAlias, TypeVar

Status: TypeAlias = Literal["ok", "warn", "fail", "unchecked"]


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """One thing a running service has to say; `kind` is its name in JSON."""

    kind: ClassVar[str] = "event"

    def as_json(self) -> dict[str, Any]:
        """The event as one JSON object: `{"event": kind, …fields}`; paths become text."""
        fields: dict[str, Any] = jsonable(self)
        return {"event": self.kind} | fields


@dataclasses.dataclass(frozen=True, slots=True)
class Progress(Event):
    """How far the whole job is.

    `stage` is a stable identifier, `text` is for people, `fraction` runs from 0 to 1 over the whole job
    (None while unknown), `seconds_left` is an estimate in seconds (None while unknown).
    """

    kind: ClassVar[str] = "progress"
    stage: str
    text: str
    fraction: float | None = None
    seconds_left: float | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class LogLine(Event):
    """One line a tool printed, free of control sequences."""

    kind: ClassVar[str] = "log"
    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Usage(Event):
    """Memory (bytes, resident) and CPU (percent of one core) of a worker's process tree, now."""

    kind: ClassVar[str] = "usage"
    rss_bytes: int
    cpu_percent: float


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict(Event):
    """A proof that was tried: what was asked, how it went, what was seen, and what to do about it."""

    kind: ClassVar[str] = "verdict"
    id: str
    title: str
    status: Status
    evidence: str
    fix: str = ""


class Failure(Exception):
    """A job that cannot go on: the cause, the fix, and the log that has the whole story."""

    def __init__(self, cause: str, fix: str = "", log: Path | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.fix = fix
        self.log = log


class Cancelled(Exception):
    """The user asked a job to end, and it has ended."""


Result = TypeVar("Result")
Service: TypeAlias = Generator[Event, None, Result]


class Cancel:
    """The user's wish to stop, shared between the thread that works and the one that asks.

    A service that waits for a child registers what ends the wait with `calling`; one that loops asks
    `check` between its steps.
    """

    def __init__(self) -> None:
        self._flag = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], object]] = []

    @property
    def is_set(self) -> bool:
        """Whether the wish was spoken."""
        return self._flag.is_set()

    def set(self) -> None:
        """Ask the job to end; returns as soon as whatever it waits for was told."""
        with self._lock:
            self._flag.set()
            callbacks = list(self._callbacks)
        for callback in callbacks:
            callback()

    def check(self) -> None:
        """Raise `Cancelled` if the job was asked to end."""
        if self.is_set:
            raise Cancelled

    @contextmanager
    def calling(self, callback: Callable[[], object]) -> Iterator[None]:
        """Call `callback` (from the asking thread) if the wish is spoken inside the block."""
        with self._lock:
            already = self._flag.is_set()
            self._callbacks.append(callback)
        try:
            if already:
                callback()
            yield
        finally:
            with self._lock:
                self._callbacks.remove(callback)


def jsonable(value: Any) -> Any:
    """Turn dataclasses, paths, tuples and mappings into what `json.dumps` takes."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: jsonable(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [jsonable(item) for item in value]
    return value


def drain(service: Service[Result]) -> Result:
    """Run a service to its end for its result alone."""
    while True:
        try:
            next(service)
        except StopIteration as end:
            result: Result = end.value
            return result
