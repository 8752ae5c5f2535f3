"""The same conversation put to several hosts at the same moment: two models, precisions or engines."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from slmtui.events import Cancel, Cancelled, Event, Failure, Progress, Service
from slmtui.runtime.answer import Answer
from slmtui.runtime.client import ModelHost
from slmtui.runtime.parameters import ChatParameters, Message

Outcome: TypeAlias = Answer | Failure


@dataclass(frozen=True, slots=True)
class Side(Event):
    """What one of the hosts says; `index` counts them from 0. Its `event` may be an `Ended`."""

    kind: ClassVar[str] = "side"
    index: int
    event: Event

    def as_json(self) -> dict[str, Any]:
        """The host's number, and its event beside it."""
        return {"event": self.kind, "index": self.index, "says": self.event.as_json()}


@dataclass(frozen=True, slots=True)
class Ended(Event):
    """A side has ended: with an answer and its figures, or with a failure's cause and fix."""

    kind: ClassVar[str] = "ended"
    answer: Answer | None
    cause: str = ""
    fix: str = ""


def side_by_side(
    hosts: Sequence[ModelHost], messages: Sequence[Message], parameters: ChatParameters, cancel: Cancel
) -> Service[tuple[Outcome, ...]]:
    """Let every host answer; models that are not loaded are loaded first, one after the other.

    All start at the same moment and share the machine: their figures compare with each other, not with those
    of a host that has it to itself. A host that fails leaves the others alone. Returns what came of each.
    Leaving the generator stops all of them.

    Raises:
        Cancelled: while a model was loaded.
    """
    outcomes: list[Outcome | None] = [None] * len(hosts)
    for index, host in enumerate(hosts):
        if not host.alive:
            yield Side(index, Progress("load", f"Loading {host.model_dir.name} with {host.title}"))
            try:
                host.load(cancel)
            except Failure as failure:
                outcomes[index] = failure
                yield Side(index, _ended(failure))
    said: queue.SimpleQueue[tuple[int, Event]] = queue.SimpleQueue()
    stop = Cancel()

    def answer(index: int) -> None:
        outcome = _outcome(hosts[index].chat(messages, parameters, stop, make_room=True), index, said)
        outcomes[index] = outcome
        said.put((index, _ended(outcome)))

    ready = [index for index, outcome in enumerate(outcomes) if outcome is None]
    threads = [threading.Thread(target=answer, args=(i,), name=f"side {i}", daemon=True) for i in ready]
    with cancel.calling(stop.set):
        for thread in threads:
            thread.start()
        waiting = len(threads)
        try:
            while waiting:
                index, event = said.get()
                waiting -= isinstance(event, Ended)
                yield Side(index, event)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    return tuple(outcome for outcome in outcomes if outcome is not None)


def _outcome(service: Service[Answer], index: int, said: queue.SimpleQueue[tuple[int, Event]]) -> Outcome:
    with contextlib.closing(service):
        while True:
            try:
                said.put((index, next(service)))
            except StopIteration as end:
                answer: Answer = end.value
                return answer
            except Failure as failure:
                return failure
            except Cancelled:
                return Failure("It was stopped.")
            except Exception as error:  # a side that nobody waits for any more would hang the others
                return Failure(f"{type(error).__name__}: {error}", "Try again.")


def _ended(outcome: Outcome) -> Ended:
    if isinstance(outcome, Failure):
        return Ended(None, outcome.cause, outcome.fix)
    return Ended(outcome)
