"""The rail: all stations with their state, one click or number key away."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from slmtui.tui.format import MUTED, icon

if TYPE_CHECKING:
    from slmtui.tui.app import SlmtuiApp

STATIONS: tuple[tuple[str, str], ...] = (
    ("start", "Start"),
    ("environment", "Environment"),
    ("convert", "Convert"),
    ("template", "Template"),
    ("deploy", "Deploy"),
    ("chat", "Chat"),
    ("validate", "Validate"),
)


class RailItem(Static):
    """One station."""

    def __init__(self, number: int, mode: str, title: str, state: str) -> None:
        self.number = number
        self.mode = mode
        self.title = title
        self._state = state
        super().__init__(self._text(state), id=f"rail-{mode}")

    def show(self, state: str) -> None:
        """Show the station's state."""
        if state != self._state:
            self._state = state
            self.update(self._text(state), layout=False)

    def _text(self, state: str) -> Content:
        return Content.assemble((f"{self.number} ", MUTED), icon(state), " ", self.title)

    def on_click(self) -> None:
        cast("SlmtuiApp", self.app).action_station(self.mode)


class Rail(Vertical):
    """The list of stations, and the deployment they belong to."""

    def __init__(self, current: str) -> None:
        super().__init__(id="rail")
        self.current = current

    def compose(self) -> ComposeResult:
        app = cast("SlmtuiApp", self.app)
        yield Static("slmtui", id="rail-brand")
        for number, (mode, title) in enumerate(STATIONS, 1):
            item = RailItem(number, mode, title, app.station_state(mode))
            item.set_class(mode == self.current, "-current")
            yield item
        yield Static(self._model_name(), id="rail-deployment", markup=False)

    def refresh_states(self) -> None:
        """Ask the app for every station's state and show it."""
        app = cast("SlmtuiApp", self.app)
        for item in self.query(RailItem):
            item.show(app.station_state(item.mode))
        name = self._model_name()
        # A job may end while the app does, when the rail's parts are gone already.
        for label in self.query("#rail-deployment").results(Static):
            if label.content != name:
                label.update(name)

    def _model_name(self) -> str:
        deployment = cast("SlmtuiApp", self.app).deployment
        return deployment.name if deployment else "no model chosen"
