"""One of a few values, on one line: all of them in sight where they fit; ← and →, or a click, choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from slmtui.tui.format import MUTED, fit, safe

_LABEL = 17  # cells of the label and the gap behind it


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it is typed (`key`) and as it is shown; `why_not` says why it cannot be had here."""

    key: str
    text: str
    why_not: str = ""


class Choice(Static, can_focus=True):
    """A label and its values; one that cannot be had is shown, but not chosen."""

    DEFAULT_CSS = """
    Choice {
        height: 1;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        &:focus { background: $boost; }
        link-color: $foreground;
        link-style: none;
        link-background: transparent;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(-1)", "Value before", show=False),
        Binding("right,l,space", "move(1)", "Value after", show=False),
        Binding("down,j", "app.focus_next", "Field below", show=False),
        Binding("up,k", "app.focus_previous", "Field above", show=False),
        Binding("enter", "screen.proceed", "Go on", show=False),
    ]

    class Changed(Message):
        """The user has chosen another value."""

        def __init__(self, choice: Choice, value: str) -> None:
            super().__init__()
            self.choice = choice
            self.value = value

        @property
        def control(self) -> Choice:
            """The field, for `@on` with a selector."""
            return self.choice

    class Refused(Message):
        """The user has clicked on a value that cannot be had."""

        def __init__(self, why: str) -> None:
            super().__init__()
            self.why = why

    def __init__(
        self,
        label: str,
        values: Sequence[Value] = (),
        value: str = "",
        *,
        key: str = "",
        about: str = "",
        abouts: Mapping[str, str] | None = None,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self.label = label
        self.key = key
        self._values = tuple(values)
        self._value = value
        self._about = about
        self._abouts = dict(abouts or {})
        self._at: int | None = None  # where the user is, if that is a value that cannot be had

    @property
    def value(self) -> str:
        """The chosen value's key."""
        return self._value

    @property
    def keys(self) -> tuple[str, ...]:
        """The values there are to choose from."""
        return tuple(value.key for value in self._values)

    @property
    def about(self) -> str:
        """What the field is for, and what its chosen value means."""
        return " ".join(part for part in (self._abouts.get(self._value, ""), self._about) if part)

    def show(
        self, value: str, values: Sequence[Value] | None = None, abouts: Mapping[str, str] | None = None
    ) -> None:
        """Show this value as the chosen one; no message is sent."""
        given = self._values if values is None else tuple(values)
        self._abouts = self._abouts if abouts is None else dict(abouts)
        if (value, given) != (self._value, self._values):
            self._value, self._values, self._at = value, given, None
            self._draw()

    def on_mount(self) -> None:
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def watch_has_focus(self, has_focus: bool) -> None:
        """Not `on_focus` and `on_blur`: these are called before it is known, and drew what was so before."""
        super().watch_has_focus(has_focus)
        if not has_focus:
            self._at = None
        self._draw()

    def _draw(self) -> None:
        label = f"{self.label} ".ljust(_LABEL) if self.label else ""
        # Where there are no colours, the ground does not say where the focus is.
        label_style = "bold" if self.has_focus else MUTED
        room = (self.content_size.width or 60) - len(label)
        parts = [self._one(value) for value in self._values]
        whole = sum(cell_len(value.text) + 2 for value in self._values)
        if whole <= room:
            self.update(Content.assemble((label, label_style), *parts), layout=False)
            return
        at = next((i for i, value in enumerate(self._values) if value.key == self._value), 0)
        at = self._at if self._at is not None else at
        place = f"  {at + 1} of {len(self._values)}"
        shown = fit(safe(self._values[at].text), max(room - 4 - len(place), 8)) if self._values else ""
        self.update(
            Content.assemble(
                (label, label_style),
                Content.styled("‹ ", f"{MUTED} @click=move(-1)"),
                (shown, "bold $text-accent" if self.has_focus else "bold"),
                Content.styled(" ›", f"{MUTED} @click=move(1)"),
                (place, MUTED),
            ),
            layout=False,
        )

    def _one(self, value: Value) -> Content:
        text = f" {safe(value.text)} "
        if value.key == self._value:
            return Content.styled(text, "bold reverse $text-accent" if self.has_focus else "bold reverse")
        index = self._values.index(value)
        style = f"{MUTED} strike" if value.why_not else ""
        style += " reverse" if index == self._at else ""
        return Content.styled(text, f"{style} @click=pick({index})".strip())

    def action_move(self, step: int) -> None:
        """Choose the value before or after; one that cannot be had is gone to, and says why."""
        keys = [value.key for value in self._values]
        at = self._at if self._at is not None else keys.index(self._value) if self._value in keys else -1
        if 0 <= at + step < len(keys):
            self._go(at + step)

    def action_pick(self, index: int) -> None:
        """Choose the value that was clicked."""
        self.focus()
        if index < len(self._values):
            self._go(index)

    def _go(self, index: int) -> None:
        value = self._values[index]
        self._at = index if value.why_not else None
        changed = not value.why_not and value.key != self._value
        if changed:
            self._value = value.key
        self._draw()
        if value.why_not:
            self.post_message(self.Refused(value.why_not))
        elif changed:
            self.post_message(self.Changed(self, value.key))

    async def _on_click(self, event: events.Click) -> None:
        self.focus()
