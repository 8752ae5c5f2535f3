"""What measuring says of each deployment's model, for the rail; it lies on the disk, so a thread reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slmtui.deployment import Deployment
from slmtui.events import Failure

if TYPE_CHECKING:
    from slmtui.pipeline import Measurements


def look(deployment: Deployment) -> Measurements:
    """What was measured of the model that a deployment stands for; blocks. Nothing, if there is no model."""
    from slmtui import pipeline  # its imports are made by the thread: no screen waits for them

    try:
        return pipeline.measurements(pipeline.chat_target(deployment))
    except Failure:
        return pipeline.Measurements()


class Measured:
    """The word for each deployment: verified or failed, or nothing before its checklist is complete."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}

    def note(self, name: str, found: Measurements) -> None:
        """Remember what was found."""
        checklist = found.checklist
        if checklist is not None and checklist.failed:
            self._words[name] = "failed"
        elif checklist is not None and checklist.complete:
            self._words[name] = "verified"
        else:
            self._words.pop(name, None)

    def state(self, deployment: Deployment) -> str:
        """The state of the Validate station: it is ready once the model has answered in a chat."""
        ready = "ready" if deployment.next_station() is None else "waiting"
        return self._words.get(deployment.name, ready)
