"""The settings: one row each, made from their declaration; every change holds at once and can be undone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on, work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Label, Static

from slmtui.config import settings
from slmtui.config.files import unwritable
from slmtui.config.locations import settings_file
from slmtui.config.settings import Setting
from slmtui.events import Failure
from slmtui.tui.format import short
from slmtui.tui.helpable import field_help
from slmtui.tui.screens.dialog import Dialog
from slmtui.tui.settings_live import check, take
from slmtui.tui.widgets.choice import Choice, Value
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.verdicts import FailurePanel

if TYPE_CHECKING:
    from slmtui.tui.app import SlmtuiApp

_SWITCH = (Value("true", "yes"), Value("false", "no"))
HELP = """\
## Settings

↑ ↓ choose a setting, ← → its value; what is typed holds after Enter. Every change holds at once, and Ctrl+Z
takes it back. On the theme, Enter shows them all.

They stand in one small file that is yours to edit, too: Ctrl+E opens it, `y` copies its path. What else
stands in it stays. `slmtui settings` does the same without the screens; keys of your own stand in `keys.toml`
beside it.
"""


class SettingsScreen(Dialog[None]):
    """A window over the screen below, which changes its looks meanwhile."""

    HELP = HELP
    DEFAULT_CSS = """
    SettingsScreen {
        #dialog-body Horizontal { height: 1; }
        #dialog-body Label { width: 17; color: $foreground-muted; }
        Input { width: 1fr; background: $background; }
        #settings-about { height: auto; min-height: 2; margin: 1 0; color: $text-muted; }
        FailurePanel { margin: 0 0 1 0; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", "Next", show=False),
        Binding("up", "app.focus_previous", "Before", show=False),
        Binding("ctrl+z", "undo", "Undo", priority=True, tooltip="Take the last change back"),
        Binding("ctrl+e", "edit", "Editor", priority=True, tooltip="Edit the file in your $EDITOR"),
        Binding("y", "copy", "Copy path", tooltip="Copy the path of the file"),
        Binding("f1", "app.help", "Help", tooltip="What each setting is for"),
        Binding("escape", "dismiss(None)", "Close"),
        Binding("e", "edit", "Editor", show=False),  # outside of fields, where VS Code keeps Ctrl+E
    ]

    def __init__(self) -> None:
        super().__init__()
        self._settings, self._problem = settings.load()
        self._changes: list[tuple[str, str | bool]] = []
        self._choosing = False  # whether the window above is the one of the themes

    @property
    def _slmtui(self) -> SlmtuiApp:
        return cast("SlmtuiApp", self.app)

    def compose_body(self) -> ComposeResult:
        for one in settings.described():
            if isinstance(one.default, bool):
                yield Choice(one.title, _SWITCH, key=one.name, about=one.about, id=f"setting-{one.name}")
            elif one.name == "theme":
                names = [Value(name, name) for name in self._slmtui.looks.names()]
                about = f"{one.about} Enter shows them all."
                yield Choice(one.title, names, key=one.name, about=about, id="setting-theme")
            else:
                yield from _field(one)
        yield Static(id="settings-about", markup=False)
        yield FailurePanel(id="settings-failure")
        yield Facts(id="settings-file")

    def compose_actions(self) -> ComposeResult:
        yield Button("Undo", id="undo", compact=True)
        yield Button("Edit file", id="edit", compact=True)
        yield Button("Copy path", id="copy", compact=True)
        yield Button("Close", id="close", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.query_one("#settings-file", Facts).show([("file", short(settings_file()))])
        self.ask("Settings", "#close")
        self._show(self._problem)
        self.query_one("#setting-theme").focus()

    def on_screen_resume(self) -> None:
        """A theme may have been chosen in the window above."""
        if self._choosing and self.app.theme != self._settings.theme:
            self._change("theme", self.app.theme)
        self._choosing = False

    def _show(self, failure: Failure | None) -> None:
        """Show the values as they are, and what is wrong."""
        for one in settings.described():
            row, value = self.query_one(f"#setting-{one.name}"), getattr(self._settings, one.name)
            if isinstance(row, Choice):
                row.show(str(value).lower() if isinstance(value, bool) else value)
            elif isinstance(row, Input) and row.value != value:
                row.value = value
        self.query_one(FailurePanel).show(failure)
        self.query_one("#undo", Button).disabled = not self._changes

    @on(events.DescendantFocus)
    def _explain(self) -> None:
        found = field_help(self)
        self.query_one("#settings-about", Static).update(found.text if found else "")

    # Changes

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        self._typed(event.choice.key, event.value)

    @on(Input.Submitted)
    @on(Input.Blurred)
    def _entered(self, event: Input.Submitted | Input.Blurred) -> None:
        self._typed((event.input.id or "").removeprefix("setting-"), event.value)

    def _typed(self, name: str, text: str) -> None:
        one = next(each for each in settings.described() if each.name == name)
        try:
            value = one.read(text)
            if value == getattr(self._settings, name):
                self.query_one(FailurePanel).show(None)
                return
            check(name, value)
        except Failure as failure:
            self.query_one(FailurePanel).show(failure)
            return
        self._change(name, value)

    def _change(self, name: str, value: str | bool, *, undoes: bool = False) -> None:
        before = getattr(self._settings, name)
        self._save(name, value, None if undoes else before)

    @work(thread=True, exit_on_error=False)
    def _save(self, name: str, value: str | bool, before: str | bool | None) -> None:
        """Writing the file is nothing for the event loop."""
        try:
            saved: settings.Settings | Failure = settings.save(**{name: value})
        except Failure as failure:
            saved = failure
        self.app.call_from_thread(self._saved, saved, name, before)

    def _saved(self, saved: settings.Settings | Failure, name: str, before: str | bool | None) -> None:
        if isinstance(saved, Failure):
            self._show(saved)
            return
        if before is not None:
            self._changes.append((name, before))
        self._settings = saved
        take(self._slmtui, saved)
        self._show(None)

    # Keys

    def action_proceed(self) -> None:
        """Enter on a row: all themes, or the other value."""
        row = self.focused
        if isinstance(row, Choice) and row.key == "theme":
            self._choosing = True
            self._slmtui.action_change_theme()
        elif isinstance(row, Choice):
            row.action_move(1 if row.value == row.keys[0] else -1)

    def action_undo(self) -> None:
        """Take the last change back."""
        if self._changes:
            name, before = self._changes.pop()
            self._change(name, before, undoes=True)

    def action_copy(self) -> None:
        """Copy where the file is."""
        self.app.copy_to_clipboard(str(settings_file()))
        self.notify("Copied.")

    def action_edit(self) -> None:
        """Open the file in the user's editor, and take what was written."""
        from slmtui.tui.external_editor import edit_file

        path = settings_file()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self.app.suspend():
                edit_file(path)
        except SuspendNotSupported:
            self._show(Failure("This terminal cannot be lent to an editor.", f"Edit {path} in another one."))
            return
        except OSError as error:
            self._show(unwritable(path, error))
            return
        except Failure as failure:
            self._show(failure)
            return
        self._settings, problem = settings.load()
        take(self._slmtui, self._settings)
        self._show(problem)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        deeds = {"undo": self.action_undo, "edit": self.action_edit, "copy": self.action_copy}
        deeds.get(event.button.id or "", partial(self.dismiss, None))()


def _field(one: Setting) -> ComposeResult:
    """A setting that is typed."""
    with Horizontal():
        yield Label(one.title)
        field = Input(id=f"setting-{one.name}", compact=True, placeholder="slmtui chooses")
        field.tooltip = one.about
        yield field
