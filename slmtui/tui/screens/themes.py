"""Choose a theme while looking at it: where the cursor goes, the screen below follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from rich.cells import set_cell_size
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.theme import Theme
from textual.timer import Timer
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from slmtui.config.locations import user_themes_dir
from slmtui.tui.commands import Commands
from slmtui.tui.format import MUTED, fit, safe, short
from slmtui.tui.widgets.key_footer import KeyFooter
from slmtui.tui.window import Window

if TYPE_CHECKING:
    from slmtui.tui.app import SlmtuiApp

# Dressing a whole screen anew takes longer than moving a cursor: a held key only does the latter.
_WAIT_SECONDS = 0.04
_NAME = 20  # cells of a theme's name
_SHOWN = ("primary", "accent", "success", "warning", "error")


class ThemesScreen(Commands, Window[None]):
    """Enter keeps the theme under the cursor, Esc goes back to the one before."""

    KEYS = "themes"
    CSS_PATH = "themes.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "keep", "Keep", tooltip="Keep this theme", priority=True),
        Binding("escape,q", "leave", "Back", tooltip="Go back to the theme before"),
        Binding("down,j", "move(1)", "Next theme", show=False),
        Binding("up,k", "move(-1)", "Theme before", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._before = ""
        self._wait: Timer | None = None

    @property
    def _slmtui(self) -> SlmtuiApp:
        return cast("SlmtuiApp", self.app)

    def compose(self) -> ComposeResult:
        with Vertical(id="themes"):
            yield OptionList(id="theme-list")
        yield KeyFooter()

    def on_mount(self) -> None:
        self._before = self.app.theme
        frame, themes = self.query_one("#themes"), self.query_one("#theme-list", OptionList)
        frame.border_title = "Themes"
        frame.border_subtitle = Content(f"your own: {fit(safe(short(user_themes_dir())), 28)}")
        group = ""
        for name, whose in self._slmtui.looks.names().items():
            if whose != group:
                group = whose
                themes.add_option(Option(Content.styled(f"{whose}:", MUTED), disabled=True))
            themes.add_option(Option(_row(self.app.available_themes[name]), id=name))
        themes.highlighted = themes.get_option_index(self._before)
        themes.focus()

    @on(OptionList.OptionHighlighted)
    def _gone_to(self, event: OptionList.OptionHighlighted) -> None:
        if self._wait is not None:
            self._wait.stop()
        if event.option_id:
            name = event.option_id
            self._wait = self.set_timer(_WAIT_SECONDS, lambda: self._slmtui.looks.attempt(name))

    @on(OptionList.OptionSelected)
    def _chosen(self) -> None:
        self.action_keep()

    def action_move(self, step: int) -> None:
        """Go on by one theme."""
        themes = self.query_one("#theme-list", OptionList)
        themes.action_cursor_down() if step > 0 else themes.action_cursor_up()

    def action_keep(self) -> None:
        """Keep the theme under the cursor."""
        option = self.query_one("#theme-list", OptionList).highlighted_option
        self._end(option.id if option is not None and option.id else self._before)

    def action_leave(self) -> None:
        """Go back to the theme before."""
        self._end(self._before)

    def _end(self, name: str) -> None:
        if self._wait is not None:
            self._wait.stop()
        self._slmtui.looks.settle(name)
        self.dismiss()


def _row(theme: Theme) -> Content:
    """A name, its colours on its own background, and whether that is dark."""
    colours = theme.to_color_system().generate()
    ground = f"on {colours['background']}"
    patch = Content.assemble(*((" █", f"{colours[name]} {ground}") for name in _SHOWN), (" ", ground))
    kind = "" if theme.dark else "light"
    return Content.assemble(
        set_cell_size(fit(safe(theme.name), _NAME), _NAME), " ", patch, (f"  {kind}", MUTED)
    )
