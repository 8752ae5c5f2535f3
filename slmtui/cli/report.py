"""What a command says: JSON on standard output for programs, or tables and progress for people.

With `--json` standard output holds JSON only, ASCII so that it survives every encoding on the way: one
object, or one a line for a stream, each line flushed. A stream ends with a `finished` event that always has
the same keys. What people need to know goes to standard error in both cases.
"""

from __future__ import annotations

import errno
import json
import math
import os
import sys
import threading
import time
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from typing import IO, Any, TypeVar

from slmtui.cli.progress import ProgressLine
from slmtui.events import Event, Failure, Progress, Service, Verdict, jsonable
from slmtui.text import plain

Result = TypeVar("Result")


class ReaderGone(Exception):
    """Whoever read standard output has closed it: there is nobody left to work for."""


class Report:
    """The voice of one command."""

    def __init__(self, as_json: bool, out: IO[str] | None = None, err: IO[str] | None = None) -> None:
        self.json = as_json
        self._out = _prepared(out or sys.stdout)
        self._err = _prepared(err or sys.stderr)
        self._lock = threading.RLock()
        self._closed = False
        self._started = time.monotonic()
        self._finished_fields: dict[str, Any] | None = None
        # A progress line and JSON lines on one screen would write into each other.
        self._progress = None if as_json and self._out.isatty() else ProgressLine(self._err)

    # Streams of events

    def begin(self, **fields: Any) -> None:
        """Make this a stream whose `finished` event has these keys; `update` fills them in."""
        self._finished_fields = fields

    def update(self, **fields: Any) -> None:
        """Fill in what the `finished` event will say."""
        assert self._finished_fields is not None  # noqa: S101
        self._finished_fields |= jsonable(fields)

    @property
    def seconds(self) -> float:
        """Seconds since the command started."""
        return time.monotonic() - self._started

    @property
    def to_terminal(self) -> bool:
        """Whether what is written is seen on a terminal, which obeys what stands in it."""
        return self._out.isatty()

    def follow(self, service: Service[Result], say: Callable[[Event], None] | None = None) -> Result:
        """Run a service to its end, saying what it says (by `say`, if given).

        It is ended properly, too, when nobody listens any more.
        """
        say = say or self.event
        with closing(service):
            while True:
                try:
                    event = next(service)
                except StopIteration as end:
                    result: Result = end.value
                    return result
                say(event)

    def event(self, event: Event) -> None:
        """Say one event: a JSON line, or for people what they want to know of it."""
        if self.json:
            self._print_json(event.as_json())
        if isinstance(event, Progress) and self._progress is not None:
            with self._lock:
                self._progress.show(event)
        elif isinstance(event, Verdict) and not self.json:
            self.note(f"{event.status:<9} {event.title}: {event.evidence}")
            if event.fix and event.status != "ok":
                self.note(f"{'':<9} fix: {event.fix}")

    def working(self, text: str) -> None:
        """Tell people what they wait for, where there is no event that does."""
        if self._progress is not None:
            with self._lock:
                self._progress.show(Progress(text, text))

    def finished(self) -> None:
        """End a stream well."""
        self._finish("ok", None)

    def failed(self, failure: Exception) -> None:
        """Say why it cannot go on: to people, and to programs as the last object."""
        failure = failure if isinstance(failure, Failure) else Failure(str(failure))
        self.note(f"error: {failure.cause}")
        if failure.fix:
            self.note(f"fix: {failure.fix}")
        if failure.log:
            self.note(f"log: {failure.log}")
        self._finish("failed", failure)

    def cancelled(self) -> None:
        """Say that the user's wish to stop was heard, as the last thing."""
        if not self._closed:
            self.note("cancelled")
        self._finish("cancelled", None)

    def _finish(self, status: str, failure: Failure | None) -> None:
        # The main thread speaks for a command that hangs, perhaps in the middle of a line.
        if not self._lock.acquire(timeout=1):
            return
        try:
            if self.json and not self._closed:
                end: dict[str, Any] = {"status": status}
                if self._finished_fields is not None:
                    end = {"event": "finished", "status": status, **self._finished_fields}
                    if "seconds" in end and end["seconds"] is None:
                        end["seconds"] = round(self.seconds, 2)
                end |= {
                    "cause": failure.cause if failure else None,
                    "fix": (failure.fix or None) if failure else None,
                    "log": failure.log if failure and failure.log else end.get("log"),
                }
                self._print_json(end)
            self._closed = True
        finally:
            self._lock.release()

    # One object, text and tables

    def object(self, value: Mapping[str, Any]) -> None:
        """Say the one JSON object that a command consists of; no other follows, whatever happens."""
        self._print_json(value)
        self._closed = True

    def line(self, text: str = "") -> None:
        """Say a line on standard output, without the control sequences it may hold."""
        self.write(_harmless(text) + "\n")

    def write(self, text: str) -> None:
        """Write text as it comes: into a file or pipe unchanged, to a terminal without control sequences."""
        if self._out.isatty():
            text = _harmless(text)
        with self._lock:
            if self._progress is not None:
                self._progress.clear()
            self._put(text)

    def pairs(self, rows: Iterable[tuple[str, str]]) -> None:
        """Say names and values in two aligned columns."""
        self.table((), [row for row in rows if row[1]])

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Say rows in aligned columns."""
        cells = [[plain(cell) for cell in row] for row in ([headings] if headings else []) + list(rows)]
        widths = [max(map(_columns, column)) for column in zip(*cells, strict=True)]
        for row in cells:
            padded = [cell + " " * (width - _columns(cell)) for cell, width in zip(row, widths, strict=True)]
            self.line("  ".join(padded).rstrip())

    def note(self, text: str) -> None:
        """Say a line on standard error, without the control sequences it may hold."""
        with self._lock:
            if self._progress is not None:
                self._progress.clear()
            try:
                print(_harmless(text), file=self._err, flush=True)
            except OSError:
                return  # nobody reads standard error; that is no reason to end the work

    def _print_json(self, value: Mapping[str, Any]) -> None:
        text = json.dumps(_finite(jsonable(value)), default=str)
        with self._lock:
            if not self._closed:
                self._put(text + "\n")

    def _put(self, text: str) -> None:
        try:
            self._out.write(text)
            self._out.flush()
        except OSError as error:
            # A closed pipe is EPIPE, on Windows EINVAL.
            if isinstance(error, BrokenPipeError) or error.errno == errno.EINVAL:
                raise ReaderGone from error
            self._closed = True
            raise Failure(
                f"Standard output cannot be written: {error.strerror or error}.",
                "Free some room where it goes, or send it elsewhere.",
            ) from error


def _prepared(stream: IO[str] | None) -> IO[str]:
    """`stream`, made to take any character; in place of one that the caller has closed, the null device."""
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        # A terminal knows its encoding; into files and pipes goes UTF-8 on every system.
        reconfigure(errors="replace", **({} if stream.isatty() else {"encoding": "utf-8"}))
    return stream


def _harmless(text: str) -> str:
    """`text` with its line ends, but without control sequences."""
    return "\n".join(plain(part) for part in text.split("\n"))


def _columns(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) != 0 for c in text)


def _finite(value: Any) -> Any:
    """`value` with null for infinities and not-a-number, which JSON has no words for."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value
