"""What will be made: form, command and configuration, three faces of one wish, kept in step."""

from __future__ import annotations

from dataclasses import replace

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, OptionList, Static

from slmtui import pipeline
from slmtui.conversion.recipe import Recipe
from slmtui.conversion.recipe import recipe as find_recipe
from slmtui.deployment import Deployment
from slmtui.events import Failure
from slmtui.tui.from_thread import tell
from slmtui.tui.studio import Prospect, Studio, Wish
from slmtui.tui.widgets.command_pane import CommandPane
from slmtui.tui.widgets.config_desk import ConfigDesk
from slmtui.tui.widgets.conversion_facts import plan_rows
from slmtui.tui.widgets.convert_form import ConvertForm
from slmtui.tui.widgets.faces import Faces
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.notes import Note, note

FACES = ("form", "command", "config")
_TYPING_SECONDS = 0.15
_HOW = "Tab or a click goes into the form; there ↑ ↓ choose a field and ← → its value."
_NO_COMMAND = "No command says this; run the configuration: olive run --config FILE"


class StudioPane(Vertical):
    """Looks at what the user's wish comes to, off the event loop, whenever it changes."""

    class Looked(Message):
        """What the wish comes to; None while it is looked at, when nothing can be started."""

        def __init__(self, prospect: Prospect | None) -> None:
            super().__init__()
            self.prospect = prospect

    class Going(Message):
        """Enter was pressed where it means to go on."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(id="studio-pane")
        self._studio = studio
        self._deployment: Deployment | None = None
        self._wish = Wish()
        self._prospect: Prospect | None = None
        self._asked = 0
        self._waiting: Timer | None = None
        self._face = 0

    def compose(self) -> ComposeResult:
        yield Faces(("Form", "Command", "Configuration"), "Ctrl+T", id="faces")
        # The plan goes by the size of the terminal, its facts by whether there are any.
        with Container(id="plan-place"):
            yield Facts(id="plan")
        with Horizontal(id="studio"):
            with Vertical(id="left"):
                yield ConvertForm()
                yield Static(_HOW, id="form-help")
                yield CommandPane()
            yield ConfigDesk(self._studio)

    @property
    def form(self) -> ConvertForm:
        """The form."""
        return self.query_one(ConvertForm)

    @property
    def desk(self) -> ConfigDesk:
        """The place of the configuration."""
        return self.query_one(ConfigDesk)

    @property
    def prospect(self) -> Prospect | None:
        """What the wish came to when it was last looked at."""
        return self._prospect

    @property
    def compares(self) -> bool:
        """Whether the result shall be compared with its source."""
        return self._wish.compares

    # Looking

    def begin(self, deployment: Deployment) -> None:
        """Look at what can be made of this deployment's source; another one begins with the guide's INT4."""
        if self._deployment is None or deployment.name != self._deployment.name:
            self._wish, self._prospect = Wish(), None
            self.form.put_output(str(pipeline.default_output(deployment, self._wish.precision)))
        self._deployment = deployment
        self._show_face()
        self.look()

    def look(self) -> None:
        """Work out the plan; until it is there, nothing can be started."""
        self._asked += 1
        self._wish = replace(self._wish, output=self.form.output, compares=self.form.compares)
        self.post_message(self.Looked(None))
        if self._deployment is not None:
            self._work_out(self._deployment, self._wish, self._asked)

    @work(thread=True, exclusive=True, group="plan")
    def _work_out(self, deployment: Deployment, wish: Wish, asked: int) -> None:
        found = self._studio.look(deployment, wish)
        tell(self, self.call_later, self._show, found, asked)

    async def _show(self, found: Prospect, asked: int) -> None:
        if asked != self._asked or not self.display:
            return  # a thread cannot be stopped: this one looked at what is no longer asked for
        self._prospect, self._wish = found, found.wish
        await self._show_form(found)
        if self.has_class("-config") or self.screen.has_class("-very-wide"):
            await self.desk.open(found)
        self.query_one(CommandPane).show(found.command, _NO_COMMAND)
        self.query_one("#plan", Facts).show(plan_rows(found.source, found.plan or found.anyway))
        self._show_face()
        self.post_message(self.Looked(found))

    def on_resize(self) -> None:
        """A terminal that has grown has room for the configuration."""
        self.call_after_refresh(self._open_beside)

    async def _open_beside(self) -> None:
        found = self._prospect
        if found is not None and self.screen.has_class("-very-wide") and self.desk.pane is None:
            await self.desk.open(found)

    def look_soon(self) -> None:
        """Look when the user has stopped typing; what was planned holds no longer."""
        if self._waiting is not None:
            self._waiting.stop()
        self._asked += 1
        self.post_message(self.Looked(None))
        self._waiting = self.set_timer(_TYPING_SECONDS, self.look)

    # The form

    async def _show_form(self, found: Prospect) -> None:
        form, shown = self.form, found.recipe
        if shown is None:
            form.fall_back(found.estimates, _form_note(found))
        else:
            self._follow_output(shown)
            await form.show(shown, found.estimates, _form_note(found))
        form.show_targets(found.targets)

    def _follow_output(self, shown: Recipe) -> None:
        """The folder is called like the precision, as long as it is slmtui's own."""
        one = self._deployment
        assert one is not None
        own = {str(pipeline.default_output(one, each)) for each in ("fp32", "fp16", "int8", "int4")}
        if self.form.output in own:
            self.form.put_output(str(pipeline.default_output(one, shown.precision)))

    @on(ConvertForm.Changed)
    def _form_changed(self, event: ConvertForm.Changed) -> None:
        if self._deployment is None or not self.display:
            return
        form, wish = self.form, self._wish
        now = (form.precision, form.preset, dict(form.options))
        if now != (wish.precision, wish.preset, dict(wish.options)):
            self._wish = replace(
                wish, precision=now[0], preset=now[1], options=now[2], follows=wish.text is not None
            )
            try:
                self._follow_output(find_recipe(form.precision))
            except Failure:
                return
        self.look_soon() if event.waits else self.look()

    @on(ConvertForm.Helped)
    def _helped(self, event: ConvertForm.Helped) -> None:
        self.query_one("#form-help", Static).update(event.text or _HOW)

    @on(OptionList.OptionSelected, "#precision")
    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.post_message(self.Going())

    # The configuration

    @on(ConfigDesk.Taken)
    async def _taken(self, event: ConfigDesk.Taken) -> None:
        if event.text is None and self._wish.text is None:
            return
        self._wish = replace(self._wish, text=event.text, follows=False)
        if event.seen and self._prospect is not None:
            # Ctrl+Z in the editor brings back what it replaces.
            await self.turn(FACES.index("config"))
            await self.desk.open(replace(self._prospect, text=event.text or ""))
        self.look()

    def edit(self) -> None:
        """Edit the configuration in the user's own editor."""
        self.desk.edit(self._prospect.text if self._prospect else "")

    # Faces

    def _show_face(self) -> None:
        for index, name in enumerate(FACES):
            self.set_class(index == self._face, f"-{name}")
        findings = self._prospect.report.findings if self._prospect else ()
        errors = sum(finding.severity != "info" for finding in findings)
        self.query_one(Faces).show(self._face, ("", "", f" !{errors}" if errors else ""))

    @on(Faces.Picked)
    async def _picked(self, event: Faces.Picked) -> None:
        event.stop()
        await self.turn(event.index)

    async def next_face(self) -> None:
        """Form, command or configuration."""
        await self.turn((self._face + 1) % len(FACES))

    async def turn(self, face: int) -> None:
        """Show one of the faces."""
        self._face = face
        self._show_face()
        if FACES[face] == "config" and self._prospect is not None:
            pane = await self.desk.open(self._prospect)
            pane.editor.focus()
        elif self.screen.focused is not None and self in self.screen.focused.ancestors:
            self.screen.set_focus(None)

    async def to_output(self) -> None:
        """Go to the output field."""
        await self.turn(0)
        self.query_one("#output").focus()

    @property
    def copied(self) -> tuple[str, str]:
        """What a copy of the shown face is, and what it is called."""
        if FACES[self._face] == "config":
            return self._prospect.text if self._prospect else "", "The configuration is"
        return self.query_one(CommandPane).text, "The command is"


def _form_note(found: Prospect) -> Note:
    """How the form stands with the user's configuration; what is not run of it stands beside its text."""
    if found.wish.text is None:
        return []
    if found.recipe is not None:
        return note("ok", ["The configuration is yours; the form says the same."])
    why = found.beyond or "The configuration cannot be read."
    return note("warn", [why, "It runs as it is; Ctrl+R: the form's."])
