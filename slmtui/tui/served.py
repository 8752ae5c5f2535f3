"""A model that is served to other programs: which, and where; a job's thread writes it, screens read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from slmtui.events import Cancel, Service
from slmtui.foundry.serve import Serving

if TYPE_CHECKING:
    from slmtui.foundry.deployed import DeployedModel


class Served:
    """`url` is empty until the service says where it listens; `advice` is what a client has to know."""

    def __init__(
        self, model: DeployedModel, service: Callable[[DeployedModel, Cancel], Service[None]]
    ) -> None:
        self.model = model
        self.url = self.advice = ""
        self._service = service

    def run(self, cancel: Cancel) -> Service[None]:
        """Serve until `cancel`."""
        try:
            for event in self._service(self.model, cancel):
                if isinstance(event, Serving):
                    self.url, self.advice = event.url, event.advice
                yield event
        finally:
            self.url = ""
