"""What is asked of the lab: the models, a variant of one's own, and what a variant has to keep."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label, Static

from slmtui.events import Failure
from slmtui.lab.constraints import Constraint, parse_constraints
from slmtui.lab.variants import Variant, parse_variants
from slmtui.tui.lab_words import said_constraints
from slmtui.tui.widgets.notes import note
from slmtui.tui.widgets.path_input import PathInput

_SOURCE = "the model in hand; or a model, several with ; between them, or a folder of models"
_KEEP = "under 300 MB, at least 20 tokens/s, suite >= 95%"
_ADD = "int4:guide,block_size=64"


class LabForm(Vertical):
    """Three fields on a line each, and below them what is wrong with what is typed."""

    DEFAULT_CSS = """
    LabForm {
        height: auto;
        Horizontal { height: 1; }
        Label { width: 11; color: $foreground-muted; }
        Input { width: 1fr; }
        #lab-note { display: none; height: auto; max-height: 3; color: $text-muted; }
    }
    """

    def __init__(self) -> None:
        super().__init__(id="lab-form")
        self.constraints: tuple[Constraint, ...] = ()

    def compose(self) -> ComposeResult:
        with Horizontal(classes="-before"):
            yield Label("Model")
            yield PathInput(id="lab-source", placeholder=_SOURCE)
        with Horizontal(classes="-before"):
            yield Label("Add")
            yield Input(id="lab-add", placeholder=_ADD, compact=True)
        with Horizontal():
            yield Label("Keep")
            yield Input(id="lab-keep", placeholder=_KEEP, compact=True)
        yield Static(id="lab-note", markup=False)

    def show(self, *, before: bool, enabled: bool) -> None:
        """With the fields that say what is compared, or without; they rest while a lab is at work."""
        for row in self.query(".-before"):
            row.display = before
            row.disabled = not enabled

    @property
    def source(self) -> str:
        """The models that are named."""
        return self.query_one("#lab-source", PathInput).text

    def read_constraints(self) -> None:
        """Understand what is typed; what cannot be understood leaves the old ones and is said."""
        try:
            self.constraints = parse_constraints(self.query_one("#lab-keep", Input).value)
        except Failure as failure:
            self._say("fail", failure)
            return
        self._say("ok", None)

    def read_variants(self, *, take: bool = False) -> tuple[Variant, ...]:
        """The variants that are typed; `take` empties the field, if they are any."""
        field = self.query_one("#lab-add", Input)
        try:
            found = parse_variants([field.value])
        except Failure as failure:
            self._say("fail", failure)
            return ()
        self._say("ok", None)
        if take and found:
            with field.prevent(Input.Changed):
                field.clear()
        return found

    def _say(self, state: str, failure: Failure | None) -> None:
        place = self.query_one("#lab-note", Static)
        understood = said_constraints(self.constraints)
        if failure is not None:
            place.update(note(state, (failure.cause, failure.fix)))
        else:
            place.update(note(state, (f"asked: {understood}",)) if understood else "")
        place.display = failure is not None or bool(understood)
