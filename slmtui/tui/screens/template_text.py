"""The Template screen's one text: derived, checked on every key, and shown by all that stands around it."""

from __future__ import annotations

from textual import on, work
from textual.widgets import Static, TextArea

from slmtui import pipeline
from slmtui.config import json_text
from slmtui.deployment import Deployment
from slmtui.events import Failure
from slmtui.prompt.issues import Issue
from slmtui.prompt.station import TemplatePlan
from slmtui.runtime.parameters import Message
from slmtui.tui import template_words
from slmtui.tui.from_thread import tell
from slmtui.tui.screens.template_truth import TemplateTruth
from slmtui.tui.truth_desk import TruthDesk
from slmtui.tui.widgets.family_choice import FamilyChoice
from slmtui.tui.widgets.hanging import Hanging
from slmtui.tui.widgets.json_editor import JsonEditor
from slmtui.tui.widgets.prompt_text import from_text
from slmtui.tui.widgets.template_fields import TemplateFields
from slmtui.tui.widgets.truth_view import TruthView
from slmtui.tui.widgets.verdicts import FailurePanel, VerdictList, verdict_from
from slmtui.tui.worlds import CHAT_TEMPLATE, WORLDS, World


class TemplateText(TemplateTruth):
    """The plan and the text; what stands over it adds families, files and what newer runtimes read."""

    def __init__(self, desk: TruthDesk | None = None) -> None:
        super().__init__(desk)
        self._plan: TemplatePlan | None = None
        self._shown_for: Deployment | None = None
        self._checked: str | None = None
        self._issues: tuple[Issue, ...] = ()
        self._behind: tuple[str, ...] = ()
        self._written: tuple[World, ...] = ()

    def on_resize(self) -> None:
        """There is room for other words and buttons now."""
        if self.has_body and self._checked is not None:
            self.call_after_refresh(self._show_action)

    def _show_failure(self, failure: Failure | None) -> None:
        self._plan, self._shown_for, self._checked = None, None, None
        self.query_one(FailurePanel).show(failure)
        self.query_one("#workplace").display = False
        for button in self.query("#worlds, #original, #reset"):
            button.display = False

    @work(thread=True, exclusive=True, group="derive")
    def _derive(self, deployment: Deployment, keep: str | None = None) -> None:
        try:
            plan: TemplatePlan | Failure = pipeline.template_plan(deployment)
        except Failure as failure:
            plan = failure
        behind = template_words.behind(plan)
        tell(self, self.call_later, self._show_plan, deployment, plan, keep, behind)

    async def _show_plan(
        self,
        deployment: Deployment,
        plan: TemplatePlan | Failure,
        keep: str | None,
        behind: tuple[str, ...],
    ) -> None:
        if self.slmtui.deployment != deployment:
            return  # a thread cannot be stopped: another one is looked at by now
        if isinstance(plan, Failure):
            self._show_failure(plan)
            self.set_primary("Go there", "This cannot start yet.")
            return
        another = self._shown_for is None or self._shown_for.name != deployment.name
        self.query_one("#template-failure", FailurePanel).show(None)
        self.query_one("#workplace").display = True
        self._plan, self._shown_for, self._behind = plan, deployment, behind
        self._written = tuple(world for world in WORLDS if world.is_written(deployment))
        self.query_one(FamilyChoice).offer(plan.derivation)
        written = deployment.step("prompt").state == "verified"
        text = keep or (plan.existing if written and plan.existing else plan.inference_model.to_json())
        if another:
            self.query_one(JsonEditor).load_text(text)  # Ctrl+Z must not bring back another model's
            await self._offer_conversations(plan, deployment)
        self._put(text)

    # One text, two faces

    @property
    def text(self) -> str:
        """The file as it stands in the editor."""
        return self.query_one("#json", TextArea).text

    def _put(self, text: str) -> None:
        """Another text; one undo step."""
        editor = self.query_one("#json", TextArea)
        if editor.text != text:
            place, scrolled = editor.cursor_location, editor.scroll_offset
            editor.replace(text, (0, 0), editor.document.end)
            editor.move_cursor(min(place, editor.document.end))
            editor.scroll_to(*scrolled, animate=False)
        self._check(text)

    def _check(self, text: str, *, keep_typed: bool = True) -> None:
        """Validate, bring the faces in step, show issues and the prompt."""
        if self._plan is None:
            return
        self._checked = text
        self._model, issues = self._plan.check(text)
        if text == self._plan.existing:
            issues = self._plan.existing_issues  # of its bytes: also what is wrong with their encoding
        try:
            values = json_text.load(text)
        except (ValueError, RecursionError):
            values = None
        if isinstance(values, dict):
            self.query_one(TemplateFields).fill(values, keep_typed=keep_typed)
            self.query_one(FamilyChoice).follow(template_words.template_in(values))
        self._show_preview()
        self._show_issues(issues)
        self._show_action()
        self._ask_truth()

    def _show_preview(self) -> None:
        """The prompt, where there is one: what an earlier text made would mislead."""
        model, deployment = self._model, self._shown_for
        self.query_one("#editing").set_class(model is None, "-faulty")
        if model is not None and deployment is not None:
            messages = [Message("user", pipeline.first_question(deployment))]
            self.query_one("#preview", Static).update(from_text(model.prompt_template.render(messages)))

    @on(TextArea.Changed, "#json")
    def _json_changed(self, event: TextArea.Changed) -> None:
        if event.text_area.text != self._checked:
            self._check(event.text_area.text)

    @on(TemplateFields.Edited)
    def _field_edited(self, event: TemplateFields.Edited) -> None:
        try:
            self._put(json_text.set_at(self.text, event.path, event.value))
        except Failure as failure:
            self._cannot_read(Issue("error", None, ".".join(event.path), failure.cause, failure.fix))

    @on(TemplateFields.Unreadable)
    def _field_unreadable(self, event: TemplateFields.Unreadable) -> None:
        self._cannot_read(Issue("error", None, ".".join(event.path), event.cause, event.fix))

    def _cannot_read(self, issue: Issue) -> None:
        self._checked = None
        self._show_issues((issue,))
        self.set_primary("Write", "Mend the field first.", enabled=False)

    def _show_issues(self, issues: tuple[Issue, ...]) -> None:
        if bool(issues) != bool(self._issues):
            self.call_after_refresh(self.refresh_bindings)
        self._issues = issues
        if self._plan is not None:
            synced = CHAT_TEMPLATE in self._written
            lines = template_words.said(issues, self._plan, self._model, synced=synced, behind=self._behind)
            self.query_one(Hanging).show(lines)

    def _show_action(self) -> None:
        deployment, plan = self._shown_for, self._plan
        if deployment is None or plan is None:
            return
        inside = self.focused is not None and self.query_one("#workplace") in self.focused.ancestors
        editing = inside or self._going_in
        written = deployment.step("prompt").state == "verified" and plan.says(self.text)
        if self._model is None:
            self.set_primary("Write", "Mend the file first.", enabled=False)
        elif written:
            self.set_primary("Continue", "Written.", focus=not editing)
        else:
            there = plan.existing is not None and self.text != plan.existing
            words = "Enter shows what would change." if there else "Enter writes it."
            if self.face == "truth" and not there and self.query_one(TruthView).differs:
                # Enter is another turn's here; without room the key stands in the footer alone.
                words = "The tokens differ; Ctrl+N writes it." if self.wide else "The tokens differ."
            self.set_primary("Write and continue", words, focus=not editing)
        self.query_one("#reset").display = self.wide and self.text != plan.inference_model.to_json()
        verdicts = deployment.step("prompt").record.get("verdicts", []) if written else []
        shown = (verdict_from(v) for v in verdicts if v["status"] != "ok")
        self.query_one("#template-verdicts", VerdictList).show(shown)
