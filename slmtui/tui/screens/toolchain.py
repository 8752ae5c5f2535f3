"""The tool chain: which Python runs Olive and why, and one of slmtui's own to be built or removed."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.key_footer import KeyFooter
from slmtui.tui.widgets.plan_facts import plan_rows
from slmtui.tui.workbench import ToolchainState

Answer = Literal["build", "remove", ""]
ABOUT = (
    "Olive and the runtime work in processes of their own, and their Python need not be slmtui's. slmtui can "
    "make one for them: the tested versions in a folder of its own, used once it has converted a small model."
)


class ToolchainScreen(ModalScreen[Answer]):
    """Ends with what is to be done. Building is said in full here, so its button is the yes."""

    CSS_PATH = "ask.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "answer('build')", "Build"),
        Binding("d", "answer('remove')", "Remove"),
        Binding("escape,t", "answer('')", "Close"),
        Binding("down,j", "scroll(3)", "Down", show=False),
        Binding("up,k", "scroll(-3)", "Up", show=False),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def __init__(self, state: ToolchainState) -> None:
        super().__init__()
        self._state = state

    def compose(self) -> ComposeResult:
        state = self._state
        with Vertical(id="ask"):
            with VerticalScroll(id="ask-body", can_focus=False):
                yield Static("Now", classes="ask-heading")
                yield Facts(id="toolchain-now")
                yield Static(ABOUT, id="ask-lead", markup=False)
                yield Static(
                    "Build it anew" if state.has_managed else state.build.title,
                    classes="ask-heading",
                    markup=False,
                )
                yield Facts(id="toolchain-build")
            with Horizontal(id="ask-actions"):
                if state.has_managed:
                    yield Button("Remove", id="remove", compact=True)
                yield Button("Close", id="close", compact=True)
                yield Button(
                    "Build anew" if state.has_managed else "Build",
                    id="build",
                    variant="primary",
                    compact=True,
                )
        yield KeyFooter()

    def on_mount(self) -> None:
        state = self._state
        self.query_one("#ask").border_title = "Tool chain"
        own = f"in {state.folder}" if state.has_managed else "not built"
        self.query_one("#toolchain-now", Facts).show(
            [("Olive runs with", str(state.python)), ("because", state.why), ("slmtui's own", own)]
        )
        self.query_one("#toolchain-build", Facts).show(plan_rows(state.build))
        self.query_one("#close").focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "answer" and parameters == ("remove",):
            return self._state.has_managed
        return super().check_action(action, parameters)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "build":
                self.dismiss("build")
            case "remove":
                self.dismiss("remove")
            case _:
                self.dismiss("")

    def action_answer(self, answer: Answer) -> None:
        """Answer by a key."""
        self.dismiss(answer)

    def action_scroll(self, lines: int) -> None:
        """Read on where it is longer than the window."""
        self.query_one("#ask-body").scroll_relative(y=lines, animate=False)
