"""The kept conversations: searched while one types, opened, deleted."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static

from slmtui.events import Failure
from slmtui.runtime import conversations
from slmtui.runtime.conversation import Conversation
from slmtui.runtime.conversations import Found
from slmtui.runtime.neutral import neutral
from slmtui.tui.commands import Commands
from slmtui.tui.format import ago
from slmtui.tui.from_thread import tell
from slmtui.tui.key_words import keyed
from slmtui.tui.widgets.key_footer import KeyFooter
from slmtui.tui.widgets.table import Column, Headings, Row, Table
from slmtui.tui.window import Window


@dataclass(frozen=True, slots=True)
class _Search:
    found: Sequence[Found]
    damaged: Sequence[Failure]


class ConversationsScreen(Commands, Window[Conversation | None]):
    """Ends with the conversation to go on with, or with nothing."""

    CSS_PATH = "conversations.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", priority=True, tooltip="Go on with it"),
        Binding("ctrl+d", "delete", "Delete", priority=True, tooltip="Delete it for good; twice to be sure"),
        Binding(
            "ctrl+a,ctrl+o",
            "all_models",
            "All models",
            priority=True,
            tooltip="This model's, or all models'",
        ),
        Binding("escape", "dismiss(None)", "Close"),
    ]

    def __init__(self, model_dir: Path, shown: str) -> None:
        super().__init__()
        self._model_dir = model_dir
        self._all = False
        self._shown = shown
        self._found: dict[str, Found] = {}
        self._to_delete = ""
        self._kept: tuple[list[Conversation], list[Failure]] | None = None
        self._reading = threading.Lock()

    def compose(self) -> ComposeResult:
        with Vertical(id="kept"):
            yield Input(placeholder="words to search for", id="kept-words", compact=True)
            columns = [Column("conversation"), Column("turns", right=True), Column("when", muted=True)]
            yield Headings(columns, id="kept-list")
            yield Static(id="kept-excerpt", markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self._search()

    def on_key(self, event: events.Key) -> None:
        """The arrows move in the list while one types."""
        if event.key in ("up", "down") and self.query_one(Input).has_focus:
            rows = self.query_one(Table).rows
            (rows.action_cursor_up if event.key == "up" else rows.action_cursor_down)()
            event.stop()

    @on(Input.Changed)
    def _typed(self) -> None:
        self._search()

    def _search(self) -> None:
        self._look(self.query_one(Input).value)

    @work(thread=True, exclusive=True)
    def _look(self, words: str) -> None:
        where = None if self._all else self._model_dir
        with self._reading:  # read once, however fast one types
            if self._kept is None:
                self._kept = conversations.saved()
            kept, damaged = self._kept
        found = conversations.search(words, where, kept)
        tell(self, self._show, words, _Search(found, [] if words else damaged))

    def _show(self, words: str, search: _Search) -> None:
        if words != self.query_one(Input).value:
            return
        self._found = {found.conversation.id: found for found in search.found}
        whose = "all models" if self._all else "this model"
        self.query_one("#kept").border_title = f"Conversations with {whose}"
        self.query_one(Table).show(self._row(found) for found in search.found)
        self._damaged = search.damaged
        self._describe()

    def _row(self, found: Found) -> Row:
        one = found.conversation
        heading = neutral(one.heading) or "(no question yet)"
        heading = f"{neutral(one.model)}: {heading}" if self._all else heading
        state = "running" if one.id == self._shown else "waiting"
        return Row(one.id, state, (heading, str(len(one.turns)), ago(one.changed)))

    @on(OptionList.OptionHighlighted)
    def _describe(self) -> None:
        self._to_delete = ""
        found = self._highlighted
        words = self.query_one(Input).value
        if found is not None:
            where = f"turn {found.turn + 1}: " if words else ""
            text = where + neutral(found.excerpt)
        else:
            text = "No conversation has these words." if words else "No conversation is kept yet."
        if self._damaged and not words:
            text += f"\n{self._damaged[0].cause} {self._damaged[0].fix}"
        self.query_one("#kept-excerpt", Static).update(text)

    _damaged: Sequence[Failure] = ()

    @property
    def _highlighted(self) -> Found | None:
        return self._found.get(self.query_one(Table).highlighted)

    @on(OptionList.OptionSelected)
    def action_open(self) -> None:
        """Go on with the highlighted conversation."""
        found = self._highlighted
        if found is not None:
            self.dismiss(found.conversation)

    def action_all_models(self) -> None:
        """Those of this model, or of all."""
        self._all = not self._all
        self._search()

    def action_delete(self) -> None:
        """Delete the highlighted conversation, once it was asked for twice."""
        found = self._highlighted
        if found is None:
            return
        one = found.conversation
        if one.id == self._shown:
            self.query_one("#kept-excerpt", Static).update(
                keyed(self, "It is on the screen; Ctrl+L there starts another one first.")
            )
        elif self._to_delete != one.id:
            self._to_delete = one.id
            self.query_one("#kept-excerpt", Static).update(
                keyed(self, "Ctrl+D once more deletes it for good.")
            )
        else:
            self._delete(one.id)

    @work(thread=True)
    def _delete(self, name: str) -> None:
        try:
            conversations.delete(name)
        except Failure as failure:
            self.app.call_from_thread(self.notify, failure.cause, severity="error", markup=False)
        with self._reading:
            self._kept = None
        tell(self, self._search)
