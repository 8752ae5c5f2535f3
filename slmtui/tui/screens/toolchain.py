"""The tool chain: which Python runs Olive and why, and one of slmtui's own to be built or removed."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, Static

from slmtui.tui.screens.dialog import Dialog
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.plan_facts import plan_rows
from slmtui.tui.workbench import ToolchainState

Answer = Literal["build", "remove", ""]
ABOUT = (
    "Olive and the runtime work in processes of their own, and their Python need not be slmtui's. slmtui can "
    "make one for them: the tested versions in a folder of its own, used once it has converted a small model."
)


class ToolchainScreen(Dialog[Answer]):
    """Ends with what is to be done. Building is said in full here, so its button is the yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "answer('build')", "Build"),
        Binding("d", "answer('remove')", "Remove"),
        Binding("escape,t", "answer('')", "Close"),
    ]

    def __init__(self, state: ToolchainState) -> None:
        super().__init__()
        self._state = state

    def compose_body(self) -> ComposeResult:
        state = self._state
        heading = "Build it anew" if state.has_managed else state.build.title
        yield Static("Now", classes="dialog-heading")
        yield Facts(id="toolchain-now")
        yield Static(ABOUT, classes="dialog-lead", markup=False)
        yield Static(heading, classes="dialog-heading", markup=False)
        yield Facts(id="toolchain-build")

    def compose_actions(self) -> ComposeResult:
        # One that is proved needs nothing more; the main button, which comes last, says so.
        if self._state.has_managed:
            yield Button("Remove", id="remove", compact=True)
            yield Button("Build anew", id="build", compact=True)
            yield Button("Close", id="close", variant="primary", compact=True)
        else:
            yield Button("Close", id="close", compact=True)
            yield Button("Build", id="build", variant="primary", compact=True)

    def on_mount(self) -> None:
        state = self._state
        own = f"in {state.folder}" if state.has_managed else "not built"
        self.query_one("#toolchain-now", Facts).show(
            [("Olive runs with", str(state.python)), ("because", state.why), ("slmtui's own", own)]
        )
        self.query_one("#toolchain-build", Facts).show(plan_rows(state.build))
        self.ask("Tool chain", "#close" if state.has_managed else "#build")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "answer" and parameters == ("remove",):
            return self._state.has_managed
        return super().check_action(action, parameters)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.action_answer({"build": "build", "remove": "remove"}.get(event.button.id or "", ""))

    def action_answer(self, answer: str) -> None:
        """Answer by a key."""
        match answer:
            case "build" | "remove":
                self.dismiss(answer)
            case _:
                self.dismiss("")
