"""Help on the shown screen: what has failed, the field in focus, what the screen is for, and its keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Markdown, Static

from slmtui import glossary
from slmtui.events import Failure
from slmtui.tui import helpable
from slmtui.tui.commands import Commands
from slmtui.tui.format import MUTED, safe
from slmtui.tui.key_words import key_name, keyed
from slmtui.tui.widgets.key_footer import KeyFooter
from slmtui.tui.widgets.verdicts import failure_text
from slmtui.tui.window import Window

# What many terminals send for Shift+F8 and Shift+F9; nobody finds these on a keyboard.
_SENT_FOR = ("f20", "f21")
# Of Textual's own commands those that it names rather than explains.
_EXPLAINED = {"app.focus_next": "To the next field", "app.focus_previous": "To the field before"}
_WHAT_TO_DO = (
    "When the fix does not help: y copies this for a question to somebody, and `slmtui doctor --report FILE` "
    "writes all that is known of this machine, without names and tokens."
)


class HelpScreen(Commands, Window[None]):
    """Explains another screen; its keys are read from that screen's own bindings."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q", "dismiss", "Close"),
        Binding("slash", "app.glossary", "Glossary", tooltip="The words of the field, explained"),
        Binding("y", "copy", "Copy", tooltip="Copy what has failed, to ask somebody"),
        Binding("down,j", "scroll(3)", "Down", show=False),
        Binding("up,k", "scroll(-3)", "Up", show=False),
    ]

    def __init__(self, about: Screen[Any]) -> None:
        super().__init__()
        self._about = about
        self._failures = helpable.failures(about)
        self._field = helpable.field_help(about)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield from self._failed()
            yield from self._focused()
            yield Markdown(self._text())
        yield KeyFooter()

    def on_mount(self) -> None:
        self.query_one("#help").focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where nothing has failed there is nothing to copy."""
        return bool(self._failures) if action == "copy" else super().check_action(action, parameters)

    def action_scroll(self, lines: int) -> None:
        """Scroll by a few lines."""
        self.query_one("#help").scroll_relative(y=lines, animate=False)

    def action_copy(self) -> None:
        """Copy what has failed."""
        self.app.copy_to_clipboard("\n\n".join(failure_text(one).plain for one in self._failures))
        self.notify("Copied.")

    def _failed(self) -> Iterator[Static]:
        """What has failed, before all else: that is what somebody who asks for help looks at."""
        if not self._failures:
            return
        yield Static("What has failed", classes="help-heading")
        for one in self._failures:
            yield Static(keyed(self._about, failure_text(one)), classes="help-failure")
        yield Static(_WHAT_TO_DO, classes="help-text", markup=False)
        yield from _words(*self._failures)

    def _focused(self) -> Iterator[Static]:
        """The field in focus, with the words that stand in its text."""
        field = self._field
        if field is None:
            return
        yield Static(Content(safe(field.title or "This field")), classes="help-heading")
        yield Static(Content(safe(keyed(self._about, field.text))), classes="help-text")
        own = glossary.term(field.title) if field.title else None
        if own is not None:
            yield Static(Content.styled(own.text, MUTED), classes="help-text")
        yield from _words(field.text, but=own)

    def _text(self) -> str:
        rows: dict[str, tuple[list[str], str]] = {}
        for active in self._about.active_bindings.values():
            binding = active.binding
            if not binding.description or active.node not in (self._about, self.app):
                continue
            does = _EXPLAINED.get(binding.action, binding.tooltip or binding.description)
            keys, _ = rows.setdefault(binding.action, ([], does))
            name = key_name(binding.key)
            if binding.key not in _SENT_FOR and name not in keys:
                keys.append(name)
        table = "\n".join(f"| {' '.join(keys)} | {text} |" for keys, text in rows.values())
        about = keyed(self._about, getattr(self._about, "HELP", "") or "")  # Textual's own is None
        return f"{about}\n\n### Keys\n\n| Key | What it does |\n|---|---|\n{table}\n"


def _words(*texts: str | Failure, but: glossary.Term | None = None) -> Iterator[Static]:
    """The terms that stand in these texts, explained."""
    said = [f"{text.cause} {text.fix}" if isinstance(text, Failure) else text for text in texts]
    for term in glossary.terms_in(*said):
        if term is not but:
            yield Static(_explained(term), classes="help-text")


def _explained(term: glossary.Term) -> Content:
    return Content.assemble((term.name, "bold"), "  ", (term.text, MUTED))
