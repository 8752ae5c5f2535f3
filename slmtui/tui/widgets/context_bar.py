"""How full the model's context window is, on one line."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from slmtui.runtime.context import length_of
from slmtui.tui.chat_session import ChatSession
from slmtui.tui.format import MUTED

# The bar is as long as what is said beside it leaves room for, within these.
_CELLS, _FEWEST = 16, 6
_HEAD = Content.styled("context ", MUTED)


class ContextBar(Static):
    """Tokens that the conversation takes of those that the model can see at once."""

    DEFAULT_CSS = "ContextBar { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self) -> None:
        super().__init__()
        self._part = 0.0
        self._words: list[Content] = []  # the fullest first

    def show(self, session: ChatSession) -> None:
        """Show how it stands; while an answer grows, about how."""
        used, whole = _fill(session)
        self.display = whole > 0
        if not whole:
            return
        part, forgotten = min(used / whole, 1.0), session.conversation.forgotten
        about = "about " if session.answering and session.fill is not None else ""
        said = f" {about}{used:,} of {whole:,}"
        loaded = session.loaded
        turns = "turn" if forgotten == 1 else "turns"
        units = [" tokens", ""]
        if forgotten:
            units = [""]
        elif loaded is not None and whole < loaded.context_length:
            units = [f" tokens (max length; the model sees {loaded.context_length:,})", " (max length)"]
        self._part = part
        self._words = [
            Content.assemble(
                (f"{said}{unit}, {part:.0%}", MUTED),
                (f", {forgotten} {turns} left out" if forgotten else "", "$text-warning"),
            )
            for unit in units
        ]
        self._draw()

    def on_resize(self) -> None:
        """In a narrow terminal the bar gives way to its words, and these to shorter ones."""
        self._draw()

    def _draw(self) -> None:
        if not self._words:
            return
        room = self.content_size.width - _HEAD.cell_length
        fits = (words for words in self._words if words.cell_length + _FEWEST <= room)
        words = next(fits, self._words[-1])
        cells = max(_FEWEST, min(_CELLS, room - words.cell_length))
        part, filled = self._part, round(self._part * cells)
        colour = "$text-error" if part >= 0.95 else "$text-warning" if part >= 0.8 else "$text-primary"
        self.update(Content.assemble(_HEAD, ("━" * filled, colour), ("─" * (cells - filled), MUTED), words))


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
