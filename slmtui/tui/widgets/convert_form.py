"""The form of a conversion: precision with its forecast, preset, options, output, proof; one line a field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Input, Label

from slmtui.conversion.options import Precision, options_of, spelled
from slmtui.conversion.options import Value as OptionValue
from slmtui.conversion.recipe import PRECISIONS, Recipe, presets
from slmtui.conversion.targets import Offer
from slmtui.tui.helpable import field_help
from slmtui.tui.widgets.choice import Choice, Value
from slmtui.tui.widgets.cut_input import CutInput
from slmtui.tui.widgets.forecast_list import Estimate, ForecastList
from slmtui.tui.widgets.hanging import Hanging
from slmtui.tui.widgets.notes import Note

_ABOUT_PRECISION = {
    "fp32": "As the checkpoint computes: the largest and slowest, and the measure for all others.",
    "fp16": "Half of FP32 in size, and practically the same answers; on most CPUs no faster.",
    "int8": "About a quarter to a half of FP32, faster, and its answers hardly change: the balanced choice.",
    "int4": "Mostly the smallest and, on most CPUs, the fastest. It loses most: see the parity, or try INT8.",
}
_ABOUT_TARGET = (
    "What the model will run on. ← → also go to those that are not possible here, and say why not."
)
_PROOFS = (Value("compare", "compare with the source"), Value("skip", "skip"))
_ABOUT_PROOFS = {
    "compare": "Source and result read the same text, and their next-token distributions are compared.",
    "skip": "Quicker, but the model is marked as unverified: a wrong export looks just like a right one.",
}


class AboutInput(CutInput):
    """An input that says on which row it stands when it gets the focus."""

    def __init__(self, about: str, *, id: str, placeholder: str) -> None:  # noqa: A002
        super().__init__(id=id, compact=True, placeholder=placeholder)
        self.about = about


class OptionRows(Vertical):
    """The options of one precision."""

    DEFAULT_CSS = """
    OptionRows {
        height: auto;
        .file { height: 1; }
        .file Label { width: 18; color: $foreground-muted; }
        .file Input { width: 1fr; }
    }
    """

    def __init__(self, precision: Precision) -> None:
        super().__init__(id=f"options-{precision}")
        self.options = options_of(precision)

    def compose(self) -> ComposeResult:
        for option in self.options:
            if option.kind == "file":
                with Horizontal(classes="file", id=f"row-{option.key}"):
                    yield Label(option.title)
                    yield AboutInput(option.help, id=f"option-{option.key}", placeholder="a file")
            else:
                values = [Value(spelled(each), _shown(each)) for each in option.choices]
                yield Choice(option.title, values, key=option.key, about=option.help, id=f"row-{option.key}")

    def show(self, values: Mapping[str, OptionValue], typed: Mapping[str, str]) -> None:
        """Show the values; an option without one means nothing here, unless the user has just touched it."""
        for option in self.options:
            row = self.query_one(f"#row-{option.key}")
            value = values.get(option.key)
            row.display = value is not None
            if value is None:
                continue
            if isinstance(row, Choice):
                row.show(typed.get(option.key, spelled(value)))
                continue
            field = row.query_one(Input)
            if not field.has_focus and field.value != str(value):
                with field.prevent(Input.Changed):
                    field.value = str(value)


class ConvertForm(VerticalScroll, can_focus=False):
    """What the user can choose; `Changed` says that something was."""

    class Changed(Message):
        """A field has another value. `waits`: more may follow, as when a path is typed."""

        def __init__(self, *, waits: bool = False) -> None:
            super().__init__()
            self.waits = waits

    class Helped(Message):
        """The field in focus has something to say."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__(id="form")
        self.precision: str = "int4"
        self.preset: str | None = None
        self.options: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        yield Hanging(id="form-note")
        yield ForecastList({name: _ABOUT_PRECISION[name] for name in PRECISIONS}, self.precision)
        yield Choice("Preset", id="preset")
        yield Vertical(id="options")
        yield Choice("Target", id="target", about=_ABOUT_TARGET)
        with Horizontal(id="output-row"):
            yield Label("Output")
            yield AboutInput(
                "The folder to make. It appears whole or not at all; what is not slmtui's stays.",
                id="output",
                placeholder="a folder that does not exist yet",
            )
        yield Choice("Proof", _PROOFS, "compare", abouts=_ABOUT_PROOFS, id="proof")

    @property
    def compares(self) -> bool:
        """Whether the result shall be compared with its source."""
        return self.query_one("#proof", Choice).value == "compare"

    @property
    def output(self) -> str:
        """The folder as it is typed."""
        return self.query_one("#output", Input).value.strip()

    def put_output(self, path: str) -> None:
        """Fill in the folder."""
        field = self.query_one("#output", Input)
        if field.value != path:
            with field.prevent(Input.Changed):
                field.value = path

    async def show(self, found: Recipe, estimates: Mapping[str, Estimate], note: Note) -> None:
        """Show a recipe and what each precision would take."""
        self.precision, self.preset = found.precision, found.preset
        self.options = {key: spelled(value) for key, value in found.options.items()}
        self._show_note(note)
        self.query_one(ForecastList).show(found.precision, estimates)
        self._show_presets(found.precision, found.preset)
        await self._show_options(found.precision, found.values)

    def fall_back(self, estimates: Mapping[str, Estimate], note: Note) -> None:
        """What was chosen is impossible: show the figures, and leave the fields as they are.

        A file may be what is missing.
        """
        self._show_note(note)
        self.query_one(ForecastList).show(self.precision, estimates)
        for row in self.query(".file"):
            row.display = True

    def _show_note(self, note: Note) -> None:
        """Whether there is room for it is the style sheet's to say: beside the form it may stand already."""
        place = self.query_one("#form-note", Hanging)
        place.show(note)
        place.set_class(bool(note), "-said")

    def show_targets(self, offers: Iterable[Offer]) -> None:
        """What the model can be made for here, and why not for the others."""
        values = [
            Value(
                one.target.name,
                one.target.name,
                "" if one.available else f"{one.target.title}: {one.reason}",
            )
            for one in offers
        ]
        chosen = next((value.key for value in values if not value.why_not), "")
        self.query_one("#target", Choice).show(chosen, values)

    def _show_presets(self, precision: str, chosen: str) -> None:
        here = [preset for preset in presets() if preset.precision == precision]
        abouts = {preset.name: f"{preset.title}. {preset.help}".strip() for preset in here}
        self.query_one("#preset", Choice).show(
            chosen, [Value(preset.name, preset.name) for preset in here], abouts
        )

    async def _show_options(self, precision: Precision, values: Mapping[str, OptionValue]) -> None:
        place = self.query_one("#options")
        rows = next(iter(self.query(f"#options-{precision}").results(OptionRows)), None)
        if rows is None:
            rows = OptionRows(precision)
            await place.mount(rows)
        for each in self.query(OptionRows):
            each.display = each is rows
        rows.show(values, self.options)

    # What the user does

    @on(ForecastList.Chosen)
    def _precision_chosen(self, event: ForecastList.Chosen) -> None:
        self.precision, self.preset, self.options = event.precision, None, {}
        self.post_message(self.Helped(_ABOUT_PRECISION[event.precision]))
        self.post_message(self.Changed())

    @on(Choice.Changed)
    def _choice_changed(self, event: Choice.Changed) -> None:
        event.stop()
        if event.choice.id == "preset":
            self.preset, self.options = event.value, {}
        elif event.choice.key:
            self.options[event.choice.key] = event.value
        self.post_message(self.Helped(event.choice.about))
        self.post_message(self.Changed())

    @on(Choice.Refused)
    def _refused(self, event: Choice.Refused) -> None:
        self.post_message(self.Helped(event.why))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        name = event.input.id or ""
        if name.startswith("option-"):
            self.options[name.removeprefix("option-")] = event.value
        self.post_message(self.Changed(waits=True))

    def on_descendant_focus(self) -> None:
        self._tell_about()

    def on_descendant_blur(self) -> None:
        self._tell_about()

    def _tell_about(self) -> None:
        """The messages of the old and the new focus come in any order, so the screen is asked."""
        focused = self.screen.focused
        found = field_help(self.screen) if focused is not None and self in focused.ancestors else None
        self.post_message(self.Helped(found.text if found else ""))


def _shown(value: OptionValue) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
