"""Validate: how fast the model is here, how far from its source, and whether it holds its checklist."""

from __future__ import annotations

from slmtui.tui.station_screen import StationScreen


class ValidateScreen(StationScreen):
    """Measured, judged, and written down."""

    MODE = "validate"
    HEADING = "Validate: measure it, judge it"
    HELP = """\
## Validate

Measures the model on this machine: how fast it is, how far it is from its source, and whether it holds the
quality checklist.
"""

    def show_state(self) -> None:
        super().show_state()
        if self.slmtui.deployment is None:
            self.set_primary("Choose a model", "No model is chosen yet.")
        else:
            self.set_primary("Go there", "There is nothing measured yet.")

    def proceed(self) -> None:
        self.go(self.slmtui.next_mode())
