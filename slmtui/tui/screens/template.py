"""Template: fields and JSON of `inference_model.json`, kept in step, and what they make of a conversation."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.widgets import Button, Static, TextArea

from slmtui import pipeline
from slmtui.config import json_text
from slmtui.deployment import Deployment
from slmtui.events import Failure
from slmtui.prompt.issues import Issue
from slmtui.prompt.station import TemplatePlan
from slmtui.runtime.parameters import Message
from slmtui.tui import template_words
from slmtui.tui.screens.template_faces import NARROW, WIDE
from slmtui.tui.screens.template_family import TemplateFamily
from slmtui.tui.screens.template_files import TemplateFiles
from slmtui.tui.screens.template_truth import TemplateTruth
from slmtui.tui.screens.template_worlds import CHAT_TEMPLATE, WORLDS, TemplateWorlds
from slmtui.tui.truth_desk import TruthDesk
from slmtui.tui.widgets.faces import Faces
from slmtui.tui.widgets.family_choice import FamilyChoice
from slmtui.tui.widgets.hanging import Hanging
from slmtui.tui.widgets.json_editor import JsonEditor
from slmtui.tui.widgets.prompt_text import from_text
from slmtui.tui.widgets.template_fields import TemplateFields
from slmtui.tui.widgets.truth_view import TruthView
from slmtui.tui.widgets.verdicts import FailurePanel, VerdictList, verdict_from


class TemplateScreen(TemplateTruth, TemplateFamily, TemplateWorlds, TemplateFiles):
    """What the model sees around a question."""

    MODE = "template"
    HEADING = "Prompt template"
    CSS_PATH = "template.tcss"
    SCROLLS = False
    HELP = """\
## Template

`inference_model.json` tells Foundry Local how a question is wrapped for this model. slmtui has derived it
from the model's **own chat template**; one that differs from what the model was trained with makes it babble.
**Enter alone** writes what was derived.

* **Family**: what the model's format was recognised as, how sure that is, and why. ← → put another family's
  strings in their place; Ctrl+R goes back to what was derived.
* **Fields and JSON** are one text: what you change in one place changes in the other. Every template string
  holds `{Content}` where the text goes; `\\n` is a line break. Below stands what is wrong, with its line;
  Ctrl+G goes there. Ctrl+Z undoes, Ctrl+E opens your own editor, Ctrl+L loads a file.
* **Truth** (Ctrl+T): a conversation of yours as *transformers*, the *runtime* and *PromptTemplate* make it,
  token by token, with the first difference marked. `i` or Ctrl+G shows the tokens' numbers. Enter in the last
  question adds a turn, Backspace in an empty one takes it away; PageDown reads on.
* **Both worlds** (Ctrl+B): older runtimes read PromptTemplate, newer ones the chat template. Where you have
  changed the first, this writes the second so that it says the same. **Ctrl+O** puts the original back.
* **Search options** (Ctrl+S): newer runtimes ignore ModelConfig too; this writes it into `genai_config.json`.
  The same key, or Ctrl+O, takes it back.

A model that is deployed has its own copy of these files: after a change it waits to be deployed again.
What is there already is overwritten only after you have seen the difference and said yes.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "reset", "Reset", tooltip="Back to what was derived from the model"),
        Binding("ctrl+z", "undo", "Undo", show=False, tooltip="Undo the last change"),
        Binding("ctrl+y", "redo", "Redo", show=False, tooltip="Do again what was undone"),
        Binding("ctrl+g", "go_there", "To the problem", tooltip="Go to the line that is wrong"),
        Binding("i,ctrl+g", "ids", "Token ids", tooltip="Show the tokens' numbers, or hide them"),
    ]

    def __init__(self, desk: TruthDesk | None = None) -> None:
        super().__init__(desk)
        self._plan: TemplatePlan | None = None
        self._shown_for: Deployment | None = None
        self._checked: str | None = None
        self._issues: tuple[Issue, ...] = ()
        self._behind: tuple[str, ...] = ()

    def compose_body(self) -> ComposeResult:
        yield FailurePanel(id="template-failure")
        with Container(id="workplace"):
            yield Faces(NARROW, "Ctrl+T", id="faces-narrow")
            yield Faces(WIDE, "Ctrl+T", id="faces-wide")
            with Container(id="editing"):
                yield FamilyChoice()
                with Horizontal(id="editor"):
                    yield TemplateFields(id="fields")
                    yield JsonEditor(id="json")
                yield Hanging(id="issues")
                yield Static("The prompt it makes", id="preview-title", classes="section")
                yield Static(id="preview")
                yield VerdictList(id="template-verdicts")
            yield TruthView(id="truth")

    def compose_actions(self) -> ComposeResult:
        yield Button("Original back", id="original", compact=True)
        yield Button("Both worlds", id="worlds", compact=True)
        yield Button("Reset", id="reset", compact=True)

    def body_ready(self) -> None:
        self.show_face()
        self._show_failure(None)  # nothing to see before the template is derived

    def show_state(self) -> None:
        super().show_state()
        deployment = self.slmtui.deployment
        if deployment is None or deployment.step("conversion").state != "verified":
            self._show_failure(None)
            words = "No model is chosen yet." if deployment is None else "The model is not converted yet."
            self.set_primary("Choose a model" if deployment is None else "Go there", words)
        elif self._shown_for != deployment:
            self._derive(deployment)
        else:
            self._look_again()
            self._show_action()

    # The plan

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
        self.app.call_from_thread(self.call_later, self._show_plan, deployment, plan, keep, behind)

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

    def _check(self, text: str) -> None:
        """Validate, bring the faces in step, show issues and the prompt."""
        if self._plan is None:
            return
        self._checked = text
        self._model, issues = self._plan.check(text)
        try:
            values = json_text.load(text)
        except (ValueError, RecursionError):
            values = None
        if isinstance(values, dict):
            self.query_one(TemplateFields).fill(values)
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
        editing = self.focused is not None and self.query_one("#workplace") in self.focused.ancestors
        written = deployment.step("prompt").state == "verified" and self.text == plan.existing
        if self._model is None:
            self.set_primary("Write", "Mend the file first.", enabled=False)
        elif written:
            self.set_primary("Continue", "Written.", focus=not editing)
        else:
            there = plan.existing is not None and self.text != plan.existing
            words = "Enter shows what would change." if there else "Enter writes it."
            self.set_primary("Write and continue", words, focus=not editing)
        self.query_one("#reset").display = self.wide and self.text != plan.inference_model.to_json()
        self._show_worlds()
        verdicts = deployment.step("prompt").record.get("verdicts", []) if written else []
        shown = (verdict_from(v) for v in verdicts if v["status"] != "ok")
        self.query_one("#template-verdicts", VerdictList).show(shown)

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not super().check_action(action, parameters):
            return False
        match action:
            case "ids":
                return self._plan is not None and self.face == "truth"
            case "go_there":
                return self.face != "truth" and bool(self._issues)
            case "other_face" | "reset" | "undo" | "redo" | "edit" | "load" | "search_options":
                return self._plan is not None
            case "worlds":
                return bool(self.query_one("#worlds").display) or CHAT_TEMPLATE in self._written
            case "original":
                return bool(self._written)
        return True

    @on(Button.Pressed, "#reset")
    def action_reset(self) -> None:
        """Back to what was derived."""
        if self._plan is not None:
            self._put(self._plan.inference_model.to_json())

    def action_undo(self) -> None:
        """Undo, wherever the change was made."""
        self.query_one("#json", TextArea).undo()

    def action_redo(self) -> None:
        """Do again what was undone."""
        self.query_one("#json", TextArea).redo()

    def action_go_there(self) -> None:
        """Go to the line of the first problem."""
        issues = template_words.errors_first(self._issues)
        line = next((issue.line for issue in issues if issue.line), None)
        if line is not None:
            if self.face != "json" and not self.wide:
                self.turn("json")
            editor = self.query_one("#json", TextArea)
            editor.move_cursor((line - 1, 0), center=True)
            editor.focus()
