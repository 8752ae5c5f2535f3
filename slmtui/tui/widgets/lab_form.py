"""What is asked of the lab: the models, a variant of one's own, and what a variant has to keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label

from slmtui.events import Failure
from slmtui.lab.constraints import Constraint, parse_constraints
from slmtui.lab.plan import Measures
from slmtui.lab.variants import Variant, parse_variants
from slmtui.measure.bench_runs import parse_count, parse_lengths
from slmtui.tui.lab_words import said_constraints
from slmtui.tui.widgets.hanging import Hanging
from slmtui.tui.widgets.notes import note
from slmtui.tui.widgets.path_input import PathInput

# What holds where nothing is typed is called the default; the others are examples, and do nothing.
_SOURCE = "default: the model in hand; or a;b, a folder"
_KEEP = "e.g. under 300 MB, tokens/s > 20, suite > 95%"
_ADD = "e.g. int4:guide,block_size=64"
# What the help says of each field.
_ABOUT: Mapping[str, str] = {
    "lab-source": "What is compared: nothing typed is the model in hand. Several are compared variant by"
    " variant, each with its own recommendation.",
    "lab-add": "A variant of your own: precision:preset, and options of the precision behind commas. Enter"
    " adds it to the list, checked.",
    "lab-prompt_tokens": "How many tokens the benchmark's prompts have; several lengths with commas. Longer"
    " ones take longer to the first token.",
    "lab-output_tokens": "How many tokens the benchmark lets the model generate; more make the speed"
    " steadier, and take their time.",
    "lab-repetitions": "How often each pair of lengths is measured; from two on, the deviation is known.",
    "lab-keep": "What the recommended variant has to keep: its size, memory, speed, divergence or suite, with"
    " commas between. Rows that break it say what is short.",
}
# The fields of the benchmark: what stands behind each, and how it is read.
LENGTHS: Mapping[str, tuple[str, Any]] = {
    "prompt_tokens": ("in", parse_lengths),
    "output_tokens": ("out", parse_lengths),
    "repetitions": ("times", parse_count),
}


class LabForm(Vertical):
    """A line for each thing that is asked, and below them what is wrong with what is typed."""

    DEFAULT_CSS = """
    LabForm {
        height: auto;
        Horizontal { height: 1; }
        Label { width: 11; color: $foreground-muted; }
        Input { width: 1fr; }
        #lab-bench {
            Input { width: 1fr; max-width: 16; }
            .-unit { width: auto; margin: 0 2 0 1; }
        }
        #lab-note { display: none; height: auto; max-height: 3; color: $text-muted; }
    }
    """

    def __init__(self) -> None:
        super().__init__(id="lab-form")
        self.constraints: tuple[Constraint, ...] = ()
        self._measures = Measures()

    def compose(self) -> ComposeResult:
        with Horizontal(classes="-before"):
            yield Label("Model")
            yield self._explained(PathInput(id="lab-source", placeholder=_SOURCE))
        with Horizontal(classes="-before"):
            yield Label("Add")
            yield self._explained(Input(id="lab-add", placeholder=_ADD, compact=True))
        with Horizontal(classes="-before", id="lab-bench"):
            yield Label("Benchmark")
            for name, (unit, _) in LENGTHS.items():
                yield self._explained(Input(id=f"lab-{name}", compact=True))
                yield Label(unit, classes="-unit")
        with Horizontal():
            yield Label("Keep")
            yield self._explained(Input(id="lab-keep", placeholder=_KEEP, compact=True))
        yield Hanging(id="lab-note")

    @staticmethod
    def _explained(field: Input) -> Input:
        field.tooltip = _ABOUT[field.id or ""]
        return field

    def show(self, *, before: bool, enabled: bool) -> None:
        """With the fields that say what is compared, or without; they rest while a lab is at work."""
        for row in self.query(".-before"):
            row.display = before
            row.disabled = not enabled

    @property
    def source(self) -> str:
        """The models that are named."""
        return self.query_one("#lab-source", PathInput).text

    def show_usual(self, measures: Measures) -> None:
        """What the benchmark's lengths are where nothing is typed."""
        self._measures = measures
        self._show_lengths()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show_lengths)

    def _show_lengths(self) -> None:
        """Called defaults, if there is room to call all of them that."""
        usual = {self.query_one(f"#lab-{name}", Input): _usual(self._measures, name) for name in LENGTHS}
        room = all(len(f"default {text}") <= field.content_size.width for field, text in usual.items())
        for field, text in usual.items():
            field.placeholder = f"default {text}" if room else text

    def read_lengths(self) -> dict[str, Any] | None:
        """The benchmark's lengths that are typed; None, and said, if one is no number."""
        found = {}
        for name, (unit, read) in LENGTHS.items():
            text = self.query_one(f"#lab-{name}", Input).value
            try:
                if text.strip():
                    found[name] = read(text)
            except Failure as failure:
                self._say("fail", Failure(f"Benchmark, {unit}: {failure.cause}", failure.fix))
                return None
        self._say("ok", None)
        return found

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
        place = self.query_one("#lab-note", Hanging)
        understood = said_constraints(self.constraints)
        if failure is not None:
            place.show(note(state, (failure.cause, failure.fix)))
        else:
            place.show(note(state, (f"asked: {understood}",)) if understood else ())
        place.display = failure is not None or bool(understood)


def _usual(measures: Measures, name: str) -> str:
    value = getattr(measures, name)
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
