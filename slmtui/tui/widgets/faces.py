"""The faces of one thing on one line, the shown one marked; a click or a key shows another."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from slmtui.tui.format import MUTED
from slmtui.tui.key_words import keyed


class Faces(Static):
    """`names` are what the faces are called; `hint` says which key goes on."""

    DEFAULT_CSS = """
    Faces {
        height: 1;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        link-color: $foreground;
        link-style: none;
        link-background: transparent;
    }
    """

    class Picked(Message):
        """A face was clicked."""

        def __init__(self, faces: Faces, index: int) -> None:
            super().__init__()
            self.faces = faces
            self.index = index

        @property
        def control(self) -> Faces:
            """The faces it is one of."""
            return self.faces

    def __init__(self, names: Sequence[str], hint: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._names = tuple(names)
        self._hint = hint

    def show(self, chosen: int, marked: Sequence[str] = ()) -> None:
        """Mark the shown face; `marked` is what is said behind each name."""
        parts: list[Content] = []
        for index, name in enumerate(self._names):
            style = "bold reverse" if index == chosen else f"@click=pick({index})"
            behind = marked[index] if index < len(marked) else ""
            parts.append(Content.assemble((f" {name}{behind} ", style), " "))
        self.update(Content.assemble(*parts, (f" {keyed(self, self._hint)}", MUTED)))

    def action_pick(self, index: int) -> None:
        """A face was clicked."""
        self.post_message(self.Picked(self, index))
