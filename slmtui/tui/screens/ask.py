"""The question before anything is changed: what would be done, in full, then yes or no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, Static
from textual.widgets.button import ButtonVariant

from slmtui.tui.screens.dialog import Dialog
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.plan_facts import Row


@dataclass(frozen=True, slots=True)
class Section:
    """One thing that would be done: a heading, what it is in full, and what can be copied of it."""

    heading: str
    rows: tuple[Row, ...]
    copies: str = ""


class AskScreen(Dialog[bool]):
    """Ends with True only after a yes; Enter means yes, or no where it is `cautious`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,escape", "answer(False)", "No"),
        Binding("c", "copy", "Copy commands"),
    ]

    def __init__(
        self,
        question: str,
        sections: Sequence[Section],
        yes: str,
        *,
        no: str = "Not now",
        cautious: bool = False,
    ) -> None:
        super().__init__()
        self._question = question
        self._sections = tuple(sections)
        self._yes, self._no = yes, no
        self._cautious = cautious

    def compose_body(self) -> ComposeResult:
        several = len(self._sections) > 1
        for number, section in enumerate(self._sections, 1):
            heading = f"{number}. {section.heading}" if several else section.heading
            yield Static(heading, classes="dialog-heading", markup=False)
            yield Facts()

    def compose_actions(self) -> ComposeResult:
        first: ButtonVariant = "primary" if self._cautious else "default"
        second: ButtonVariant = "default" if self._cautious else "primary"
        yield Button(self._no, id="no", variant=first, compact=True)
        yield Button(self._yes, id="yes", variant=second, compact=True)

    def on_mount(self) -> None:
        for facts, section in zip(self.query(Facts), self._sections, strict=True):
            facts.show(section.rows)
        self.ask(self._question, "#no" if self._cautious else "#yes")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "copy":
            return any(section.copies for section in self._sections)
        return super().check_action(action, parameters)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        """Answer by a key."""
        self.dismiss(yes)

    def action_copy(self) -> None:
        """Copy the commands, for whoever wants to run them by hand."""
        self.app.copy_to_clipboard("\n".join(section.copies for section in self._sections if section.copies))
        self.notify("The commands are copied.")
