"""Conversations as a whole: another one, an earlier one, one written to a file, and one side by side."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType

from slmtui.runtime.conversation import Conversation
from slmtui.tui.screens.beside import BesideScreen
from slmtui.tui.screens.chat_base import ChatBase
from slmtui.tui.screens.conversations import ConversationsScreen
from slmtui.tui.screens.export_chat import ExportScreen
from slmtui.tui.widgets.prompt_area import PromptArea


class ChatFiles(ChatBase):
    """What is done with a conversation as a whole."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+l", "clear", "New", tooltip="Start another conversation with the same model"),
        Binding("ctrl+t", "conversations", "Find", tooltip="Search the kept conversations, open one"),
        Binding("ctrl+s", "export", "Export", show=False, tooltip="Write the conversation to a file"),
        Binding(
            "shift+f9,f21",
            "beside",
            "Side by side",
            show=False,
            tooltip="Ask two models or engines at once",
        ),
    ]

    def action_clear(self) -> None:
        """Start another conversation; the one from before is kept."""
        if self.idle():
            self._editing = None
            self.session.start_anew()
            self.query_one("#question", PromptArea).empty()
            self.query_one("#question").focus()
            self.changed(kept=False)

    def action_conversations(self) -> None:
        """Search the kept conversations."""
        if self.session.target is not None and self.idle():
            screen = ConversationsScreen(self.session.target, self.session.conversation.id)
            self.app.push_screen(screen, self._chosen)

    def _chosen(self, conversation: Conversation | None) -> None:
        if conversation is None:
            return
        if not Path(conversation.model_dir).is_dir():
            self.notify(
                f"Its model is gone: {conversation.model_dir}. The conversation can be read and exported.",
                severity="warning",
                markup=False,
                timeout=8,
            )
        session = self.session
        if session.target != Path(conversation.model_dir):
            threading.Thread(target=session.close, daemon=True).start()
        self._editing = None
        session.open(conversation)
        self.query_one("#question", PromptArea).empty()
        self.query_one("#question").focus()
        self.changed(kept=False)

    def action_export(self) -> None:
        """Write the conversation to a file."""
        if self.session.turns:
            self.app.push_screen(ExportScreen(self.session.conversation))
        else:
            self.notify("There is nothing to write yet.", timeout=2)

    def action_beside(self) -> None:
        """Ask two models, precisions or engines the same at the same moment."""
        job = self.slmtui.job(self.MODE)
        if job is not None and job.running:
            self.notify("Esc stops what runs first.", timeout=2)
        elif self.session.target is not None:
            self.app.push_screen(BesideScreen(self.session))
