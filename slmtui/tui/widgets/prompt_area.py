"""Where a question is typed: Enter sends, Ctrl+J makes a new line, the arrows bring earlier ones back."""

from __future__ import annotations

import re

from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea

# What is pasted and longer than this stands in the field as a short sign: wrapping 100,000 characters anew at
# every key takes seconds.
PASTE_SHOWN = 2_000
_SIGN = re.compile(r"\[pasted ([0-9]+): [0-9,]+ characters\]")


class PromptArea(TextArea):
    """A text area that grows with its text and submits on Enter."""

    class Submitted(Message):
        """Enter was pressed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Paged(Message):
        """A key asks for another part of what stands above: -1 is a page up, 1 a page down."""

        def __init__(self, pages: int) -> None:
            super().__init__()
            self.pages = pages

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(
            id=id,
            soft_wrap=True,
            show_line_numbers=False,
            compact=True,
            tab_behavior="focus",
            placeholder="Ask the model something",
        )
        self._pasted: list[str] = []
        self._earlier: list[str] = []
        self._at = 0  # how many questions back
        self._typed = ""

    @property
    def whole(self) -> str:
        """The text, with what was pasted in the place of its signs."""
        return _SIGN.sub(self._behind, self.text)

    def _behind(self, sign: re.Match[str]) -> str:
        number = int(sign[1])
        return self._pasted[number - 1] if 0 < number <= len(self._pasted) else sign[0]

    def put(self, text: str) -> None:
        """Show a text in place of what stands there; a very long one as a sign."""
        self.text = self._sign(text) if len(text) > PASTE_SHOWN else text
        self.move_cursor(self.document.end)

    def empty(self) -> None:
        """Begin anew; what was pasted is forgotten."""
        self._pasted, self._at = [], 0
        self.text = ""

    def remember(self, questions: list[str]) -> None:
        """What the arrow keys go through, the latest last."""
        self._earlier = questions

    def _sign(self, text: str) -> str:
        self._pasted.append(text)
        return f"[pasted {len(self._pasted)}: {len(text):,} characters]"

    def render_line(self, y: int) -> Strip:
        # While a window is being resized there may be no room at all, and Textual divides by it.
        return super().render_line(y) if self.content_size.width > 0 else Strip.blank(self.size.width)

    async def _on_paste(self, event: events.Paste) -> None:
        if len(event.text) > PASTE_SHOWN and not self.read_only:
            # Textual calls the handlers of all classes: TextArea's own would insert the whole text.
            event.prevent_default()
            event.stop()
            self.insert(self._sign(event.text))
            self.focus()
        else:
            await super()._on_paste(event)
            event.prevent_default()

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.prevent_default()
            event.stop()
            self.post_message(self.Submitted(self.whole))
        elif event.key in ("ctrl+j", "shift+enter"):
            event.prevent_default()
            event.stop()
            self.insert("\n")
        elif (event.key == "up" and self.cursor_at_first_line) or (
            event.key == "down" and self.cursor_at_last_line
        ):
            if self._go_back(1 if event.key == "up" else -1):
                event.prevent_default()
                event.stop()
        elif event.key in ("pageup", "pagedown"):
            event.prevent_default()
            event.stop()
            self.post_message(self.Paged(-1 if event.key == "pageup" else 1))
        elif await self._own_key(event.key):
            event.prevent_default()
            event.stop()
        else:
            await super()._on_key(event)

    async def _own_key(self, key: str) -> bool:
        """Do what one of the field's own keys does; False if it is none, or does nothing now.

        Textual does that once the key has come all the way up to the app: what was typed behind a Backspace
        meanwhile would be there before it.
        """
        own = self._bindings.key_to_bindings.get(key)
        return own is not None and await self.app.run_action(own[0].action, self)

    def _go_back(self, step: int) -> bool:
        """Show the question that many steps back; False where there is none."""
        at = self._at + step
        # On a line of several the arrow moves to its end first, as everywhere.
        first, last = self.cursor_at_first_line, self.cursor_at_last_line
        if not 0 <= at <= len(self._earlier) or (self._at == 0 and self.text and not (first and last)):
            return False
        if self._at == 0:
            self._typed = self.text
        self._at = at
        self.put(self._earlier[-at] if at else self._typed)
        return True
