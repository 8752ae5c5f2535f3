"""Template: fields and JSON of `inference_model.json`, kept in step, and the prompt they make."""

from __future__ import annotations

import json
import re

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Label, Static, TextArea

from slmtui import pipeline
from slmtui.config.json_text import set_field
from slmtui.deployment import Deployment
from slmtui.events import Failure
from slmtui.prompt.inference_model import InferenceModel, Issue
from slmtui.prompt.station import TemplatePlan
from slmtui.runtime.parameters import Message
from slmtui.tui.format import MUTED, icon, safe
from slmtui.tui.station_screen import StationScreen
from slmtui.tui.widgets.json_editor import JsonEditor
from slmtui.tui.widgets.rail import Rail
from slmtui.tui.widgets.verdicts import FailurePanel, VerdictList, verdict_from

# The fields of the form: their path in the JSON, and their name on the screen.
FIELDS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("Name",), "name"),
    (("Description",), "description"),
    (("PromptTemplate", "system"), "system"),
    (("PromptTemplate", "user"), "user"),
    (("PromptTemplate", "assistant"), "assistant"),
    (("PromptTemplate", "prompt"), "prompt"),
    (("ModelConfig", "max_length"), "max_length"),
    (("ModelConfig", "temperature"), "temperature"),
    (("ModelConfig", "top_p"), "top_p"),
    (("ModelConfig", "repetition_penalty"), "repetition_penalty"),
)


class TemplateScreen(StationScreen):
    """What the model sees around a question."""

    MODE = "template"
    HEADING = "Prompt template"
    CSS_PATH = "template.tcss"
    SCROLLS = False
    HELP = """\
## Template

`inference_model.json` tells Foundry Local how a question is wrapped for this model. slmtui has derived it
from the model's **own chat template**; one that differs from what the model was trained with makes it babble.

* Every template string holds `{Content}` where the text goes; `\\n` is a line break.
* Fields and JSON are one text: what you change in one place changes in the other. Ctrl+T shows the other one
  where there is no room for both.
* Below stands the prompt as the template makes it, special tokens in colour, and what is wrong with the file.
* **Reset** goes back to what was derived. Ctrl+Z undoes in the JSON.
"""
    BINDINGS = [
        Binding(
            "ctrl+t",
            "other_face",
            "Fields/JSON",
            tooltip="Fields or JSON, where there is room for one",
        ),
        Binding("ctrl+r", "reset", "Reset", tooltip="Back to what was derived from the model"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._plan: TemplatePlan | None = None
        self._shown_for: Deployment | None = None
        self._model: InferenceModel | None = None

    def compose_body(self) -> ComposeResult:
        yield FailurePanel(id="template-failure")
        with Horizontal(id="editor"):
            with Vertical(id="fields"):
                for path, title in FIELDS:
                    with Horizontal(classes="field"):
                        yield Label(title)
                        yield Input(id="-".join(path), compact=True, select_on_focus=False)
            yield JsonEditor(id="json")
        yield Static(id="issues")
        yield Static("The prompt it makes", id="preview-title", classes="section")
        yield Static(id="preview")
        yield VerdictList(id="template-verdicts")

    def compose_actions(self) -> ComposeResult:
        yield Button("Reset", id="reset", compact=True)

    def show_state(self) -> None:
        super().show_state()
        deployment = self.slmtui.deployment
        if deployment is None or deployment.step("conversion").state != "verified":
            self._show_failure(None)
            words = "No model is chosen yet." if deployment is None else "The model is not converted yet."
            self.set_primary("Choose a model" if deployment is None else "Go there", words)
            return
        if self._shown_for != deployment:
            self._derive(deployment)
        else:
            self._show_action()

    def _show_failure(self, failure: Failure | None) -> None:
        self.query_one(FailurePanel).show(failure)
        for name in ("#editor", "#issues", "#preview-title", "#preview"):
            self.query_one(name).display = False
        self.query_one(VerdictList).show([])

    @work(thread=True, exclusive=True, group="derive")
    def _derive(self, deployment: Deployment) -> None:
        try:
            plan: TemplatePlan | Failure = pipeline.template_plan(deployment)
        except Failure as failure:
            plan = failure
        self.app.call_from_thread(self._show_plan, deployment, plan)

    def _show_plan(self, deployment: Deployment, plan: TemplatePlan | Failure) -> None:
        if isinstance(plan, Failure):
            self._show_failure(plan)
            self.set_primary("Go there", "This cannot start yet.")
            return
        self._show_failure(None)
        for name in ("#editor", "#issues", "#preview-title", "#preview"):
            self.query_one(name).display = True
        self._plan = plan
        self._shown_for = deployment
        written = deployment.step("prompt").state == "verified"
        text = plan.existing if written and plan.existing else plan.inference_model.to_json()
        self.query_one("#json", TextArea).text = text
        self._check(text)
        self._show_action()

    # One text, two faces

    def _check(self, text: str) -> None:
        """Validate, bring the fields in step, show issues and the prompt."""
        assert self._plan is not None
        self._model, issues = self._plan.check(text)
        try:
            values = json.loads(text)
        except ValueError:
            values = None
        if isinstance(values, dict):
            self._fill_fields(values)
        self._show_issues(issues)
        self._show_preview()

    def _fill_fields(self, values: object) -> None:
        for path, _ in FIELDS:
            value = values
            for key in path:
                value = value.get(key) if isinstance(value, dict) else None
            field = self.query_one("#" + "-".join(path), Input)
            if not field.has_focus:
                shown = "" if value is None else _escaped(value)
                if field.value != shown:
                    with field.prevent(Input.Changed):
                        field.value = shown

    @on(TextArea.Changed, "#json")
    def _json_changed(self, event: TextArea.Changed) -> None:
        if event.text_area.has_focus:
            self._check(event.text_area.text)
            self._show_action()

    @on(Input.Changed)
    def _field_changed(self, event: Input.Changed) -> None:
        if not event.input.has_focus:
            return
        editor = self.query_one("#json", TextArea)
        key = (event.input.id or "").replace("-", ".")
        try:
            value = _value(event.value, is_text=not key.startswith("ModelConfig"))
            text = set_field(editor.text, key, value)
        except ValueError:
            cause = f"{key} does not read as a value."
            fix = r"Write a line break as \n and a backslash as \\; numbers without quotes."
            self._show_issues((Issue("error", None, key, cause, fix),))
            self.set_primary("Write", "Mend the field first.", enabled=False)
            return
        # One undo step a change, in the one text both faces show.
        editor.replace(text, (0, 0), editor.document.end)
        self._check(text)
        self._show_action()

    def _show_issues(self, issues: tuple[Issue, ...]) -> None:
        lines = [_issue_line(issue) for issue in issues[:4]]
        if not lines and self._plan is not None and self._model is not None:
            agrees = self._model.prompt_template == self._plan.derivation.template
            words = "Valid, but changed: it differs from the model's own chat template."
            if agrees:
                words = "Valid. It is what the model's own chat template makes."
            lines = [Content.assemble(icon("ok" if agrees else "warn"), " ", words)]
            lines += [Content.styled("  " + safe(note), MUTED) for note in self._plan.derivation.notes]
        self.query_one("#issues", Static).update(Content("\n").join(lines))

    def _show_preview(self) -> None:
        if self._model is None:
            return
        deployment = self.slmtui.deployment
        question = pipeline.first_question(deployment) if deployment else pipeline.GREETING
        text = self._model.prompt_template.render([Message("user", question)])
        self.query_one("#preview", Static).update(_with_tokens(text))

    def _show_action(self) -> None:
        deployment = self.slmtui.deployment
        errors = self._model is None
        editing = self.focused is not None and (isinstance(self.focused, TextArea | Input))
        written = (
            deployment is not None
            and deployment.step("prompt").state == "verified"
            and self._plan is not None
            and self.query_one("#json", TextArea).text == self._plan.existing
        )
        if errors:
            self.set_primary("Write", "Mend the file first.", enabled=False)
        elif written:
            self.set_primary("Continue", "Written.", focus=not editing)
        else:
            self.set_primary("Write and continue", "Enter writes it.", focus=not editing)
        self.query_one(VerdictList).show([])
        if written and deployment is not None:
            verdicts = deployment.step("prompt").record.get("verdicts", [])
            self.query_one(VerdictList).show(verdict_from(v) for v in verdicts if v["status"] != "ok")

    # Going on

    def proceed(self) -> None:
        deployment = self.slmtui.deployment
        if deployment is None:
            self.go("start")
        elif self._plan is None or deployment.step("conversion").state != "verified":
            self.go(self.slmtui.next_mode())
        else:
            text = self.query_one("#json", TextArea).text
            if deployment.step("prompt").state == "verified" and text == self._plan.existing:
                self.go("deploy")
                return
            try:
                written = pipeline.write_template(deployment, self._plan, text)
            except Failure as failure:
                self.query_one(FailurePanel).show(failure)
                return
            self.slmtui.use(written)
            self.query_one(Rail).refresh_states()
            if written.step("prompt").state == "verified":
                self.go("deploy")
            else:
                self.show_state()

    @on(Button.Pressed, "#reset")
    def action_reset(self) -> None:
        """Back to what was derived."""
        if self._plan is not None:
            editor = self.query_one("#json", TextArea)
            text = self._plan.inference_model.to_json()
            editor.replace(text, (0, 0), editor.document.end)
            self._check(text)
            self._show_action()

    def action_other_face(self) -> None:
        """Fields or JSON, where there is room for one of them."""
        showing_json = not self.has_class("-json")
        self.set_class(showing_json, "-json")
        target = "#json" if showing_json else "#PromptTemplate-system"
        self.query_one(target).focus()


def _issue_line(issue: Issue) -> Content:
    """An issue with its line, cause and fix."""
    return Content.assemble(
        icon("fail" if issue.severity == "error" else "warn"),
        (f" line {issue.line}: " if issue.line else " ", MUTED),
        safe(issue.cause),
        ("  → ", "$text-accent"),
        safe(issue.fix),
    )


def _escaped(value: object) -> str:
    """A JSON value as it stands in the file, without the quotes of a string."""
    text = json.dumps(value, ensure_ascii=False)
    return text[1:-1] if isinstance(value, str) else text


def _value(text: str, *, is_text: bool) -> object:
    """What a field's text means: a string with JSON's escapes, or a number."""
    if is_text:
        # A quote needs no escape here, unlike in the file.
        return json.loads('"' + text.replace('\\"', '"').replace('"', '\\"') + '"')
    return json.loads(text) if text.strip() else None


def _with_tokens(text: str) -> Content:
    """A prompt with its special tokens in colour and its line breaks visible."""
    parts: list[Content] = []
    for line in safe(text).split("\n"):
        pieces = re.split(r"(<\|[^|>]*\|>|</?s>|<[a-z_]+>|\[/?INST\])", line)
        parts.append(
            Content.assemble(
                *((piece, "$text-accent") if index % 2 else piece for index, piece in enumerate(pieces))
            )
        )
    return Content.styled("⏎", MUTED).append("\n").join(parts) if len(parts) > 1 else parts[0]
