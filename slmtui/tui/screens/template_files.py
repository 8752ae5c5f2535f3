"""The Template screen's file: written after a look at the difference, edited elsewhere, or loaded."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType

from slmtui import pipeline
from slmtui.deployment import Deployment
from slmtui.events import Failure
from slmtui.prompt.issues import decode
from slmtui.prompt.station import TemplatePlan
from slmtui.tui.screens.diff import Answer, DiffScreen
from slmtui.tui.screens.template_text import TemplateText
from slmtui.tui.widgets.rail import Rail
from slmtui.tui.widgets.verdicts import FailurePanel

_MOST_BYTES = 1_000_000  # such a file has some hundred bytes; a model taken by mistake is not read whole


class TemplateFiles(TemplateText):
    """What is done with the file."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+e", "edit", "Editor", show=False, priority=True, tooltip="Edit it in your $EDITOR"),
        Binding("ctrl+l", "load", "Load", show=False, tooltip="Load an inference_model.json from a file"),
    ]

    def proceed(self) -> None:
        self._look_again()
        deployment, plan = self.slmtui.deployment, self._plan
        if deployment is None:
            self.go("start")
        elif plan is None or deployment.step("conversion").state != "verified":
            self.go(self.slmtui.next_mode())
        elif deployment.step("prompt").state == "verified" and plan.says(self.text):
            self.go("deploy")
        else:
            self._write(deployment, plan, self.text)

    def _look_again(self) -> None:
        """The file as it is now: another program may have written it since it was looked at."""
        plan = self._plan
        if plan is None:
            return
        try:
            self._plan = plan.look_again()
        except Failure as failure:
            self.query_one("#template-failure", FailurePanel).show(failure)
            return
        existing = self._plan.existing
        if existing is not None and existing != plan.existing and self.text == plan.existing:
            self._put(existing)  # nothing was changed here, so what is there now is what is looked at
        elif plan.existing_issues != self._plan.existing_issues:
            self._check(self.text)  # the same text, and another encoding

    def _write(self, deployment: Deployment, plan: TemplatePlan, text: str) -> None:
        try:
            diff = pipeline.template_diff(plan, text)
        except Failure as failure:
            self.query_one("#template-failure", FailurePanel).show(failure)
            return
        if plan.existing is None or not diff:
            self._write_now(deployment, plan, text)
            return

        def answered(answer: Answer | None) -> None:
            if answer == "yes":
                self._write_now(deployment, plan, text)

        lead = f"{plan.target} is there already. This is what would change in it."
        self.app.push_screen(DiffScreen("Overwrite inference_model.json", lead, diff, "Overwrite"), answered)

    def _write_now(self, deployment: Deployment, plan: TemplatePlan, text: str) -> None:
        try:
            written = pipeline.write_template(deployment, plan, text)
        except Failure as failure:
            self.query_one("#template-failure", FailurePanel).show(failure)
            return
        self.slmtui.use(written)
        self.query_one(Rail).refresh_states()
        if written.step("prompt").state == "verified":
            self.go("deploy")
        else:
            self.show_state()

    async def action_edit(self) -> None:
        """Edit the file in the user's own editor."""
        from slmtui.tui.external_editor import edit

        try:
            with self.app.suspend():
                changed = edit(self.text, "inference_model.json")
        except SuspendNotSupported:
            self.notify("This terminal cannot be lent to an editor.", severity="warning")
        except Failure as failure:
            self.notify(f"{failure.cause} {failure.fix}", markup=False, severity="warning")
        else:
            self._put(changed)

    def action_load(self) -> None:
        """Load a file: the guide's, or one that is there already."""
        from slmtui.tui.screens.load_file import LoadFileScreen

        def loaded(text: str | None) -> None:
            if text is not None:
                self._put(text)

        self.app.push_screen(LoadFileScreen("Load an inference_model.json", read_file), loaded)


def read_file(path: Path) -> str:
    """The text of a file somebody has named.

    Raises:
        Failure: it cannot be read, or is no text such a file can hold.
    """
    if path.is_dir():
        path /= "inference_model.json"
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise Failure(f"{path} is far too large for an inference_model.json.", "Name another file.")
        data = path.read_bytes()
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror or error}.", "Correct the path.") from error
    text, issue = decode(data)
    if issue is not None and not text:
        raise Failure(f"{path}: {issue.cause}", issue.fix)
    return text
