"""The glossary: the words of the field, found while one types."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from slmtui import glossary
from slmtui.tui.commands import Commands
from slmtui.tui.format import MUTED
from slmtui.tui.widgets.key_footer import KeyFooter
from slmtui.tui.widgets.rows import Rows
from slmtui.tui.window import Window


class GlossaryScreen(Commands, Window[None]):
    """The words on the left, the meaning of the highlighted one beside them."""

    CSS_PATH = "glossary.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "Next word", priority=True),
        Binding("up", "move(-1)", "Word before", show=False, priority=True),
        Binding("pagedown", "move(10)", "Ten words on", show=False, priority=True),
        Binding("pageup", "move(-10)", "Ten words back", show=False, priority=True),
        Binding("escape", "close", "Close", tooltip="Empty the search, then close"),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(id="glossary") as frame:
            frame.border_title = "Glossary"
            yield Input(placeholder="a word, or a part of one", id="glossary-words", compact=True)
            with Horizontal():
                yield Rows(id="glossary-list", compact=True, markup=False)
                with VerticalScroll(id="glossary-page", can_focus=False):
                    yield Static(id="glossary-text")
        yield KeyFooter()

    def on_mount(self) -> None:
        self._rows.can_focus = False  # the field keeps the focus: whoever moves in the list goes on typing
        self.query_one(Input).focus()
        self._search()

    @property
    def _rows(self) -> Rows:
        return self.query_one(Rows)

    @on(Input.Changed)
    def _search(self) -> None:
        words = self.query_one(Input).value
        found = glossary.search(words)
        self._rows.clear_options()
        self._rows.add_options(Option(one.name, id=f"term-{at}") for at, one in enumerate(found))
        self._found = found
        self._rows.highlighted = 0 if found else None
        if not found:
            self._say(Content.styled("No word here is called so, nor explained with it.", MUTED))

    _found: tuple[glossary.Term, ...] = ()

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        if event.option_index < len(self._found):
            one = self._found[event.option_index]
            also = Content.styled(f"also: {', '.join(one.also)}\n", MUTED) if one.also else ""
            self._say(Content.assemble((one.name, "bold $text-primary"), "\n", also, "\n", one.text))

    def _say(self, text: Content) -> None:
        self.query_one("#glossary-text", Static).update(text)
        self.query_one("#glossary-page").scroll_home(animate=False)

    def action_move(self, step: int) -> None:
        """Go to another word of the list."""
        at = self._rows.highlighted
        if at is not None:
            self._rows.highlighted = min(max(at + step, 0), self._rows.option_count - 1)

    def action_close(self) -> None:
        """Empty the search; an empty one closes."""
        field = self.query_one(Input)
        if field.value:
            field.value = ""
        else:
            self.dismiss()
