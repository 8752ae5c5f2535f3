"""Help on the shown screen: what it is for, and its keys."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Footer, Markdown

# What many terminals send for Shift+F8 and Shift+F9; nobody finds these on a keyboard.
_SENT_FOR = ("f20", "f21")
_KEY_NAMES = {"question_mark": "?", "escape": "Esc", "enter": "Enter", "slash": "/"}


def _key(key: str) -> str:
    """A key as it stands on the keyboard."""
    return _KEY_NAMES.get(key, "+".join(part.capitalize() for part in key.split("+")))


class HelpScreen(ModalScreen[None]):
    """Explains another screen; its keys are read from that screen's own bindings."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q", "dismiss", "Close"),
        Binding("down,j", "scroll('down')", "Down", show=False),
        Binding("up,k", "scroll('up')", "Up", show=False),
    ]

    def __init__(self, about: Screen[Any]) -> None:
        super().__init__()
        self._about = about

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Markdown(self._text())
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one("#help").focus()

    def action_scroll(self, direction: str) -> None:
        """Scroll by a few lines."""
        self.query_one("#help").scroll_relative(y=3 if direction == "down" else -3, animate=False)

    def _text(self) -> str:
        rows: dict[str, tuple[list[str], str]] = {}
        for active in self._about.active_bindings.values():
            binding = active.binding
            if not binding.description or active.node not in (self._about, self.app):
                continue
            keys, _ = rows.setdefault(binding.action, ([], binding.tooltip or binding.description))
            if binding.key not in _SENT_FOR:
                keys.append(_key(binding.key))
        table = "\n".join(f"| {' '.join(keys)} | {text} |" for keys, text in rows.values())
        about = getattr(self._about, "HELP", "")
        return f"{about}\n\n### Keys\n\n| Key | What it does |\n|---|---|\n{table}\n"
