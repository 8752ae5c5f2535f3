"""How full the model's context window is, on one line."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from slmtui.runtime.context import length_of
from slmtui.tui.chat_session import ChatSession
from slmtui.tui.format import MUTED

_CELLS = 16


class ContextBar(Static):
    """Tokens that the conversation takes of those that the model can see at once."""

    DEFAULT_CSS = "ContextBar { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }"

    def show(self, session: ChatSession) -> None:
        """Show how it stands; while an answer grows, about how."""
        used, whole = _fill(session)
        self.display = whole > 0
        if not whole:
            return
        part, forgotten = min(used / whole, 1.0), session.conversation.forgotten
        # At 80 columns there is no room for all of it: what is missing is the point then.
        cells = _CELLS // 2 if forgotten else _CELLS
        filled = round(part * cells)
        colour = "$text-error" if part >= 0.95 else "$text-warning" if part >= 0.8 else "$text-primary"
        about = "about " if session.answering and session.fill is not None else ""
        unit = "" if forgotten else " tokens"
        loaded = session.loaded
        if loaded is not None and whole < loaded.context_length and not forgotten:
            unit = f" tokens (max length; the model sees {loaded.context_length:,})"
        turns = "turn" if forgotten == 1 else "turns"
        self.update(
            Content.assemble(
                ("context ", MUTED),
                ("━" * filled, colour),
                ("─" * (cells - filled), MUTED),
                (f" {about}{used:,} of {whole:,}{unit}, {part:.0%}", MUTED),
                (f", {forgotten} {turns} left out" if forgotten else "", "$text-warning"),
            )
        )


def _fill(session: ChatSession) -> tuple[int, int]:
    if session.answering and session.fill is not None:
        # A piece is one token, or a few: the answer says in the end how many they were.
        return session.fill.used + len(session.pieces), session.fill.context_length
    for answer in reversed(session.conversation.answers):
        if answer.context_length:
            return answer.context_used, answer.context_length
    if session.loaded is None:
        return 0, 0
    return 0, length_of(session.conversation.parameters, session.loaded.context_length)
