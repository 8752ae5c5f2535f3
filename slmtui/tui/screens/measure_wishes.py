"""How the model is to be measured: lengths, text, untuned base; checked while typed, kept for next time."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Button, Input, Label, Static

from slmtui.events import Failure
from slmtui.measure.bench_runs import fitting
from slmtui.pipeline import Wishes, read_wishes
from slmtui.tui.from_thread import tell
from slmtui.tui.measuring_desk import MeasuringDesk, Standing
from slmtui.tui.screens.dialog import Dialog
from slmtui.tui.widgets.hanging import Hanging
from slmtui.tui.widgets.notes import note
from slmtui.tui.widgets.path_input import PathInput
from slmtui.tui.wishes_words import WISHES, WISHES_HELP, Field

_TYPING_SECONDS = 0.3


class WishesScreen(Dialog[Wishes]):
    """Ends with the wishes once they are kept, or with nothing."""

    HELP = WISHES_HELP
    DEFAULT_CSS = """
    WishesScreen {
        Horizontal { height: 1; }
        #dialog-body Label { width: 14; color: $text-muted; }
        Input { width: 1fr; background: $background; }
        Input.-wrong { color: $text-error; }
        #wishes-about { height: auto; min-height: 3; margin-top: 1; color: $text-muted; }
        #wishes-note { height: auto; min-height: 2; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", "Field below", show=False),
        Binding("up", "app.focus_previous", "Field above", show=False),
        Binding("ctrl+s,ctrl+n", "keep", "Keep", tooltip="Measure like this from now on"),
        Binding("ctrl+r", "usual", "As usual", tooltip="Empty every field: measure as usual"),
        Binding("f1", "app.help", "Help", tooltip="What each field is for"),
        Binding("escape", "dismiss(None)", "Close"),
    ]

    def __init__(self, desk: MeasuringDesk, standing: Standing) -> None:
        super().__init__()
        self._desk, self._standing = desk, standing
        self._timer: Timer | None = None

    def compose_body(self) -> ComposeResult:
        typed, part = self._standing.wishes.typed(), ""
        for field in WISHES:
            if field.part != part:
                part = field.part
                yield Static(part, classes="dialog-heading")
            with Horizontal():
                yield Label(field.title)
                yield self._input(field, typed.get(field.name, ""))
        yield Static(id="wishes-about", markup=False)
        yield Hanging(id="wishes-note")

    def _input(self, field: Field, text: str) -> Input:
        made: Input
        if field.is_path:
            made = PathInput(text, id=f"wish-{field.name}", placeholder=field.usual)
        else:
            made = Input(text, id=f"wish-{field.name}", placeholder=field.usual, compact=True)
        made.tooltip = field.about
        return made

    def compose_actions(self) -> ComposeResult:
        yield Button("Close", id="close", compact=True)
        yield Button("As usual", id="usual", compact=True)
        yield Button("Keep", id="keep", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.ask("How it is measured", "#keep")
        self.query(Input).first().focus()
        self._show()

    @on(events.DescendantFocus)
    def _explain(self) -> None:
        """Say what the field in focus is for."""
        about = next((each.about for each in WISHES if self._field(each).has_focus), "")
        self.query_one("#wishes-about", Static).update(about)

    def _field(self, field: Field) -> Input:
        return self.query_one(f"#wish-{field.name}", Input)

    # What is typed

    @on(Input.Changed)
    def _typed(self) -> None:
        """Lengths are understood at once; files are looked at once the typing rests."""
        if self._timer is not None:
            self._timer.stop()
        wishes = self._show()
        if wishes is not None and (wishes.text is not None or wishes.base):
            self._timer = self.set_timer(_TYPING_SECONDS, lambda: self._look(wishes))

    def _show(self) -> Wishes | None:
        """Say what comes of it, or what is wrong; returns the wishes unless something is."""
        found, wrong = self._read()
        if wrong is None and self._standing.context_length:
            try:
                runs, notes = fitting(found.bench, self._standing.context_length)
            except Failure as failure:
                wrong = failure
            else:
                lengths = ", ".join(map(str, runs))
                said = f"The benchmark: {len(runs) * found.repetitions:,} runs of {lengths} tokens."
                self._say("ok", said, *notes)
        if wrong is not None:
            self._say("fail", wrong.cause, wrong.fix)
        return None if wrong else found

    def _read(self) -> tuple[Wishes, Failure | None]:
        typed, wrong = {}, None
        for field in WISHES:
            place, text = self._field(field), self._field(field).value
            try:
                read_wishes({field.name: text})
                typed[field.name] = text
                place.remove_class("-wrong")
            except Failure as failure:
                place.add_class("-wrong")
                wrong = wrong or Failure(f"{field.title}: {failure.cause}", failure.fix)
        return read_wishes(typed), wrong

    def _say(self, state: str, *lines: str) -> None:
        self.query_one("#wishes-note", Hanging).show(note(state, lines))

    @work(thread=True, exclusive=True, group="look")
    def _look(self, wishes: Wishes) -> None:
        try:
            self._desk.check(wishes)
        except Failure as failure:
            tell(self, self._refused, wishes, failure)

    def _refused(self, wishes: Wishes, failure: Failure) -> None:
        if self.is_current and self._read() == (wishes, None):
            self._say("fail", failure.cause, failure.fix)

    # What is done

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#usual")
    def action_usual(self) -> None:
        """Empty every field."""
        for field in WISHES:
            self._field(field).clear()

    @on(Input.Submitted)
    @on(Button.Pressed, "#keep")
    def action_keep(self) -> None:
        """Keep it, if it makes sense."""
        wishes = self._show()
        if wishes is not None:
            self._keep(wishes)

    @work(thread=True, group="keep")
    def _keep(self, wishes: Wishes) -> None:
        failure: Failure | None = None
        assert self._standing.model_dir is not None
        try:
            self._desk.check(wishes)
            self._desk.keep(self._standing.model_dir, wishes)
        except Failure as caught:
            failure = caught
        tell(self, self._kept, wishes, failure)

    def _kept(self, wishes: Wishes, failure: Failure | None) -> None:
        if failure is not None:
            self._say("fail", failure.cause, failure.fix)
        elif self.is_current:
            self.dismiss(wishes)
