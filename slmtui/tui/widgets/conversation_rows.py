"""A short conversation to look at: a system message, then questions and answers, a line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message as TuiMessage
from textual.widgets import Input, Label

from slmtui.runtime.parameters import Message, Role


class TurnInput(Input):
    """One message; ↑ and ↓ go to the one above and below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", "Line below", show=False),
        Binding("up", "app.focus_previous", "Line above", show=False),
        Binding("backspace", "backspace", "Delete", show=False),
    ]

    class Emptied(TuiMessage):
        """Backspace in an empty line."""

    def action_backspace(self) -> None:
        """Delete to the left; in an empty line, the line itself."""
        if self.value:
            self.action_delete_left()
        else:
            self.post_message(self.Emptied())


class ConversationRows(Vertical):
    """An empty system line sends none. Enter in the last question adds a turn, Backspace takes it away."""

    DEFAULT_CSS = """
    ConversationRows {
        height: auto;
        max-height: 7;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        .turn { height: 1; }
        .turn Label { width: 17; color: $foreground-muted; }
        .turn Input { width: 1fr; }
    }
    """

    class Changed(TuiMessage):
        """The conversation is another one by the user's doing."""

    def compose(self) -> ComposeResult:
        yield _row("system", "")
        yield _row("user", "")

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation."""
        found = (
            Message(cast("Role", field.name), field.value)
            for field in self.query(TurnInput)
            if field.name != "system" or field.value
        )
        return tuple(found)

    async def show(self, messages: Sequence[Message]) -> None:
        """Another conversation."""
        wanted = list(messages)
        if not wanted or wanted[0].role != "system":
            wanted.insert(0, Message("system", ""))
        fields = list(self.query(TurnInput))
        if [field.name for field in fields] != [message.role for message in wanted]:
            await self.remove_children()
            await self.mount_all([_row(message.role, message.content) for message in wanted])
            return
        for field, message in zip(fields, wanted, strict=True):
            with field.prevent(Input.Changed):
                field.value = message.content

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed())

    @on(Input.Submitted)
    async def _submitted(self, event: Input.Submitted) -> None:
        """To the next line; behind the last one a turn is added."""
        event.stop()
        fields = list(self.query(TurnInput))
        at = fields.index(cast("TurnInput", event.input))
        if at + 1 < len(fields):
            fields[at + 1].focus()
        elif event.value:
            await self.mount_all([_row("assistant", ""), _row("user", "")])
            list(self.query(TurnInput))[at + 1].focus()
            self.post_message(self.Changed())

    @on(TurnInput.Emptied)
    async def _emptied(self, event: TurnInput.Emptied) -> None:
        """The last answer and question go together: the user speaks last."""
        event.stop()
        rows = list(self.query(".turn"))
        if len(rows) < 4:
            return
        fields = list(self.query(TurnInput))
        if self.screen.focused not in fields[-2:] or any(field.value for field in fields[-2:]):
            return
        fields[-3].focus()
        await self.remove_children(rows[-2:])
        self.post_message(self.Changed())


def _row(role: Role, text: str) -> Horizontal:
    titles = {"system": "system", "user": "question", "assistant": "answer"}
    examples = {"system": "none", "user": "", "assistant": ""}
    return Horizontal(
        Label(titles[role]),
        TurnInput(text, name=role, compact=True, select_on_focus=False, placeholder=examples[role]),
        classes="turn",
    )
