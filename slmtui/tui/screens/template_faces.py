"""The Template screen's faces: fields and JSON, side by side where there is room, and the truth."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from slmtui.tui.station_screen import StationScreen
from slmtui.tui.widgets.faces import Faces

FACES = ("fields", "json", "truth")
NARROW = ("Fields", "JSON", "Truth")
WIDE = ("Editor", "Truth")
_FIRST = {"fields": "#PromptTemplate-system", "json": "#json", "truth": "TurnInput"}


class TemplateFaces(StationScreen):
    """Which face is shown, and how another one is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "other_face", "Other view", tooltip="Fields, JSON, or the truth about them"),
    ]
    MODE = "template"
    _face = 0
    _going_in = False  # another face is shown, but its first field does not have the focus yet

    @property
    def face(self) -> str:
        """The face that is shown: fields, json or truth."""
        return FACES[self._face]

    @property
    def wide(self) -> bool:
        """Whether fields and JSON stand side by side."""
        return not self.has_class("-narrow")

    def show_face(self) -> None:
        """Show the one that is chosen."""
        for name in FACES:
            self.set_class(name == self.face, f"-{name}")
        self.query_one("#faces-narrow", Faces).show(self._face)
        self.query_one("#faces-wide", Faces).show(int(self.face == "truth"))

    def turn(self, face: str) -> None:
        """Show another one, and go into it."""
        self._face = FACES.index(face)
        self.show_face()
        self._going_in = True
        self.call_after_refresh(self._go_in)
        self.refresh_bindings()

    def _go_in(self) -> None:
        """Only once the face is seen can it have the focus."""
        self._going_in = False
        self.set_focus(self.query(_FIRST[self.face]).last())

    @on(Faces.Picked)
    def _face_picked(self, event: Faces.Picked) -> None:
        self.turn("truth" if event.index and self.wide else FACES[event.index])

    def action_other_face(self) -> None:
        """The next face; where fields and JSON stand side by side, they are one."""
        if self.wide:
            self.turn("fields" if self.face == "truth" else "truth")
        else:
            self.turn(FACES[(self._face + 1) % len(FACES)])
