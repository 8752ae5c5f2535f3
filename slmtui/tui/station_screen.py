"""What all stations' screens have in common: the rail, a title, a body, and one next step."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.compose import compose
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button, Static

from slmtui.tui.at_once import AtOnce
from slmtui.tui.commands import Commands
from slmtui.tui.format import MUTED
from slmtui.tui.jobs import JobChanged
from slmtui.tui.key_words import keyed
from slmtui.tui.sparing import Sparing
from slmtui.tui.widgets.key_footer import KeyFooter
from slmtui.tui.widgets.rail import Rail

if TYPE_CHECKING:
    from slmtui.tui.app import SlmtuiApp


class StationScreen(AtOnce, Commands, Screen[None]):
    """A station: `MODE` names it, `HEADING` says what happens here, `HELP` explains it (Markdown).

    A screen that belongs to a station names that one in `RAIL`.

    The primary button is the one thing to do next; Enter presses it, because it has the focus whenever
    the next step is to go on.
    """

    MODE: ClassVar[str] = ""
    RAIL: ClassVar[str] = ""
    HEADING: ClassVar[str] = ""
    HELP: ClassVar[str] = ""
    SCROLLS: ClassVar[bool] = True
    AUTO_FOCUS = ""  # the screens themselves say what has the focus
    # As Textual has it, with each move of the focus the whole screen is drawn anew.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n", "proceed", "Next", tooltip="Do the next step of this screen (its main button)"),
        Binding("escape", "leave", "Back", show=False, tooltip="Cancel what runs, or leave the field"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._compositor = Sparing()
        self._has_body = False
        self._looks, self._goes_on = False, ""

    @property
    def slmtui(self) -> SlmtuiApp:
        """The app, by its own type."""
        return cast("SlmtuiApp", self.app)

    def compose(self) -> ComposeResult:
        with Horizontal(id="frame"):
            yield Rail(self.RAIL or self.MODE)
            with Vertical(id="station"):
                yield Static(self._heading(), id="heading")
                yield VerticalScroll(id="body", can_focus=False) if self.SCROLLS else Vertical(id="body")
                yield Horizontal(id="actions")
        yield Static(id="footer-place")

    def compose_body(self) -> ComposeResult:
        """The station's own widgets."""
        yield from ()

    def compose_actions(self) -> ComposeResult:
        """Buttons beside the primary one."""
        yield from ()

    def on_mount(self) -> None:
        if self.slmtui.up:
            self.begin()

    def begin(self) -> None:
        """Draw the frame, and put the body into it right after, which takes a moment longer.

        While the app starts, Textual draws nothing at all, so the first screen waits for `up`.
        """
        self.call_after_refresh(self._mount_body)

    async def _mount_body(self) -> None:
        await self.query_one("#body").mount_all(compose(self, self.compose_body()))
        await self.query_one("#actions").mount_all(
            [
                Static(id="hint", markup=False),
                *self.compose_actions(),
                Button("Next", id="primary", variant="primary", compact=True, disabled=True),
            ]
        )
        await self.query_one("#footer-place").remove()
        if not self.is_attached or self._pruning:
            return  # the app has ended meanwhile
        await self.mount(KeyFooter())
        self._has_body = True
        if not self.has_body:
            return
        self.body_ready()
        self.refresh_bindings()
        # Screens and libraries stay until the end; walking over them again and again made the collector
        # stop the event loop for 0.1 s at a time.
        gc.freeze()
        gc.enable()
        self.show_state()
        self.app.call_later(self.slmtui.take_early)

    @property
    def has_body(self) -> bool:
        """Whether the station's widgets are there."""
        return self._has_body and not self._pruning  # Textual takes them away one after the other

    def body_ready(self) -> None:
        """The station's widgets are there: the place for what other widgets do when they are mounted."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No key of this screen does anything before there is something to do it with."""
        if not self.has_body or (action == "proceed" and not self._looks and not self._offered):
            return False
        return super().check_action(action, parameters)

    def on_screen_resume(self) -> None:
        if self.has_body:
            self.show_state()

    @on(JobChanged)
    async def _job_changed(self, message: JobChanged) -> None:
        if self.has_body:
            await self.on_job(message)
        # After what the screen has found out about the job's end; the app may have ended meanwhile.
        for rail in self.query(Rail):
            rail.refresh_states()

    async def on_job(self, message: JobChanged) -> None:
        """A job has said something; screens show their own."""

    def show_state(self) -> None:
        """Bring everything on the screen up to date; called whenever it is shown."""
        self._looks, self._goes_on = False, ""
        self.slmtui.look_again()
        self.query_one(Rail).refresh_states()
        self.query_one("#heading", Static).update(self._heading())

    def _heading(self) -> Content:
        name = self.slmtui.deployment.name if self.slmtui.deployment else ""
        return Content.assemble((self.HEADING, "bold"), ("  " + name if name else "", MUTED))

    def set_primary(self, label: str, hint: str = "", *, enabled: bool = True, focus: bool = True) -> None:
        """Say what the next step is; it takes the focus unless the user is busy with a field."""
        button = self.query_one("#primary", Button)
        if button.label.plain != label:  # type: ignore[union-attr]
            button.label = label
            button.refresh(layout=True)  # Textual does not make it wider by itself
        if not enabled and button.has_focus:
            self.set_focus(
                None
            )  # else Textual gives it to the button beside: Enter would cancel what it began
        if button.disabled == enabled:
            button.disabled = not enabled
            self.refresh_bindings()
        hint = keyed(self, hint)
        shown = self.query_one("#hint", Static)
        shown.update(hint)
        shown.tooltip = hint or None  # where it is cut, the mouse shows all of it
        if enabled and focus and self.is_current:
            self.set_focus(button)  # at once: `focus` would wait its turn, and Enter may come before

    @on(Button.Pressed, "#primary")
    def _primary_pressed(self) -> None:
        self.action_proceed()

    def action_proceed(self) -> None:
        """The key for the primary button."""
        if self.has_body and self._looks:
            self._goes_on = self._label
        elif self.has_body and self._offered:
            self.proceed()

    @property
    def _offered(self) -> bool:
        return not self.query_one("#primary", Button).disabled

    @property
    def _label(self) -> str:
        return str(self.query_one("#primary", Button).label)

    def looks(self) -> None:
        """What was just changed is looked up: a next step asked for meanwhile is of what is found."""
        self._looks, self._goes_on = True, ""

    def looked(self) -> None:
        """It is found, and shown: take the next step if it was asked for, and is called what it was then."""
        wanted, self._looks, self._goes_on = self._goes_on, False, ""
        if not self._offered:
            self.refresh_bindings()
        if wanted and wanted == self._label:
            self.action_proceed()

    def proceed(self) -> None:
        """Do the next step."""

    def action_leave(self) -> None:
        """Cancel this station's job if it runs; else give the focus back to the primary button."""
        job = self.slmtui.job(self.MODE)
        if job is not None and job.running:
            job.stop()
        else:
            button = self.query_one("#primary", Button)
            if button.disabled:
                self.set_focus(None)
            else:
                self.set_focus(button)

    def go(self, mode: str) -> None:
        """Show another station."""
        self.slmtui.action_station(mode)
