"""How the next answer is sampled, by which engine, and the system prompt; checked as it is typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input, Label, Static, TextArea

from slmtui.events import Failure
from slmtui.runtime.conversation import Conversation
from slmtui.runtime.parameters import ABOUT, ChatParameters
from slmtui.tui import stop_texts
from slmtui.tui.format import MUTED, icon
from slmtui.tui.widgets.choice import Choice, Value

ENGINES = (Value("genai", "GenAI"), Value("foundry", "Foundry"))
_ABOUT_ENGINES = {
    "genai": "ONNX Runtime GenAI, in a process of slmtui's: it keeps the whole conversation in its KV cache.",
    "foundry": "Foundry Local's own runtime, as the programs that use the deployed model meet it.",
}


def _whole(text: str) -> int:
    try:
        return int(text.replace(",", ""))
    except ValueError:
        cause = f"{text!r} is no whole number." if text else "A number is missing."
        raise Failure(cause, "Type digits.") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        cause = f"{text!r} is no number." if text else "A number is missing."
        raise Failure(cause, "Type one, such as 0.7.") from None


def _maybe(text: str) -> int | None:
    return _whole(text) if text else None


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return stop_texts.shown(value)
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


FIELDS: tuple[tuple[str, str, str, Callable[[str], Any]], ...] = (
    ("temperature", "temperature", "0 is greedy", _number),
    ("top_p", "top-p", "", _number),
    ("top_k", "top-k", "the model's own", _maybe),
    ("repetition_penalty", "repetition", "1 changes nothing", _number),
    ("max_tokens", "max tokens", "", _whole),
    ("max_length", "max length", "the whole context", _maybe),
    ("seed", "seed", "anew each time", _maybe),
    ("stop", "stop at", "texts, | between", stop_texts.read),
)


class ParameterPanel(Vertical):
    """Tells of every change that makes sense; what does not is said below the fields."""

    DEFAULT_CSS = """
    ParameterPanel {
        height: auto;
        Horizontal { height: 1; }
        Label { width: 13; color: $text-muted; }
        Choice { width: 1fr; }
        Input { width: 1fr; background: $background; }
        Input.-ignored { text-style: strike; }
        TextArea { height: auto; min-height: 2; max-height: 6; background: $background; }
        #parameter-problem { height: auto; }
        #parameter-buttons { margin-top: 1; Button { min-width: 8; margin-right: 1; } }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    class Changed(Message):
        """The next answer is to be made in another way: fields of the conversation, and their values."""

        def __init__(self, changes: dict[str, Any]) -> None:
            super().__init__()
            self.changes = changes

    class Tune(Message):
        """The model is to be tuned for this machine."""

    class Untune(Message):
        """The model's own runtime options are wanted again."""

    class Reset(Message):
        """The model's own parameters are wanted again."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._conversation: Conversation | None = None

    def compose(self) -> ComposeResult:
        yield Static("Parameters", classes="section")
        for name, title, placeholder, _ in FIELDS:
            with Horizontal():
                yield Label(title)
                yield Input(id=f"parameter-{name}", compact=True, placeholder=placeholder)
        yield Static(id="parameter-problem")
        with Horizontal():
            yield Label("engine")
            yield Choice("", ENGINES, "genai", key="engine", abouts=_ABOUT_ENGINES, id="engine")
        yield Static("System prompt", classes="section")
        yield TextArea(
            id="system",
            compact=True,
            soft_wrap=True,
            tab_behavior="focus",
            placeholder="none",
            show_line_numbers=False,
        )
        with Horizontal(id="parameter-buttons"):
            yield Button("Greedy", id="greedy", compact=True)
            yield Button("The model's", id="own", compact=True)
            yield Button("Tune", id="tune", compact=True)

    def show(self, conversation: Conversation, ignores: tuple[str, ...] = (), *, tuned: bool = False) -> None:
        """Show these; `ignores` are the ones that the engine does not heed, `tuned` can be taken back."""
        before, self._conversation = self._conversation, conversation
        for name, *_ in FIELDS:
            field = self.query_one(f"#parameter-{name}", Input)
            field.set_class(name in ignores, "-ignored")
            field.tooltip = ABOUT[name] + (" This engine does not heed it." if name in ignores else "")
            value = getattr(conversation.parameters, name)
            if before is None or value != getattr(before.parameters, name) or not field.has_focus:
                self._put(field, _shown(value))
        self.query_one("#engine", Choice).show(conversation.engine)
        system = self.query_one("#system", TextArea)
        if system.text != conversation.system and not system.has_focus:
            with system.prevent(TextArea.Changed):
                system.text = conversation.system
        self._say(ignores)
        tune = self.query_one("#tune", Button)
        if tuned is not (str(tune.label) == "Untune"):
            tune.label = "Untune" if tuned else "Tune"

    def _put(self, field: Input, text: str) -> None:
        if field.value != text and not (field.has_focus and self._same(field, text)):
            with field.prevent(Input.Changed):
                field.value = text

    def _same(self, field: Input, text: str) -> bool:
        """Whether what is typed means the same, as 0.70 and 0.7 do."""
        read = next(read for name, _, _, read in FIELDS if field.id == f"parameter-{name}")
        try:
            return bool(read(field.value.strip()) == read(text))
        except Failure:
            return False

    def _say(self, ignores: tuple[str, ...] = (), failure: Failure | None = None) -> None:
        place = self.query_one("#parameter-problem", Static)
        if failure is not None:
            place.update(Content.assemble(icon("fail"), " ", failure.cause, (f" {failure.fix}", MUTED)))
        elif ignores:
            titles = ", ".join(title for name, title, *_ in FIELDS if name in ignores)
            place.update(Content.assemble(icon("warn"), f" this engine has no {titles}"))
        place.display = failure is not None or bool(ignores)

    @on(Input.Changed)
    def _typed(self) -> None:
        if self._conversation is None:
            return
        try:
            now = self._conversation.parameters
            parameters = ChatParameters(**{name: self._value(now, name, read) for name, _, _, read in FIELDS})
        except Failure as failure:
            self._say(failure=failure)
            return
        self._tell(parameters=parameters)

    def _value(self, now: ChatParameters, name: str, read: Callable[[str], Any]) -> Any:
        """What a field says; the value as it is where nothing was typed: 0.333333 may stand for 1/3."""
        value, typed = getattr(now, name), self.query_one(f"#parameter-{name}", Input).value
        return value if typed == _shown(value) else read(typed.strip())

    @on(TextArea.Changed, "#system")
    def _system(self, event: TextArea.Changed) -> None:
        self._tell(system=event.text_area.text)

    @on(Choice.Changed, "#engine")
    def _engine(self, event: Choice.Changed) -> None:
        self._tell(engine=event.value)

    @on(Button.Pressed)
    def _button(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "tune":
            self.post_message(self.Untune() if str(event.button.label) == "Untune" else self.Tune())
        elif event.button.id == "own":
            self.post_message(self.Reset())
        elif self._conversation is not None:
            self._tell(parameters=self._conversation.parameters.as_greedy())

    def _tell(self, **changes: Any) -> None:
        if self._conversation is not None:
            self.post_message(self.Changed(changes))
