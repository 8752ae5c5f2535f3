"""An app with one deployment in hand: what the stations know of it, and where it goes on."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from slmtui import deployment as deployments
from slmtui.deployment import Deployment, Station
from slmtui.tui.job_app import JobApp
from slmtui.tui.measured import Measured, look
from slmtui.tui.widgets.rail import STATIONS, Rail

if TYPE_CHECKING:
    from slmtui.pipeline import Measurements
    from slmtui.tui.chat_session import ChatSession

# Where each screen stands in a deployment; Environment is about the machine, not about one model, and
# Validate is about what was measured of one.
STATION_OF: dict[str, Station] = {
    "start": "source",
    "convert": "conversion",
    "template": "prompt",
    "deploy": "foundry",
    "chat": "runtime",
}
# Screens beside the stations, which are about the machine or about several models.
SIDE_SCREENS = (("lab", "Precision lab"), ("deployed", "Deployed models"), ("why", "Why is it not listed?"))
OF_NO_MODEL = {"start", "environment", "serve", *(mode for mode, _ in SIDE_SCREENS)}


class InHandApp(JobApp):
    """Knows the deployment that all screens work on, its chat, and what was measured of it."""

    def __init__(self) -> None:
        super().__init__()
        self.deployment: Deployment | None = None
        self._chat: ChatSession | None = None
        self.environment_state = "waiting"
        self.measured = Measured()

    def job_owner(self, station: str) -> str:
        """A job belongs to a deployment; what is about the machine belongs to none."""
        return self.deployment.name if self.deployment and station not in OF_NO_MODEL else ""

    def use(self, deployment: Deployment | None) -> None:
        """Work on this deployment from now on."""
        changed = (deployment and deployment.name) != (self.deployment and self.deployment.name)
        self.deployment = deployment
        if changed and self._chat is not None:
            threading.Thread(target=self._chat.close_all, daemon=True).start()
            self._chat = None
        if deployment is not None:
            looking = partial(self._look_measured, deployment)
            self.run_worker(looking, thread=True, group="measured", exit_on_error=False)

    def _look_measured(self, deployment: Deployment) -> None:
        found = look(deployment)
        self.call_from_thread(self.note_measured, deployment.name, found)

    def note_measured(self, name: str, found: Measurements) -> None:
        """What was measured of a deployment's model is known now: the rail says it."""
        self.measured.note(name, found)
        for screen in self.screen_stack:
            for rail in screen.query(Rail):
                rail.refresh_states()

    @property
    def chat(self) -> ChatSession:
        """The conversation with this deployment's model."""
        if self._chat is None:
            from slmtui.tui.chat_session import ChatSession

            self._chat = ChatSession()
        return self._chat

    def at_work(self) -> str:
        """The title of the station whose job uses the tool chain's packages right now, if one does."""
        busy = {mode for (mode, _), job in self.jobs.items() if job.running}
        if busy & {"serve", "deployed"}:
            return "Deployed models"
        if "lab" in busy:
            return "Precision lab"
        using = busy & {"convert", "deploy", "chat", "validate"}
        return next((title for mode, title in STATIONS if mode in using), "")

    def free_runtime(self) -> None:
        """End the model host: Windows replaces no file that a process has open (blocks for a moment)."""
        if self._chat is not None:
            self._chat.close_all()

    def finished(self, deployment: Deployment) -> None:
        """A job has brought a deployment further; another one may be in hand by now."""
        if self.deployment is not None and self.deployment.name == deployment.name:
            self.use(deployment)

    def look_again(self) -> None:
        """What was deleted behind our back is no longer there."""
        if self.deployment is not None:
            from slmtui import pipeline

            self.deployment = pipeline.as_it_stands(self.deployment)

    def reload_deployment(self) -> None:
        """Read it again after a job has recorded a failure in its file."""
        if self.deployment is not None and self.deployment.path.exists():
            self.deployment = deployments.load(self.deployment.name)

    def station_state(self, mode: str) -> str:
        """A station's state for the rail: waiting, ready, running, verified or failed."""
        job = self.job(mode)
        if job is not None and job.running and mode != "chat":
            return "running"
        if mode == "environment":
            return self.environment_state
        if self.deployment is None:
            return "ready" if mode == "start" else "waiting"
        if mode == "validate":
            return self.measured.state(self.deployment)
        station = STATION_OF[mode]
        state = self.deployment.step(station).state
        if state == "waiting" and self.deployment.next_station() == station:
            return "ready"
        return state

    def next_mode(self) -> str:
        """The screen where the deployment goes on."""
        if self.deployment is None:
            return "start"
        station = self.deployment.next_station()
        return next((mode for mode, s in STATION_OF.items() if s == station), "chat")
