"""What a source asks before it can be converted, each as a window of its own; Enter alone trusts nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Button, Input, Static

from slmtui.events import Failure
from slmtui.source import hub_cache
from slmtui.source.adapter_base import given_base
from slmtui.source.questions import Question
from slmtui.tui.from_thread import tell
from slmtui.tui.screens.ask import AskScreen, Section
from slmtui.tui.screens.dialog import Dialog
from slmtui.tui.widgets.path_input import PathInput
from slmtui.tui.widgets.plan_facts import Row
from slmtui.tui.widgets.verdicts import FailurePanel

_SHOWN_FILES = 12
_READ = (
    "They are read by torch in the way that makes tensors and calls nothing else (weights_only); a file that"
    " holds anything but weights is refused."
)


def window(
    question: Question, source: str, answered: Callable[[Question, bool, str], None]
) -> tuple[Screen[Any], Callable[[Any], None]]:
    """The window that asks, and what takes its answer: `answered(question, yes, base)`."""
    if question.asks.answer == "base":
        return BaseScreen(question), lambda base: answered(question, bool(base), str(base or ""))
    ask = _pickle if question.asks.answer == "pickle" else _code
    return ask(question, source), lambda yes: answered(question, bool(yes), "")


def _pickle(question: Question, source: str) -> AskScreen:
    rows: list[Row] = [
        ("model", source),
        *_files(question),
        ("danger", "A pickle can run any code that it carries when it is loaded, with all that you may do."),
        ("yes", _READ),
        ("no", "Nothing is read. Take the model as safetensors: nobody has to trust those."),
    ]
    section = Section("Do you trust where these weights came from?", tuple(rows))
    return AskScreen("Pickled weights", [section], "Read them", no="Leave it", cautious=True)


def _code(question: Question, source: str) -> AskScreen:
    without = (
        "The model cannot be converted: what it computes is defined in its own code."
        if question.needed
        else "transformers' own implementation is used. If the code computes something else, the comparison"
        " with the source cannot tell: it would read the same."
    )
    rows: list[Row] = [
        ("model", source),
        *_files(question),
        ("danger", "It can do whatever you can: read your files, send them, change them. Read it first."),
        ("yes", "These files are run while the model is converted and compared."),
        ("no", without),
    ]
    section = Section("The model brings Python code of its own. Shall it be run?", tuple(rows))
    no = "Leave it" if question.needed else "Without it"
    return AskScreen("The model's own code", [section], "Run it", no=no, cautious=True)


def _files(question: Question) -> list[Row]:
    names = question.asks.names
    rows: list[Row] = [("" if n else "files", name) for n, name in enumerate(names[:_SHOWN_FILES])]
    return [*rows, ("", f"and {len(names) - _SHOWN_FILES} more")] if len(names) > _SHOWN_FILES else rows


class BaseScreen(Dialog[str]):
    """Ends with an adapter's base model as it is typed, or with nothing."""

    DEFAULT_CSS = """
    BaseScreen {
        #base { background: $background; }
        #base-hint { color: $text-muted; height: auto; min-height: 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Close")]

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._named = next(iter(question.asks.names), "")

    def compose_body(self) -> ComposeResult:
        named = (
            f"It was trained on {self._named}" if self._named else "It does not say on what it was trained"
        )
        yield Static(
            f"An adapter is only the difference to its base model. {named}, which is not on this machine."
            " slmtui merges the two before it converts.",
            classes="dialog-lead",
            markup=False,
        )
        # A path of the machine it was trained on helps nobody here.
        identifier = hub_cache.parse(self._named)
        yield PathInput(str(identifier) if identifier else "", id="base")
        yield Static(id="base-hint", markup=False)
        yield FailurePanel(id="base-failure")

    def compose_actions(self) -> ComposeResult:
        yield Button("Close", id="close", compact=True)
        yield Button("Use it", id="use", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.ask("The adapter's base model", "#use")
        self.query_one(PathInput).focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self.query_one(FailurePanel).show(None)
        identifier = hub_cache.asked_for(event.value) if event.value.strip() else None
        words = "Its folder, its GGUF file, or org/name[@revision] on the hub."
        if identifier is not None:
            revision = f", revision {identifier.revision}" if identifier.revision else ""
            words = f"Enter fetches {identifier.repository}{revision} from the Hugging Face hub."
        self.query_one("#base-hint", Static).update(words)

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.dismiss(None)

    @on(Input.Submitted)
    @on(Button.Pressed, "#use")
    def _use(self) -> None:
        text = self.query_one(PathInput).text
        if text:
            self._check(text)
        else:
            self.query_one(PathInput).focus()

    @work(thread=True, exclusive=True)
    def _check(self, text: str) -> None:
        """What is not there is said where it was typed; a hub id is looked for by who fetches it."""
        try:
            if hub_cache.asked_for(text) is None:
                given_base(text)
            found: str | Failure = text
        except Failure as failure:
            found = failure
        tell(self, self._take, found)

    def _take(self, found: str | Failure) -> None:
        if isinstance(found, Failure):
            self.query_one(FailurePanel).show(found)
        elif self.is_current:
            self.dismiss(found)
