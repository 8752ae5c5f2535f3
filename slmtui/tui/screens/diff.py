"""What would be changed in a file, line by line, and the question whether it may be."""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Button, Static

from slmtui.tui.format import MUTED, safe
from slmtui.tui.key_words import keyed
from slmtui.tui.screens.dialog import Dialog

_STYLES = {"+": "$text-success", "-": "$text-error", "@": MUTED}


Answer: TypeAlias = Literal["yes", "no", "back"]


class DiffScreen(Dialog[Answer]):
    """Ends with `yes` only after a yes. `lead` says what the change is for, `diff` is a unified diff.

    With `back` there is a third answer, called so: what an earlier yes has written is put back.
    """

    DEFAULT_CSS = "DiffScreen #diff { height: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer('yes')", "Yes"),
        Binding("n,escape", "answer('no')", "No"),
        Binding("o,ctrl+o", "answer('back')", "Original back"),
    ]

    def __init__(self, question: str, lead: str, diff: str, yes: str, back: str = "") -> None:
        super().__init__()
        self._question = question
        self._lead = lead
        self._diff = diff
        self._yes = yes
        self._back = back

    def compose_body(self) -> ComposeResult:
        yield Static(keyed(self, self._lead), classes="dialog-lead", markup=False)
        yield Static(coloured(self._diff), id="diff")

    def compose_actions(self) -> ComposeResult:
        yield Button("Not now", id="no", compact=True)
        if self._back:
            yield Button(self._back, id="back", compact=True)
        yield Button(self._yes, id="yes", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.ask(self._question, "#yes")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        answers: dict[str | None, Answer] = {"yes": "yes", "back": "back"}
        self.dismiss(answers.get(event.button.id, "no"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "answer" and parameters == ("back",) and not self._back:
            return False
        return super().check_action(action, parameters)

    def action_answer(self, answer: Answer) -> None:
        """Answer by a key."""
        self.dismiss(answer)


def coloured(diff: str) -> Content:
    """A unified diff in its usual colours, without the names of the files, which the dialog has said."""
    lines = [line for line in safe(diff).rstrip("\n").split("\n") if not line.startswith(("--- ", "+++ "))]
    return Content("\n").join(Content.styled(line, _STYLES.get(line[:1], "")) for line in lines)
