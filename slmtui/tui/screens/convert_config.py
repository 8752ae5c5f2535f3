"""The Convert screen's configuration: edited here or in the user's own editor, loaded, mended, given back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content

from slmtui.events import Failure
from slmtui.tui.station_screen import StationScreen
from slmtui.tui.widgets.config_pane import ConfigPane
from slmtui.tui.widgets.convert_form import note

if TYPE_CHECKING:
    from slmtui.tui.studio import Prospect, Studio, Wish


class ConfigActions(StationScreen):
    """What can be done with the configuration; the screen has the rest."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+g", "fix", "Fix", show=False, tooltip="Apply the fix of the highlighted finding"),
        Binding(
            "ctrl+e",
            "edit",
            "Editor",
            show=False,
            priority=True,
            tooltip="Edit it in your $EDITOR",
        ),
        Binding("ctrl+l", "load", "Load", show=False, tooltip="Load a configuration from a file"),
        Binding("ctrl+r", "reset", "Form's", show=False, tooltip="Give the configuration back to the form"),
    ]
    _studio: Studio
    _wish: Wish
    _prospect: Prospect | None

    def _look(self) -> None:
        raise NotImplementedError

    async def action_next_face(self) -> None:
        """Another face."""

    async def _turn(self, face: int) -> None:
        raise NotImplementedError

    async def _mount_config(self) -> None:
        """The editor takes a moment to make: it is made when there is a place to see it."""
        place = self.query_one("#right", Container)
        if not place.children and (self.has_class("-config") or self.has_class("-very-wide")):
            await place.mount(ConfigPane())

    def _show_config(self, found: Prospect) -> None:
        for pane in self.query(ConfigPane):
            if found.text:
                pane.put(found.text)
            pane.show(found.report, _note(found))

    @on(ConfigPane.Edited)
    def _edited(self, event: ConfigPane.Edited) -> None:
        self._take(event.text)

    def _take(self, text: str | None) -> None:
        """The configuration is the user's from now on; None gives it back to the form."""
        self._wish = replace(self._wish, text=text, follows=False)
        self._look()

    async def _put(self, text: str) -> None:
        """Show a text that comes from elsewhere; Ctrl+Z brings back what it replaces."""
        await self._turn(2)
        for pane in self.query(ConfigPane):
            pane.put(text)
        self._take(text)

    def action_fix(self) -> None:
        """Apply the fix of the highlighted finding."""
        pane = next(iter(self.query(ConfigPane)), None)
        finding = pane.finding if pane is not None else None
        if pane is None or finding is None:
            self.notify("There is nothing to fix in the configuration.")
            return
        try:
            text = self._studio.fixed(pane.text, finding)
        except Failure as failure:
            self.notify(f"{failure.cause} {failure.fix}", markup=False, severity="warning")
            return
        pane.put(text)
        self._take(text)

    async def action_edit(self) -> None:
        """Edit the configuration in the user's own editor."""
        from slmtui.tui.external_editor import edit

        text = self._prospect.text if self._prospect else ""
        try:
            with self.app.suspend():
                changed = edit(text)
        except SuspendNotSupported:
            self.notify("This terminal cannot be lent to an editor.", severity="warning")
            return
        except Failure as failure:
            self.notify(f"{failure.cause} {failure.fix}", markup=False, severity="warning")
            return
        if changed != text:
            await self._put(changed)

    def action_load(self) -> None:
        """Load a configuration from a file."""
        from slmtui.tui.screens.load_file import LoadFileScreen

        async def loaded(text: str | None) -> None:
            if text is not None:
                await self._put(text)

        self.app.push_screen(LoadFileScreen("Load an Olive configuration", self._studio.read), loaded)

    def action_reset(self) -> None:
        """Give the configuration back to the form."""
        if self._wish.text is not None:
            self._take(None)


def _note(found: Prospect) -> Content:
    if found.wish.text is None:
        return note("ok", ["The form says the same; edit it, and it runs as you wrote it."])
    if found.recipe is not None:
        return note("ok", [f"Yours; the form says the same: {found.recipe.title}.", *found.replaced])
    why = found.beyond or (found.failure.cause if found.failure else "")
    return note(
        "warn", [f"Yours, and run as it is. {why}", "Ctrl+R goes back to the form's.", *found.replaced]
    )
