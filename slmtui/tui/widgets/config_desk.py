"""The configuration's place: edited here or in the user's own editor, loaded, mended, given back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.app import SuspendNotSupported
from textual.containers import Container
from textual.message import Message

from slmtui.events import Failure
from slmtui.tui.widgets.config_pane import ConfigPane
from slmtui.tui.widgets.notes import Note, note

if TYPE_CHECKING:
    from slmtui.tui.studio import Prospect, Studio


class ConfigDesk(Container):
    """Holds the editor once there is a place to see it, and does what can be done with the text."""

    DEFAULT_CSS = "ConfigDesk { width: 1fr; height: 1fr; }"

    class Taken(Message):
        """The configuration is the user's from now on; None gives it back to the form.

        `seen`: it came from elsewhere, and shall be shown.
        """

        def __init__(self, text: str | None, *, seen: bool = False) -> None:
            super().__init__()
            self.text = text
            self.seen = seen

    def __init__(self, studio: Studio) -> None:
        super().__init__(id="right")
        self._studio = studio

    @property
    def pane(self) -> ConfigPane | None:
        """The editor, if it is there already."""
        return next(iter(self.query(ConfigPane)), None)

    async def open(self, found: Prospect) -> ConfigPane:
        """The editor, with what came of the user's wish; making it takes a moment."""
        pane = self.pane
        if pane is None:
            pane = ConfigPane()
            await self.mount(pane)
        self.show(found)
        return pane

    def show(self, found: Prospect) -> None:
        """Show the text and its lint, where the editor is there."""
        pane = self.pane
        if pane is not None:
            if found.text:
                pane.put(found.text)
            pane.show(found.report, _note(found))

    @on(ConfigPane.Edited)
    def _edited(self, event: ConfigPane.Edited) -> None:
        self.post_message(self.Taken(event.text))

    def fix(self) -> None:
        """Apply the fix of the highlighted finding."""
        pane = self.pane
        finding = pane.finding if pane is not None else None
        if pane is None or finding is None:
            self.notify("There is nothing to fix in the configuration.")
            return
        try:
            text = self._studio.fixed(pane.text, finding)
        except Failure as failure:
            self._say(failure)
            return
        pane.put(text)
        self.post_message(self.Taken(text))

    def edit(self, text: str) -> None:
        """Edit `text` in the user's own editor."""
        from slmtui.tui.external_editor import edit

        try:
            with self.app.suspend():
                changed = edit(text)
        except SuspendNotSupported:
            self.notify("This terminal cannot be lent to an editor.", severity="warning")
        except Failure as failure:
            self._say(failure)
        else:
            if changed != text:
                self.post_message(self.Taken(changed, seen=True))

    def load(self) -> None:
        """Load a configuration from a file."""
        from slmtui.tui.screens.load_file import LoadFileScreen

        def loaded(text: str | None) -> None:
            if text is not None:
                self.post_message(self.Taken(text, seen=True))

        self.app.push_screen(LoadFileScreen("Load an Olive configuration", self._studio.read), loaded)

    def reset(self) -> None:
        """Give the configuration back to the form."""
        self.post_message(self.Taken(None))

    def _say(self, failure: Failure) -> None:
        self.notify(f"{failure.cause} {failure.fix}", markup=False, severity="warning")


def _note(found: Prospect) -> Note:
    if found.wish.text is None:
        keys = "Ctrl+E edits it in your editor, Ctrl+L loads a file."
        return note("ok", ["The form says the same; edit it, and it runs as you wrote it.", keys])
    replaced = [" ".join(found.replaced)] if found.replaced else []
    if found.recipe is not None and found.report.ok:
        return note("ok", [f"Yours; the form says the same: {found.recipe.title}.", *replaced])
    if found.recipe is not None:
        return note("warn", [f"Yours; once mended, it would make: {found.recipe.title}.", *replaced])
    why = found.beyond or (found.failure.cause if found.failure else "")
    return note("warn", [f"Yours, and run as it is. {why}", "Ctrl+R goes back to the form's.", *replaced])
